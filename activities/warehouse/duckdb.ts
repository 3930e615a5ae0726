/**
 * A warehouse in one file of this machine, by DuckDB. Writes go one after another over one connection; each read has
 * a connection of its own and sees what was committed when it began.
 */
import { DuckDBInstance, ResultReturnType, type DuckDBConnection, type DuckDBResult } from '@duckdb/node-api';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import PQueue from 'p-queue';
import { cellText, columnType } from './duckdb-cells.js';
import { duckDbDialect } from './duckdb-dialect.js';
import { duckDbFailure } from './duckdb-failures.js';
import type { Cell, Column, Result, Statement, Warehouse } from './engine.js';
import { shortResult } from './short-result.js';

export interface DuckDbOptions {
  /** File, created with its folder where absent. `<path>.tmp` beside it takes what does not fit into memory. */
  readonly path: string;
  /** What DuckDB may use beside the heap of Node. */
  readonly memoryLimitMb?: number;
  readonly threads?: number;
}

const MEMORY_LIMIT_MB = 128;
/** Each takes memory of its own; with two, joins ran into the limit and were hardly faster. */
const THREADS = 1;
/** What is freed goes back to the system at once: DuckDB would keep another 100 MB beyond its limit. */
const KEPT_AFTER_USE = '1MB';
/** Larger results are laid down in a temporary table first: DuckDB would hold them in memory, beyond its limit. */
const MOST_ROWS_IN_MEMORY = 20_000;
const READS_AT_ONCE = 4;
const INTERRUPT_EVERY_MS = 20;

type Rows = readonly (readonly Cell[])[];

/** @throws the error of DuckDB as it is when the file cannot be opened: `ownership.ts` reads it */
export async function openDuckDb(options: DuckDbOptions): Promise<Warehouse> {
  await mkdir(dirname(options.path), { recursive: true });
  // From the cache: a process that opened the file twice would not notice, and destroy it.
  const instance = await DuckDBInstance.fromCache(options.path, {
    memory_limit: `${options.memoryLimitMb ?? MEMORY_LIMIT_MB}MB`,
    threads: String(options.threads ?? THREADS),
    allocator_flush_threshold: KEPT_AFTER_USE,
    allocator_bulk_deallocation_flush_threshold: KEPT_AFTER_USE,
    temp_directory: `${options.path}.tmp`,
    // Nothing is fetched from the network.
    autoinstall_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const connect = async (): Promise<DuckDBConnection> => {
    const connection = await instance.connect();
    await connection.run(`SET TimeZone = 'UTC'`);
    return connection;
  };
  const writer = await connect();
  const writes = new PQueue({ concurrency: 1 });
  const reads = new PQueue({ concurrency: READS_AT_ONCE });
  return {
    engine: 'duckdb',
    dialect: duckDbDialect,
    execute: (statement, signal) =>
      inTurn(writes, signal, () => guarded(writer, signal, () => change(writer, statement))),
    transact: (statements, signal) =>
      inTurn(writes, signal, () => withFailures(signal, () => allOrNothing(writer, statements, signal))),
    read: (statement, signal) =>
      inTurn(reads, signal, async () => startRead(await connect(), statement, signal)),
    close: async () => {
      await Promise.all([writes.onIdle(), reads.onIdle()]);
      writer.closeSync();
      instance.closeSync();
    },
  };
}

/** @throws the signal's reason when it is cancelled while it waits */
async function inTurn<T>(queue: PQueue, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const waiting = new AbortController();
  const stopWaiting = (): void => {
    waiting.abort(signal.reason);
  };
  signal.addEventListener('abort', stopWaiting);
  const begin = (): Promise<T> => {
    // The queue would let the next one in at once, into a transaction that is still open.
    signal.removeEventListener('abort', stopWaiting);
    return work();
  };
  try {
    return await queue.add(begin, { signal: waiting.signal });
  } finally {
    signal.removeEventListener('abort', stopWaiting);
  }
}

/** @throws the signal's reason when it was cancelled, else a failure without any value in it */
async function guarded<T>(
  connection: DuckDBConnection,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  return withFailures(signal, () => interruptible(connection, signal, work));
}

async function withFailures<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw duckDbFailure(error);
  }
}

