/** Small questions to a warehouse, and the literals that its statements are made of. */
import { ApplicationFailure } from '@temporalio/common';
import type { Cell, Dialect, Statement, Warehouse } from '../engine.js';

export async function rowsOf(
  warehouse: Warehouse,
  statement: Statement | string,
  signal: AbortSignal,
): Promise<readonly (readonly Cell[])[]> {
  const asked = typeof statement === 'string' ? { sql: statement } : statement;
  const { batches, rowCount } = await warehouse.read(asked, signal);
  const rows: (readonly Cell[])[] = [];
  for await (const batch of batches) rows.push(...batch);
  if (rows.length === rowCount) return rows;
  throw ApplicationFailure.create({
    type: 'short-result',
    message: `${rows.length} rows came of ${rowCount}`,
  });
}

/** The first row; its cells are null where there is none. */
export async function rowOf(
  warehouse: Warehouse,
  statement: Statement | string,
  signal: AbortSignal,
): Promise<readonly Cell[]> {
  return (await rowsOf(warehouse, statement, signal))[0] ?? [];
}

export async function countOf(warehouse: Warehouse, sql: string, signal: AbortSignal): Promise<number> {
  const [count] = await rowOf(warehouse, sql, signal);
  return Number(count ?? 0);
}

/** Literals: a text, or NULL; a time from ms since 1970. */
export const literal = {
  text: (dialect: Dialect, value: string | undefined): string =>
    value === undefined ? `CAST(NULL AS ${dialect.types.text})` : dialect.text(value),
  time: (dialect: Dialect, atMs: number | undefined): string =>
    atMs === undefined
      ? `CAST(NULL AS ${dialect.types.timestamp})`
      : dialect.timestamp(dialect.text(new Date(atMs).toISOString())),
} as const;

export const planLost = (why: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`the plan cannot be used: ${why}`, 'plan-lost');
