/** `events send` and `events show`. */
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import { environment } from '../../config/environment.js';
import { gatewayAccess } from '../../config/gateway-access.js';
import { createEventStatusReader } from '../../gateway/event-status.js';
import { CommandError, EXIT, type ExitCode } from './exit-codes.js';
import type { GatewayAccess, IntakeEntry } from './gateway-client.js';
import { createOutput, table } from './output.js';
import { withClient } from './context.js';

interface SendOptions {
  readonly url?: string;
  readonly client?: string;
  readonly json: boolean;
}

export function addEventsCommands(program: Command): void {
  const events = program.command('events').description('send product events, and ask what became of them');
  events
    .command('send')
    .argument('<file>', 'a JSON object, a JSON array, or one JSON object per line; - reads standard input')
    .option('--url <url>', 'the gateway (default: GATEWAY_HOST and GATEWAY_PORT)')
    .option('--client <id:secret>', 'credentials (default: the first plain ones of GATEWAY_CLIENTS)')
    .option('--json', 'print JSON', false)
    .description('send events to the gateway; safe to repeat, duplicates are recognised')
    .action(async (file: string, options: SendOptions) => {
      process.exitCode = await sendEvents(file, options);
    });
  events
    .command('show')
    .argument('<location>', 'the Location of a 202, or an event id')
    .option('--json', 'print JSON', false)
    .description('what became of one event')
    .action(async (location: string, options: { json: boolean }) => {
      process.exitCode = await showEvent(location, options);
    });
}

async function sendEvents(file: string, options: SendOptions): Promise<ExitCode> {
  const output = createOutput(options);
  const events = parseEvents(await readInput(file), file);
  const access = accessOf(options);
  // Only now: no other command needs an HTTP client, and all of them start faster without it.
  const { connectGateway, inRequests, postEvents } = await import('./gateway-client.js');
  const gateway = await connectGateway(access);
  const entries: IntakeEntry[] = [];
  for (const part of inRequests(events)) {
    entries.push(...(await postEvents(gateway, part)));
    output.progress(`${String(entries.length)} of ${String(events.length)} sent`);
  }
  output.result(entries, () => summary(entries));
  return entries.some(({ status }) => status === 'invalid') ? EXIT.someFailed : EXIT.ok;
}

function accessOf(options: SendOptions): GatewayAccess {
  const defaults = gatewayAccess(environment());
  const client = options.client ?? defaults.client;
  const colon = client?.indexOf(':') ?? -1;
  if (client === undefined || colon < 1) {
    throw new CommandError(
      EXIT.usage,
      'say who sends: --client id:secret, or a plain pair in GATEWAY_CLIENTS',
    );
  }
  const url = (options.url ?? defaults.url).replace(/\/+$/, '');
  return { url, clientId: client.slice(0, colon), clientSecret: client.slice(colon + 1) };
}

async function readInput(file: string): Promise<string> {
  if (file === '-') return textOf(process.stdin);
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandError(EXIT.usage, `${file} cannot be read`, { cause: error });
  });
}

/** One document, or else one per line. Messages name the line, never its content. */
export function parseEvents(input: string, name: string): unknown[] {
  const whole = parseJson(input);
  if (whole.ok) return Array.isArray(whole.value) ? whole.value : [whole.value];
  return input.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = parseJson(line);
    if (parsed.ok) return [parsed.value];
    throw new CommandError(EXIT.usage, `${name}, line ${String(index + 1)}: not JSON; nothing was sent`);
  });
}

function parseJson(input: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(input) };
  } catch {
    return { ok: false };
  }
}

function summary(entries: readonly IntakeEntry[]): string {
  const counts = ['accepted', 'duplicate', 'invalid'].map((status) => [
    status,
    String(entries.filter((entry) => entry.status === status).length),
  ]);
  const faults = entries.flatMap((entry, index) =>
    (entry.errors ?? []).map(({ field, message }) => [String(index), field, message]),
  );
  const parts = [table(['outcome', 'events'], counts)];
  if (faults.length > 0) parts.push(table(['item', 'field', 'what to correct'], faults.slice(0, 50)));
  const [only] = entries;
  if (entries.length === 1 && only?.location !== undefined)
    parts.push(`npm run recipes -- events show "${only.location}"`);
  return parts.join('\n');
}

async function showEvent(location: string, options: { json: boolean }): Promise<ExitCode> {
  const { eventId, group } = parseLocation(location);
  const status = await withClient((client) => createEventStatusReader(client).read(eventId, group));
  if (status === undefined) {
    throw new CommandError(EXIT.someFailed, `no event ${eventId} within the retention of the namespace`);
  }
  createOutput(options).result(status, () =>
    table(
      ['', ''],
      Object.entries(status).map(([name, value]) => [name, String(value)]),
    ),
  );
  return EXIT.ok;
}

/** `/v1/product-events/<id>?group=<group>`, with or without host, or the id alone. */
export function parseLocation(location: string): { eventId: string; group: string | undefined } {
  const url = new URL(
    location.includes('/') ? location : `/v1/product-events/${location}`,
    'http://localhost',
  );
  return {
    eventId: decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1)),
    group: url.searchParams.get('group') ?? undefined,
  };
}