async function interruptible<T>(
  connection: DuckDBConnection,
  signal: AbortSignal,
  statement: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  let again: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    connection.interrupt();
    // An interruption that comes before the statement has begun is forgotten by DuckDB.
    again ??= setInterval(interrupt, INTERRUPT_EVERY_MS);
  };
  signal.addEventListener('abort', interrupt);
  try {
    return await statement();
  } finally {
    signal.removeEventListener('abort', interrupt);
    clearInterval(again);
  }
}

async function change(writer: DuckDBConnection, { sql, binds = [] }: Statement): Promise<number | undefined> {
  const result = await writer.run(sql, [...binds]);
  return result.returnType === ResultReturnType.CHANGED_ROWS ? result.rowsChanged : undefined;
}

async function allOrNothing(
  writer: DuckDBConnection,
  statements: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  try {
    for (const statement of ['BEGIN TRANSACTION', ...statements]) {
      await interruptible(writer, signal, () => writer.run(statement));
    }
    // Not guarded: it would say that it was interrupted, and has committed.
    await writer.run('COMMIT');
  } catch (error) {
    await writer.run('ROLLBACK').catch(() => undefined); // a commit that failed has rolled back already
    throw error;
  }
}

/**
 * Small results are read at once, so that no connection waits for whoever reads them. Of large ones the batches have to
 * be read, or left by `break`: they hold a connection and a temporary table.
 */
async function startRead(
  connection: DuckDBConnection,
  statement: Statement,
  signal: AbortSignal,
): Promise<Result> {
  try {
    const { columns, batches } = await guarded(connection, signal, () => firstRows(connection, statement));
    signal.throwIfAborted(); // what was interrupted may look like a short result
    if (batches !== undefined) {
      connection.closeSync();
      return { columns, rowCount: batches.flat().length, batches: inHand(batches) };
    }
    const rowCount = await guarded(connection, signal, () => layDown(connection, statement));
    return { columns, rowCount, batches: fromTable(connection, rowCount, signal) };
  } catch (error) {
    connection.closeSync();
    throw error;
  }
}

/** Without batches when there are too many rows. */
async function firstRows(
  connection: DuckDBConnection,
  { sql, binds = [] }: Statement,
): Promise<{ columns: Column[]; batches: Rows[] | undefined }> {
  const result = await connection.stream(sql, [...binds]);
  return { columns: columnsOf(result), batches: await readAtMost(result, MOST_ROWS_IN_MEMORY) };
}

function columnsOf(result: DuckDBResult): Column[] {
  return result.columnNames().map((name, index) => ({ name, type: columnType(result.columnType(index)) }));
}

/** @returns undefined when there are more */
async function readAtMost(result: DuckDBResult, most: number): Promise<Rows[] | undefined> {
  const batches: Rows[] = [];
  let count = 0;
  for await (const rows of rowsOf(result)) {
    count += rows.length;
    if (count > most) return undefined;
    batches.push(rows);
  }
  return batches;
}

async function* rowsOf(result: DuckDBResult): AsyncGenerator<Rows> {
  const types = result.columnTypes();
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const columns = types.map((type, index) =>
      chunk.getColumnValues(index).map((value) => cellText(value, type)),
    );
    yield Array.from({ length: chunk.rowCount }, (_, row) => columns.map((cells) => cells[row] ?? null));
  }
}

async function layDown(connection: DuckDBConnection, { sql, binds = [] }: Statement): Promise<number> {
  await connection.run(`CREATE TEMPORARY TABLE laid_down AS ${sql}`, [...binds]);
  const counted = await connection.run('SELECT count(*) FROM temp.laid_down');
  return Number(counted.getChunk(0).getColumnValues(0)[0]);
}

// eslint-disable-next-line @typescript-eslint/require-await -- what is there already, in the form of what is not
async function* inHand(batches: readonly Rows[]): AsyncGenerator<Rows> {
  yield* batches;
}

/** The table and its connection go when the reader has finished, or has stopped before. */
async function* fromTable(
  connection: DuckDBConnection,
  declared: number,
  signal: AbortSignal,
): AsyncGenerator<Rows> {
  let came = 0;
  try {
    const result = await guarded(connection, signal, () => connection.stream('FROM temp.laid_down'));
    const rows = rowsOf(result);
    for (;;) {
      const next = await guarded(connection, signal, () => rows.next());
      if (next.done === true) break;
      came += next.value.length;
      yield next.value;
    }
    if (came !== declared) throw shortResult(declared, came);
  } finally {
    await connection.run('DROP TABLE IF EXISTS temp.laid_down').catch(() => undefined);
    connection.closeSync();
  }
}
