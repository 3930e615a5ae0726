/** The database behind the sandbox: DuckDB with Snowflake's functions. Every request has a session of its own. */
import { DuckDBInstance, type DuckDBConnection, type DuckDBResult, type DuckDBValue } from '@duckdb/node-api';
import { FUNCTIONS } from './functions.js';
import { SqlFailure } from './sql-errors.js';

export interface Place {
  readonly database: string;
  readonly schema: string;
}

export interface Session {
  /** @param sql of DuckDB, one statement */
  readonly run: (sql: string, values?: readonly DuckDBValue[]) => Promise<DuckDBResult>;
  /** Ends what runs. */
  readonly interrupt: () => void;
  /** Undoes a transaction that is still open. */
  readonly close: () => void;
}

export interface Database {
  /** @throws SqlFailure 390201 for a database or schema that does not exist */
  readonly connect: (place: Partial<Place>, timeZone: string) => Promise<Session>;
  readonly close: () => void;
}

const named = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** @param path of a DuckDB file, or `:memory:` */
export async function openDatabase(path: string, home: Place): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:');
  const first = await instance.connect();
  for (const definition of FUNCTIONS) await first.run(definition);
  await first.run(`attach ${literal(path)} as ${named(home.database)}`);
  await first.run(`create schema if not exists ${named(home.database)}.${named(home.schema)}`);
  first.closeSync();
  return {
    connect: async (place, timeZone) => {
      const connection = await instance.connect();
      try {
        await prepare(connection, { ...home, ...place }, timeZone);
        return sessionOf(connection);
      } catch (error) {
        connection.closeSync();
        throw error;
      }
    },
    close: () => {
      instance.closeSync();
    },
  };
}

/** The functions live where no statement names anything, behind the place of the request. */
async function prepare(
  connection: DuckDBConnection,
  { database, schema }: Place,
  timeZone: string,
): Promise<void> {
  const place = `${named(database)}.${named(schema)}`;
  await connection.run(`set TimeZone = ${literal(timeZone)}`);
  await connection.run(`set search_path = ${literal(`${place},memory.main`)}`).catch(() => {
    throw new SqlFailure(
      '390201',
      '02000',
      'The requested database or schema does not exist or not authorized.',
    );
  });
}

function sessionOf(connection: DuckDBConnection): Session {
  return {
    run: (sql, values = []) => connection.run(sql, [...values]),
    interrupt: () => {
      connection.interrupt();
    },
    close: () => {
      connection.closeSync();
    },
  };
}
