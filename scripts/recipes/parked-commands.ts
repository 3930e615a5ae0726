/** `parked list`, `parked release`, `parked discard`, `parked replace`. */
import { InvalidArgumentError, type Command } from 'commander';
import { REASONS } from '../../domain/reasons.js';
import { CommandError, EXIT, type ExitCode } from './exit-codes.js';
import { createOutput, table } from './output.js';
import {
  discard,
  forEachParked,
  listParked,
  release,
  replace,
  type CommandResult,
  type ParkedFilter,
  type ParkedListing,
} from './parked-events.js';
import { withClient } from './context.js';
import { parseDate } from './dates.js';
import type { Client } from '@temporalio/client';

interface Common extends ParkedFilter {
  readonly json: boolean;
}
interface Bulk extends Common {
  readonly dryRun: boolean;
}

export function addParkedCommands(program: Command): void {
  const parked = program.command('parked').description('events that wait for a person');
  filters(parked.command('list'))
    .description('list parked events')
    .action(async (options: Common) => {
      process.exitCode = await list(options);
    });
  filters(parked.command('release'))
    .option('--dry-run', 'only say what would be released', false)
    .description('deliver them with the recipes of today, under their own ids')
    .action(async (options: Bulk) => {
      process.exitCode = await bulk('release', options, release);
    });
  filters(parked.command('discard'))
    .requiredOption('--because <text>', 'why; kept with the event')
    .option('--dry-run', 'only say what would be discarded', false)
    .description('give them up for good')
    .action(async (options: Bulk & { because: string }) => {
      process.exitCode = await bulk('discard', options, (client, id) => discard(client, id, options.because));
    });
  parked
    .command('replace')
    .requiredOption('--id <event id>', 'the parked event')
    .requiredOption(
      '--fields <json>',
      'fields by name, like {"product_interaction": "SaaS Trial"}',
      parseFields,
    )
    .option('--json', 'print JSON', false)
    .description('correct fields of one event; it stays parked until released')
    .action(async (options: { id: string; fields: Record<string, unknown>; json: boolean }) => {
      process.exitCode = await withClient(async (client) =>
        report([await replace(client, options.id, options.fields)], options, ({ ok }) => ok),
      );
    });
}

function filters(command: Command): Command {
  return command
    .option('--id <event id>', 'this event only')
    .option('--reason <reason>', 'parked for this reason, a code of docs/reasons.md', parseReason)
    .option('--since <date>', 'parked at or after this, like 2026-11-24 or 2026-11-24T08:00:00Z', parseDate)
    .option('--json', 'print JSON', false);
}

async function list(options: Common): Promise<ExitCode> {
  const rows = await withClient((client) => collect(listParked(client, options)));
  createOutput(options).result(rows, () =>
    rows.length === 0 ? 'nothing is parked' : `${listingTable(rows)}\n${advice(rows)}`,
  );
  return EXIT.ok;
}

async function bulk(
  verb: 'release' | 'discard',
  options: Bulk,
  command: (client: Client, eventId: string) => Promise<CommandResult>,
): Promise<ExitCode> {
  if (options.id === undefined && options.reason === undefined && options.since === undefined) {
    throw new CommandError(EXIT.usage, `say which events to ${verb}: --id, --reason or --since`);
  }
  const output = createOutput(options);
  return withClient(async (client) => {
    if (options.dryRun) {
      const rows = await collect(listParked(client, options));
      output.result(rows, () => `${String(rows.length)} would be ${verb}d\n${listingTable(rows)}`);
      return EXIT.ok;
    }
    const results = await forEachParked(
      listParked(client, options),
      (eventId) => command(client, eventId),
      (done) => {
        output.progress(`${String(done)} ${verb}d`);
      },
    );
    if (options.id !== undefined && results.length === 0) {
      throw new CommandError(EXIT.someFailed, `event ${options.id} is not parked`);
    }
    return report(results, options);
  });
}

/** Prints each event's state. One that refused the command, or is parked again after a release, makes the exit code 1. */
function report(
  results: readonly CommandResult[],
  options: { json: boolean },
  wanted = (result: CommandResult): boolean => result.ok && result.state.status !== 'parked',
): ExitCode {
  createOutput(options).result(results, () =>
    results.length === 0
      ? 'nothing matched'
      : table(
          ['event', 'now', 'reason'],
          results.map((result) =>
            result.ok
              ? [
                  result.eventId,
                  result.state.status,
                  result.state.status === 'parked' ? result.state.reason : '',
                ]
              : [result.eventId, 'not done', result.error],
          ),
        ),
  );
  if (!results.every(wanted)) return EXIT.someFailed;
  return results.some((result) => result.ok && result.state.status === 'releasing') ? EXIT.waiting : EXIT.ok;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function listingTable(rows: readonly ParkedListing[]): string {
  return table(
    ['event', 'source event', 'reason', 'class', 'since'],
    rows.map((row) => [row.eventId, row.sourceEvent, row.reason, row.class, row.since]),
  );
}

function advice(rows: readonly ParkedListing[]): string {
  const reasons = new Set(rows.map(({ reason }) => reason));
  return Object.entries(REASONS)
    .filter(([reason]) => reasons.has(reason))
    .map(([reason, { fix }]) => `${reason}: ${fix}`)
    .join('\n');
}

function parseReason(value: string): string {
  if (Object.hasOwn(REASONS, value)) return value;
  throw new InvalidArgumentError(`Known reasons: ${Object.keys(REASONS).join(', ')}`);
}

function parseFields(value: string): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(value);
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) return { ...fields };
  } catch {
    // falls through to the one message that says what is expected
  }
  throw new InvalidArgumentError('Expected a JSON object of fields.');
}
