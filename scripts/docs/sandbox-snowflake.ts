/** What docs/sandbox.md says of the sandbox Snowflake: its faults and its switches. */
import { DEFAULT_SETTINGS, type Fault, type SnowflakeSettings } from '../../sandbox/snowflake/index.js';
import { code, markdownTable } from './generated.js';

const FAULTS: Readonly<Record<Fault, string>> = {
  '500': 'An internal error; nothing is executed.',
  '503': 'Service unavailable, with an empty body; nothing is executed.',
  '429': 'Too many requests, with `Retry-After` where `retryAfterSeconds` is set.',
  'expired-token': '401, as for a token that has expired.',
  hang: 'No answer at all; the connection stays open.',
  cut: 'The connection is cut; nothing is executed.',
  'executed-then-cut': 'The statement is executed, and the connection cut before the answer.',
  'executed-then-503': 'The statement is executed, and the answer is a 503.',
  'short-partition': 'A partition has one row fewer than declared.',
  'cut-partition': 'The connection is cut in the middle of a partition.',
  slow: 'The statement runs for `slowMs`.',
};

export function snowflakeFaultsTable(): string {
  const rows = Object.entries(FAULTS).map(([fault, meaning]) => [code(fault), meaning]);
  return markdownTable(['Fault', 'What the client sees'], rows);
}

const SETTINGS: Readonly<Record<keyof SnowflakeSettings, string>> = {
  now: 'Clock of tokens, waits and expiry, ms since 1970.',
  answerWithinMs: 'A statement that is not done by then is answered with its handle.',
  statementMs: "How long each statement waits, on the sandbox's clock, before it runs.",
  resultTtlMs: 'From submission to the end of a result.',
  unknownHandleStatus: 'How a handle is answered that is not known, or has expired: `404` or `422`.',
  runningStatus: 'How a poll of a running statement is answered: `202` or `429`.',
  retryAnswers: 'What a repeat with `retry=true` is answered: its `result`, or `one-row` with a 1.',
  cancelFinished: 'Whether the cancellation of a finished statement is `refused` or `accepted`.',
  rowsInFirstPartition: 'Rows of the partition that comes with the first answer.',
  rowsPerPartition: 'Rows of every other partition.',
  statsIn: 'Where DML says how many rows it changed: `top-level`, `metadata` or `absent`.',
  typeNamesIn: 'Types of columns in `lower-case` or `upper-case`.',
  booleansAs: 'Booleans as `words` or `digits`.',
  timesAs: 'Times as `seconds` with a fraction, or as whole `nanoseconds`.',
  zonedType: 'Type of times with a zone: `timestamp_ltz` or `timestamp_tz`.',
  zonedOffsetMinutes: 'Offset of times that show theirs.',
  jsonText: '`pretty`, with line breaks and indents, or `compact`.',
  tokenType: "Whether the header with the token's type is `required`, or the token `inspected`.",
  strictIssueTime: 'Refuses tokens that are older than 60 s.',
  warehouses: 'Virtual warehouses that the user may use.',
  roles: 'Roles that the user may use.',
  mayCreateSchemas:
    'Whether the role may create schemas, which [Snowflake](snowflake.md#grants) does not grant.',
  retryAfterSeconds: 'Header `Retry-After` of a 429.',
  slowMs: "How long a statement with the fault `slow` runs, on the sandbox's clock.",
  recordBodies: '`none` for long benchmarks: what was received is then counted, not kept.',
};

export function snowflakeSettingsTable(): string {
  const defaults = new Map<string, unknown>(Object.entries(DEFAULT_SETTINGS));
  const rows = Object.entries(SETTINGS).map(([name, meaning]) => [
    code(name),
    meaning,
    shown(defaults.get(name)),
  ]);
  return markdownTable(['Switch', 'Meaning', 'Default'], rows);
}

function shown(value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'function') return 'the real clock';
  return code(typeof value === 'string' ? value : JSON.stringify(value));
}
