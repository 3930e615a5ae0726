/**
 * Bound values. All are text, which Snowflake converts by the expression they stand in: the other types have forms of
 * their own, and none for JSON.
 * @see https://docs.snowflake.com/en/developer-guide/sql-api/submitting-requests#using-bind-variables-in-a-statement
 */
import type { Cell } from '../engine.js';

export interface Binding {
  readonly type: 'TEXT';
  readonly value: Cell;
}

/** @returns by the place of their `?`, "1", "2", ...; nothing where nothing is bound */
export function bindingsOf(binds: readonly Cell[] = []): Readonly<Record<string, Binding>> | undefined {
  if (binds.length === 0) return undefined;
  return Object.fromEntries(binds.map((value, index) => [String(index + 1), { type: 'TEXT', value }]));
}
