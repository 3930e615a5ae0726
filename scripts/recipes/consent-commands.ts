/** `consent report`, `consent show`, `consent opt-out` and `consent reconcile`. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ConsentOutcome, ConsentRecord } from '../../domain/consent.js';
import type { ConsentState } from '../../workflows/person-consent/messages.js';
import { askWarehouse } from './ask-warehouse.js';
import { decisionAbout, liveState, personOf, startOptOut } from './consent-person.js';
import { reportCsv, reportTables } from './consent-report.js';
import { withClient } from './context.js';
import { parseDate } from './dates.js';
import { CommandError, EXIT, type ExitCode } from './exit-codes.js';
import { createOutput, table } from './output.js';
import { addReconcileCommands } from './reconcile-commands.js';

interface ReportOptions {
  readonly since: Date;
  readonly until?: Date;
  readonly format: 'table' | 'csv' | 'json';
  readonly json: boolean;
}

/** Writing, settling and reading back, with a few tries; an outage takes longer than anybody waits. */
const WAIT_SECONDS = 300;

export function addConsentCommands(program: Command): void {
  const consent = program.command('consent').description('opt-outs and opt-ins: what became of them');
  consent
    .command('report')
    .requiredOption(
      '--since <date>',
      'decided at or after this, like 2026-11-24 or 2026-11-24T08:00:00Z',
      parseDate,
    )
    .option('--until <date>', 'decided before this (default: now)', parseDate)
    .addOption(
      new Option('--format <format>', 'how it is printed').choices(['table', 'csv', 'json']).default('table'),
    )
    .option('--json', 'the same as --format json', false)
    .description('latencies, counts by outcome and source, and what push and poll have missed')
    .action(async (options: ReportOptions) => {
      process.exitCode = await report(options);
    });
  consent
    .command('show')
    .argument('<e-mail>', 'whose; it is hashed here, and neither sent nor printed')
    .option('--json', 'print JSON', false)
    .description("one person's entries of the consent log, and what is under way")
    .action(async (address: string, options: { json: boolean }) => {
      process.exitCode = await show(address, options);
    });
  consent
    .command('opt-out')
    .argument('<e-mail>', 'whom; sent encrypted, and not printed')
    .option(
      '--wait [seconds]',
      `wait until it is decided, at most so long (default: ${String(WAIT_SECONDS)})`,
      parseSeconds,
    )
    .option('--json', 'print JSON', false)
    .description('opt somebody out by hand; nobody is created in Iterable')
    .action(async (address: string, options: { wait?: number | true; json: boolean }) => {
      process.exitCode = await optOut(address, options);
    });
  addReconcileCommands(consent);
}

async function report({ since, until = new Date(), format, json }: ReportOptions): Promise<ExitCode> {
  if (since >= until) throw new CommandError(EXIT.usage, '--since has to be before --until');
  const about = { sinceMs: since.getTime(), untilMs: until.getTime() };
  const found = await withClient((client) => askWarehouse(client, { question: 'consentReport', about }));
  createOutput({ json: json || format === 'json' }).result(found, () =>
    format === 'csv' ? reportCsv(found) : reportTables(found),
  );
  return EXIT.ok;
}

async function show(address: string, options: { json: boolean }): Promise<ExitCode> {
  const { personHash, log, live } = await withClient(async (client, config) => {
    const person = personOf(address, config);
    const [entries, state] = await Promise.all([
      askWarehouse(client, { question: 'consentHistory', about: person.personHash }),
      liveState(client, person.personHash),
    ]);
    return { personHash: person.personHash, log: entries, live: state };
  });
  createOutput(options).result({ personHash, log, live: live ?? null }, () =>
    [`person ${personHash}`, entriesOf(log), ...(live === undefined ? [] : [underWay(live)])].join('\n'),
  );
  return EXIT.ok;
}

function entriesOf(log: readonly ConsentRecord[]): string {
  if (log.length === 0) return 'nothing in the consent log';
  return table(
    ['asked for', 'change', 'source', 'outcome', 'reason', 'verified', 'reference'],
    log.map((record) => [
      isoOf(record.activityAtMs),
      record.change,
      record.source,
      record.outcome,
      record.reason ?? '',
      isoOf(record.verifiedAtMs),
      record.reference,
    ]),
  );
}

function underWay({ standing, pending, unlogged }: ConsentState): string {
  const head = `now: ${standing}; ${String(pending.length)} under way, ${String(unlogged)} on the way to the log`;
  if (pending.length === 0) return head;
  const rows = pending.map((each) => [
    each.decidedBySource,
    each.change,
    each.source,
    each.status,
    each.lastProblem ?? '',
    each.reference,
  ]);
  return `${head}\n${table(['asked for', 'change', 'source', 'status', 'problem', 'reference'], rows)}`;
}

const isoOf = (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString());

interface OptOutOptions {
  readonly wait?: number | true;
  readonly json: boolean;
}

async function optOut(address: string, options: OptOutOptions): Promise<ExitCode> {
  const output = createOutput(options);
  return withClient(async (client, config) => {
    const person = personOf(address, config);
    const started = await startOptOut(client, person, config);
    if (options.wait === undefined) {
      output.result(started, () => `started ${started.workflowId}, reference ${started.reference}`);
      return EXIT.ok;
    }
    output.progress(`waiting for ${started.workflowId}`);
    const withinMs = (options.wait === true ? WAIT_SECONDS : options.wait) * 1_000;
    const record = await decisionAbout(client, person.personHash, started.reference, withinMs);
    output.result({ ...started, record: record ?? null }, () =>
      record === undefined
        ? `not decided yet: it goes on in ${started.workflowId}`
        : `${outcomeOf(record)} in ${started.workflowId}, reference ${started.reference}`,
    );
    return record === undefined ? EXIT.waiting : exitCodeOf(record.outcome);
  });
}

const outcomeOf = ({ outcome, reason }: ConsentRecord): string =>
  reason === null ? outcome : `${outcome}: ${reason}`;

/** Nobody is mailed who is not in Iterable: that is as wanted. */
const AS_WANTED: ReadonlySet<ConsentOutcome> = new Set<ConsentOutcome>([
  'opted-out',
  'already-opted-out',
  'applied-late',
  'not-in-iterable',
]);

function exitCodeOf(outcome: ConsentOutcome): ExitCode {
  return AS_WANTED.has(outcome) ? EXIT.ok : EXIT.someFailed;
}

function parseSeconds(value: string): number {
  const seconds = Number(value);
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError('Expected whole seconds.');
}
