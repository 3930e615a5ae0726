/**
 * One process has the file: DuckDB's own lock says who. The operating system holds it, so it goes with its process,
 * however that ends.
 * @see https://duckdb.org/docs/stable/connect/concurrency
 */
import { isNativeError } from 'node:util/types';
import { duckDbFailure } from './duckdb-failures.js';
import { openDuckDb, type DuckDbOptions } from './duckdb.js';
import type { Warehouse } from './engine.js';

export type Opened =
  | { readonly kind: 'owned'; readonly warehouse: Warehouse }
  /** Another process has it; undefined where the system does not say which, as between containers. */
  | { readonly kind: 'taken'; readonly ownerPid: number | undefined };

const TAKEN = 'Could not set lock on file';

/** @throws ApplicationFailure when the file cannot be opened for any other reason */
export async function openOwnedWarehouse(options: DuckDbOptions): Promise<Opened> {
  try {
    return { kind: 'owned', warehouse: await openDuckDb(options) };
  } catch (error) {
    const message = isNativeError(error) ? error.message : '';
    if (!message.includes(TAKEN)) throw duckDbFailure(error);
    const [, pid] = /\(?PID (\d+)/.exec(message) ?? [];
    return { kind: 'taken', ownerPid: pid === undefined || pid === '0' ? undefined : Number(pid) };
  }
}
