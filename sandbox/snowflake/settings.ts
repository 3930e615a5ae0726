/**
 * Everything about the sandbox that can be switched, also while it runs. Besides what is configurable, a switch exists
 * for each thing about the SQL API that nobody has been able to confirm: what we build has to hold either way.
 */

export interface SnowflakeSettings {
  /** The clock of tokens, waits and expiry, in ms since 1970. */
  readonly now: () => number;

  /** A statement that is not done by then is answered with its handle. @see https://docs.snowflake.com/en/developer-guide/sql-api/submitting-requests */
  readonly answerWithinMs: number;
  /** How long each statement waits, on the sandbox's clock, before it runs. */
  readonly statementMs: number;
  /** From submission to the end of a result. @see https://docs.snowflake.com/en/user-guide/querying-persisted-results */
  readonly resultTtlMs: number;
  /** How a handle is answered that is not known, or whose result has expired. */
  readonly unknownHandleStatus: 404 | 422;
  /** How a poll of a running statement is answered. */
  readonly runningStatus: 202 | 429;
  /** What a repeat with `retry=true` of a statement that succeeded is answered: its result, or one row with `1`. */
  readonly retryAnswers: 'result' | 'one-row';
  /** What the cancellation of a finished statement does. */
  readonly cancelFinished: 'refused' | 'accepted';

  readonly rowsInFirstPartition: number;
  readonly rowsPerPartition: number;
  /** Where DML says how many rows it changed; `absent`: only in its row. */
  readonly statsIn: 'top-level' | 'metadata' | 'absent';
  readonly typeNamesIn: 'lower-case' | 'upper-case';
  readonly booleansAs: 'words' | 'digits';
  readonly timesAs: 'seconds' | 'nanoseconds';
  /** Type of timestamps that have a zone, and the offset of those that show theirs. */
  readonly zonedType: 'timestamp_ltz' | 'timestamp_tz';
  readonly zonedOffsetMinutes: number;
  /** How JSON comes: with line breaks and indents, or without. */
  readonly jsonText: 'pretty' | 'compact';

  /** Whether the header with the token's type may be missing. */
  readonly tokenType: 'required' | 'inspected';
  /** Refuses tokens that are older than 60 s, as one of the documented error codes says. */
  readonly strictIssueTime: boolean;
  /** Virtual warehouses and roles that the user may use; `any` checks nothing. */
  readonly warehouses: readonly string[] | 'any';
  readonly roles: readonly string[] | 'any';
  /** Whether the role may create schemas, which docs/snowflake.md does not grant. */
  readonly mayCreateSchemas: boolean;
  /** Header `Retry-After` of a 429. */
  readonly retryAfterSeconds: number | undefined;
  /** How long a statement with the fault `slow` runs, on the sandbox's clock. */
  readonly slowMs: number;

  /** `none` for long benchmarks: what was received is then counted, not kept. */
  readonly recordBodies: 'all' | 'none';
}

export const DEFAULT_SETTINGS: SnowflakeSettings = Object.freeze({
  now: Date.now,
  answerWithinMs: 45_000,
  statementMs: 0,
  resultTtlMs: 86_400_000,
  unknownHandleStatus: 422,
  runningStatus: 202,
  retryAnswers: 'result',
  cancelFinished: 'refused',
  rowsInFirstPartition: 1_000,
  rowsPerPartition: 10_000,
  statsIn: 'top-level',
  typeNamesIn: 'lower-case',
  booleansAs: 'words',
  timesAs: 'seconds',
  zonedType: 'timestamp_ltz',
  zonedOffsetMinutes: 0,
  jsonText: 'pretty',
  tokenType: 'required',
  strictIssueTime: false,
  warehouses: 'any',
  roles: 'any',
  mayCreateSchemas: false,
  retryAfterSeconds: undefined,
  slowMs: 60_000,
  recordBodies: 'all',
});
