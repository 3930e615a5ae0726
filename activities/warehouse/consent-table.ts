/** The table of the consent log, and how queries read it. */
import type { Warehouse } from './engine.js';
import { STATE_SCHEMA } from './state-schema.js';

export const CONSENT_LOG = `${STATE_SCHEMA}.consent_log`;

/** What each one means stands in docs/consent-log.md. */
export const COLUMNS = [
  { name: 'entry_id', type: 'text', isRequired: true },
  { name: 'reference', type: 'text', isRequired: true },
  { name: 'person_hash', type: 'text', isRequired: false },
  { name: 'lead_id', type: 'bigint', isRequired: false },
  { name: 'change', type: 'text', isRequired: true },
  { name: 'source', type: 'text', isRequired: true },
  { name: 'activity_at', type: 'timestamp', isRequired: true },
  { name: 'received_at', type: 'timestamp', isRequired: true },
  { name: 'acknowledged_at', type: 'timestamp', isRequired: false },
  { name: 'verified_at', type: 'timestamp', isRequired: false },
  { name: 'decided_at', type: 'timestamp', isRequired: true },
  { name: 'outcome', type: 'text', isRequired: true },
  { name: 'reason', type: 'text', isRequired: false },
  { name: 'activity_to_verified_ms', type: 'bigint', isRequired: false },
  { name: 'receipt_to_verified_ms', type: 'bigint', isRequired: false },
  { name: 'logged_at', type: 'timestamp', isRequired: true },
  { name: 'form_version', type: 'bigint', isRequired: true },
] as const;

/** Makes the table where it is absent, until that has succeeded once. */
export type Prepare = (signal: AbortSignal) => Promise<void>;

export function prepareOnce(warehouse: Warehouse): Prepare {
  let isThere = false;
  return async (signal) => {
    if (isThere) return;
    await createTable(warehouse, signal);
    isThere = true;
  };
}

/** Bears a repeat, also side by side. A later form adds its columns here: ALTER TABLE ... ADD COLUMN IF NOT EXISTS. */
async function createTable(warehouse: Warehouse, signal: AbortSignal): Promise<void> {
  const columns = COLUMNS.map(
    ({ name, type, isRequired }) =>
      `${name} ${warehouse.dialect.types[type]}${isRequired ? ' NOT NULL' : ''}`,
  );
  // In Snowflake an administrator makes the schema: ours is no role that may, and asking is refused even where it exists.
  if (warehouse.engine === 'duckdb') {
    await warehouse.execute({ sql: `CREATE SCHEMA IF NOT EXISTS ${STATE_SCHEMA}` }, signal);
  }
  await warehouse.execute(
    { sql: `CREATE TABLE IF NOT EXISTS ${CONSENT_LOG} (${columns.join(', ')})` },
    signal,
  );
}

export type ColumnName = (typeof COLUMNS)[number]['name'];

/**
 * Columns of the entries that meet a condition, each entry once, as a FROM item. In DuckDB's file, which has one
 * writer, they are so anyway. Snowflake enforces no keys: two workers may add the same entry in the same moment, and the
 * earlier counts.
 */
export function entries(
  { engine }: Pick<Warehouse, 'engine'>,
  columns: readonly ColumnName[],
  condition: string,
): string {
  const names = columns.join(', ');
  if (engine === 'duckdb') return `(SELECT ${names} FROM ${CONSENT_LOG} WHERE ${condition}) AS entries`;
  return `(SELECT ${names} FROM (
      SELECT ${names}, ROW_NUMBER() OVER (PARTITION BY entry_id ORDER BY logged_at) AS nth_of_entry
      FROM ${CONSENT_LOG} WHERE ${condition}) AS every_entry
    WHERE nth_of_entry = 1) AS entries`;
}
