/** A DuckDB file opened for a moment, alone. */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isNativeError } from 'node:util/types';
import { SAMPLE_SCHEMA, type SampleDatabase } from './fill.js';

/** Its message is for whoever asked for the sample. */
export class SampleError extends Error {
  override readonly name = 'SampleError';
}

export interface OwnDatabase extends SampleDatabase {
  readonly rows: (sql: string) => Promise<readonly (readonly string[])[]>;
}

const SETTINGS = { memory_limit: '160MB', threads: '1', autoinstall_known_extensions: 'false' } as const;
const IN_USE = /Could not set lock on file|different configuration than existing connections/;
const STATE_SCHEMA = 'iterable_recipes';

/** @throws SampleError when somebody else has the file open */
export async function onDatabase<T>(path: string, work: (database: OwnDatabase) => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const instance = await open(path);
  const connection = await instance.connect();
  try {
    await connection.run(`SET TimeZone = 'UTC'`);
    return await work(databaseOf(connection));
  } finally {
    connection.closeSync();
    instance.closeSync(); // writes everything into the file
  }
}

async function open(path: string): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.fromCache(path, { ...SETTINGS, temp_directory: `${path}.tmp` });
  } catch (error) {
    if (isNativeError(error) && IN_USE.test(error.message))
      throw new SampleError(`${path} is open in another process; stop it first`, { cause: error });
    throw error;
  }
}

/** The first column of a query over no table, some rows at a time. */
export async function* drawnTexts(sql: string): AsyncGenerator<readonly string[]> {
  const instance = await DuckDBInstance.create(':memory:', SETTINGS);
  const connection = await instance.connect();
  try {
    const result = await connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk.getColumnValues(0).map(String);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function databaseOf(connection: DuckDBConnection): OwnDatabase {
  const execute = async ({ sql }: { readonly sql: string }): Promise<number> =>
    (await connection.run(sql)).rowsChanged;
  return {
    execute,
    transact: async (statements) => {
      for (const sql of ['BEGIN TRANSACTION', ...statements, 'COMMIT']) await execute({ sql });
    },
    rows: async (sql) => {
      const result = await connection.runAndReadAll(sql);
      return result.getRows().map((row) => row.map(String));
    },
  };
}

/** `used`: a sample, and by now the warehouse of a worker. */
export async function standingOf(path: string): Promise<'absent' | 'sample' | 'used' | 'other'> {
  if (!existsSync(path)) return 'absent';
  try {
    return await onDatabase(path, async ({ rows }) => {
      const schemas = (await rows('SELECT schema_name FROM information_schema.schemata')).flat();
      if (!schemas.includes(SAMPLE_SCHEMA)) return 'other';
      return schemas.includes(STATE_SCHEMA) ? 'used' : 'sample';
    });
  } catch (error) {
    if (error instanceof SampleError) throw error;
    return 'other'; // no file of DuckDB
  }
}
