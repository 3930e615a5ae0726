/**
 * One warehouse, whichever engine it is: DuckDB in a file of this machine, or Snowflake. SQL texts are written once;
 * what the two spell differently is in `dialect`. Every cell is text, so that no number is rounded on its way.
 */

/** NULL is null. Numbers in decimal digits, booleans `true`/`false`, dates `YYYY-MM-DD`, times ISO 8601 in UTC, JSON as text. */
export type Cell = string | null;

export interface Statement {
  readonly sql: string;
  /** Values of the `?` in the text, in order. */
  readonly binds?: readonly Cell[];
  /**
   * A UUID, the same for every repeat of the same piece of work: an engine that knows it does not run it twice. The
   * statement has to bear a repeat all the same.
   */
  readonly requestId?: string;
}

export interface Column {
  readonly name: string;
  /** `text`, `fixed`, `real`, `boolean`, `date`, `time`, `timestamp`, `json`, `binary` */
  readonly type: string;
}

export interface Result {
  readonly columns: readonly Column[];
  /** As declared by the engine before the first row is read. */
  readonly rowCount: number;
  /**
   * The rows, some at a time, in the order of the query. Ends with an error of type `short-result` unless as many came
   * as were declared.
   */
  readonly batches: AsyncIterable<readonly (readonly Cell[])[]>;
}

/** Failures are ApplicationFailures of the six classes; the message never holds a cell or a bound value. */
export interface Warehouse {
  readonly engine: 'duckdb' | 'snowflake';
  readonly dialect: Dialect;
  /** DDL or DML. @returns rows inserted, changed or deleted; undefined where the engine does not say */
  readonly execute: (statement: Statement, signal: AbortSignal) => Promise<number | undefined>;
  /** All or nothing, in one transaction; without binds, which Snowflake refuses here. */
  readonly transact: (
    statements: readonly string[],
    signal: AbortSignal,
    requestId?: string,
  ) => Promise<void>;
  readonly read: (statement: Statement, signal: AbortSignal) => Promise<Result>;
  readonly close: () => Promise<void>;
}

/** How one engine spells what the two do not spell alike. Expressions in, expression out; all are SQL text. */
export interface Dialect {
  /** A literal, quoted. */
  readonly text: (value: string) => string;
  /** 64-bit or longer hash of a text expression, as text. */
  readonly hash: (expression: string) => string;
  /** A timestamp expression from ISO 8601 text. */
  readonly timestamp: (expression: string) => string;
  /** ISO 8601 text, UTC, in milliseconds, of a timestamp expression. */
  readonly isoText: (expression: string) => string;
  /** A JSON value, for a column of the type `json`, from its text. */
  readonly json: (expression: string) => string;
  /** One row per element of a JSON array bound as one text: a FROM item; `field` reads one field of the element as text. */
  readonly jsonRows: (bind: string) => {
    readonly from: string;
    readonly field: (name: string) => string;
  };
  /** Type names. */
  readonly types: {
    readonly text: string;
    readonly bigint: string;
    readonly timestamp: string;
    readonly json: string;
  };
}
