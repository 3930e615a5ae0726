import type { Cell, Statement, Warehouse } from './engine.js';

/** All rows of a query, for results that are known to be small. */
export async function readRows(
  warehouse: Warehouse,
  statement: Statement,
  signal: AbortSignal,
): Promise<readonly (readonly Cell[])[]> {
  const { batches } = await warehouse.read(statement, signal);
  const rows: (readonly Cell[])[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}
