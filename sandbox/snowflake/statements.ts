/** Statements from their submission to the end of their results: running, done, cancelled, repeated, expired. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DuckDBValue } from '@duckdb/node-api';
import PQueue from 'p-queue';
import type { Database, Place, Session } from './database.js';
import { execute, isQuery, refuseAlone } from './execute.js';
import { textResult, type StoredResult } from './results.js';
import type { SnowflakeSettings } from './settings.js';
import { cancelled, SqlFailure, sqlFailureOf, timedOut } from './sql-errors.js';
import type { Token } from './sql-tokens.js';

/** What a request orders. */
export interface Order {
  readonly statements: readonly (readonly Token[])[];
  readonly values: readonly DuckDBValue[];
  readonly place: Partial<Place>;
  readonly timeZone: string;
  readonly requestId: string;
  /** Cancelled when it runs longer; nothing: no limit. */
  readonly timeoutMs: number | undefined;
  /** Before it runs, on the sandbox's clock. */
  readonly waitMs: number;
}

export type Outcome =
  | { readonly kind: 'result'; readonly result: StoredResult; readonly handles?: readonly string[] }
  | { readonly kind: 'failure'; readonly failure: SqlFailure };

export interface Statement {
  readonly handle: string;
  readonly requestId: string;
  readonly createdAtMs: number;
  readonly outcome: () => Outcome | undefined;
  readonly done: Promise<void>;
  readonly cancel: () => void;
}

const CLOCK_STEP_MS = 2;
const INTERRUPT_EVERY_MS = 10;

export class Statements {
  readonly #database: Database;
  readonly #settings: () => SnowflakeSettings;
  readonly #byHandle = new Map<string, Statement>();
  readonly #byRequest = new Map<string, Statement>();
  /** Statements that write follow each other, as Snowflake's locks make them. */
  readonly #writes = new PQueue({ concurrency: 1 });

  constructor(database: Database, settings: () => SnowflakeSettings) {
    this.#database = database;
    this.#settings = settings;
  }

  /** Nothing once the result has expired. */
  find(handle: string): Statement | undefined {
    this.#expire();
    return this.#byHandle.get(handle);
  }

  /** The statement that was ordered with a request id before, unless it has failed. */
  earlier(requestId: string): Statement | undefined {
    const statement = this.#byRequest.get(requestId);
    return statement?.outcome()?.kind === 'failure' ? undefined : statement;
  }

  start(order: Order): Statement {
    this.#expire();
    const abort = new AbortController();
    const perform = (): Promise<Outcome> => this.#perform(order, abort.signal);
    const { statements } = order;
    const reads = statements.length === 1 && statements.every(isQuery);
    const work = this.#waited(order, abort.signal).then(() =>
      reads ? perform() : this.#writes.add(perform),
    );
    return this.#keep(order.requestId, work, abort);
  }

  /** Ends what runs, and waits for it. */
  async close(): Promise<void> {
    const all = [...this.#byHandle.values()];
    all.forEach(({ cancel }) => {
      cancel();
    });
    await Promise.all(all.map(({ done }) => done));
  }

  /** @returns once the clock has reached a time, or at once when told to end */
  async until(timeMs: number, signal: AbortSignal): Promise<void> {
    while (this.#settings().now() < timeMs && !signal.aborted) await sleep(CLOCK_STEP_MS);
  }

  #keep(requestId: string, work: Promise<Outcome>, abort?: AbortController): Statement {
    let outcome: Outcome | undefined;
    const settled = work.catch((error: unknown): Outcome => ({
      kind: 'failure',
      failure: sqlFailureOf(error),
    }));
    const statement: Statement = {
      handle: `01${randomUUID().slice(2)}`,
      requestId,
      createdAtMs: this.#settings().now(),
      outcome: () => outcome,
      done: settled.then((reached) => {
        outcome = reached;
      }),
      cancel: () => {
        abort?.abort();
      },
    };
    this.#byHandle.set(statement.handle, statement);
    if (abort !== undefined) this.#byRequest.set(requestId, statement);
    return statement;
  }

  async #waited({ waitMs, timeoutMs = Infinity }: Order, signal: AbortSignal): Promise<void> {
    if (waitMs > 0) await this.until(this.#settings().now() + Math.min(waitMs, timeoutMs), signal);
    if (signal.aborted) throw cancelled();
    if (waitMs > timeoutMs) throw timedOut();
  }

  async #perform(order: Order, signal: AbortSignal): Promise<Outcome> {
    const session = await this.#database.connect(order.place, order.timeZone);
    // Again and again: an interruption between two steps of DuckDB is forgotten.
    const interrupting = setInterval(() => {
      if (signal.aborted) session.interrupt();
    }, INTERRUPT_EVERY_MS);
    try {
      return await this.#inSession(order, session, signal);
    } finally {
      clearInterval(interrupting);
      session.close();
    }
  }

  async #inSession(order: Order, session: Session, signal: AbortSignal): Promise<Outcome> {
    const context = { session, signal, settings: this.#settings() };
    const [only] = order.statements;
    if (order.statements.length === 1 && only !== undefined) {
      refuseAlone(only);
      return { kind: 'result', result: await execute(only, order.values, context) };
    }
    const handles: string[] = [];
    for (const tokens of order.statements) {
      const result = await execute(tokens, [], context).catch((error: unknown) => this.#partFailed(error));
      handles.push(await this.#keepPart(order.requestId, result));
    }
    const result = textResult('multiple statement execution', 'Multiple statements executed successfully.');
    return { kind: 'result', result, handles };
  }

  async #keepPart(requestId: string, result: StoredResult): Promise<string> {
    const part = this.#keep(requestId, Promise.resolve({ kind: 'result', result }));
    await part.done;
    return part.handle;
  }

  /** Earlier statements stay done, unless a transaction was open; later ones do not run. */
  #partFailed(error: unknown): never {
    const { code, message } = sqlFailureOf(error);
    if (code === cancelled().code) throw cancelled();
    throw new SqlFailure(
      '100132',
      'P0000',
      `JavaScript execution error: Uncaught Execution of multiple statements failed: ${message}`,
    );
  }

  #expire(): void {
    const { now, resultTtlMs } = this.#settings();
    const oldestMs = now() - resultTtlMs;
    for (const [handle, { createdAtMs, outcome }] of this.#byHandle) {
      if (createdAtMs > oldestMs) break; // in the order of their creation
      if (outcome() !== undefined) this.#byHandle.delete(handle);
    }
  }
}
