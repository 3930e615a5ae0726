/** A DuckDB warehouse in a folder of its own, gone after the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckDb, type DuckDbOptions } from '../../activities/warehouse/duckdb.js';
import type { Cell, Column, Statement, Warehouse } from '../../activities/warehouse/engine.js';

export interface WarehouseFile {
  readonly warehouse: Warehouse;
  readonly path: string;
  readonly remove: () => Promise<void>;
}

export async function openWarehouseFile(
  options: Partial<Omit<DuckDbOptions, 'path'>> = {},
): Promise<WarehouseFile> {
  const folder = await mkdtemp(join(tmpdir(), 'warehouse-'));
  const path = join(folder, 'data', 'warehouse.duckdb');
  const warehouse = await openDuckDb({ ...options, path });
  return {
    warehouse,
    path,
    remove: async () => {
      await warehouse.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A signal that nobody gives. */
export const neverAborted = (): AbortSignal => new AbortController().signal;

export interface WholeResult {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** All rows of a query at once. */
export async function readAll(
  warehouse: Warehouse,
  statement: Statement | string,
  signal = neverAborted(),
): Promise<WholeResult> {
  const result = await warehouse.read(typeof statement === 'string' ? { sql: statement } : statement, signal);
  const rows: (readonly Cell[])[] = [];
  for await (const batch of result.batches) rows.push(...batch);
  return { columns: result.columns, rows };
}
