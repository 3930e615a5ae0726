/** The tables in the state schema, made where they are absent. docs/models.md describes them for who queries them. */
import { ApplicationFailure } from '@temporalio/common';
import type { Dialect, Warehouse } from '../engine.js';
import { countOf, literal, rowOf } from './ask.js';
import { snapshotTable, STATE_SCHEMA, TABLES } from './names.js';

/** Of the tables' shapes. A release that changes one raises it and migrates. */
const STATE_VERSION = 1;

type Types = Dialect['types'];

const SHARED = ({ text, bigint, timestamp }: Types): Readonly<Record<string, string>> => ({
  [TABLES.version]: `version ${bigint}, made_at ${timestamp}`,
  /** Columns that the model gave in its last committed run, as JSON `[[name, type], ...]`. */
  [TABLES.models]: `model ${text}, source_columns ${text}, run_id ${text}, changed_at ${timestamp}`,
  /** Names of the cells of stored rows, as a JSON array. */
  [TABLES.columns]: `model ${text}, columns_id ${text}, column_names ${text}`,
  [TABLES.plans]: `run_id ${text}, model ${text}, created_at ${timestamp}, columns_id ${text}, source_columns ${text}, summary ${text}, committed_at ${timestamp}, totals ${text}`,
  [TABLES.quarantine]: `run_id ${text}, model ${text}, problem ${text}, row_key ${text}, email ${text}, found_at ${timestamp}`,
  [TABLES.rows]: `run_id ${text}, model ${text}, n ${bigint}, row_key ${text}, operation ${text}, verdict ${text}, reason ${text}, attempts ${bigint}, settled_at ${timestamp}`,
  [TABLES.runs]: `run_id ${text}, model ${text}, started_at ${timestamp}, ended_at ${timestamp}, outcome ${text}, source_rows ${bigint}, planned ${bigint}, delivered ${bigint}, unchanged ${bigint}, skipped ${bigint}, rejected ${bigint}, not_sent ${bigint}, in_doubt ${bigint}, calls ${bigint}, seconds DOUBLE, problem ${text}, record ${text}`,
});

/** `stored_row`, `row_hash`, `raw_hash` and `columns_id` are of what is confirmed; NULL where nothing is. */
const SNAPSHOT = ({ text, bigint, timestamp }: Types): string =>
  `row_key ${text}, email ${text}, row_hash ${text}, raw_hash ${text}, stored_row ${text}, columns_id ${text}, ` +
  `last_verdict ${text}, reason ${text}, attempts ${bigint}, next_eligible ${timestamp}, tried_hash ${text}, ` +
  `sent_at ${timestamp}, first_seen ${timestamp}`;

export interface StateTables {
  /** Once per process and model; repeats cost nothing. */
  readonly ensure: (model: string, signal: AbortSignal) => Promise<void>;
}

export function createStateTables(warehouse: Warehouse, now: () => number): StateTables {
  const ready = new Set<string>();
  return {
    ensure: async (model, signal) => {
      const snapshot = snapshotTable(model);
      if (ready.has(snapshot)) return;
      if (ready.size === 0) await makeShared(warehouse, now(), signal);
      await make(warehouse, snapshot, SNAPSHOT(warehouse.dialect.types), signal);
      ready.add(snapshot);
    },
  };
}

/** @throws ApplicationFailure `invalid-input` when a later release has been at work here */
async function makeShared(warehouse: Warehouse, nowMs: number, signal: AbortSignal): Promise<void> {
  await makeSchema(warehouse, signal);
  for (const [table, columns] of Object.entries(SHARED(warehouse.dialect.types)))
    await make(warehouse, table, columns, signal);
  const [version] = await rowOf(warehouse, `SELECT max(version) FROM ${TABLES.version}`, signal);
  if (Number(version ?? 0) > STATE_VERSION) {
    throw ApplicationFailure.nonRetryable(
      `the tables of ${STATE_SCHEMA} have version ${version ?? ''}, this release knows ${STATE_VERSION}`,
      'invalid-input',
    );
  }
  if (version == null) {
    const madeAt = literal.time(warehouse.dialect, nowMs);
    await warehouse.execute(
      { sql: `INSERT INTO ${TABLES.version} VALUES (${STATE_VERSION}, ${madeAt})` },
      signal,
    );
  }
}

/** Only where it is absent: whoever may use a schema need not be allowed to make one. */
async function makeSchema(warehouse: Warehouse, signal: AbortSignal): Promise<void> {
  const there = `SELECT count(*) FROM information_schema.schemata WHERE lower(schema_name) = '${STATE_SCHEMA}'`;
  if ((await countOf(warehouse, there, signal)) > 0) return;
  await warehouse.execute({ sql: `CREATE SCHEMA IF NOT EXISTS ${STATE_SCHEMA}` }, signal);
}

async function make(
  warehouse: Warehouse,
  table: string,
  columns: string,
  signal: AbortSignal,
): Promise<void> {
  await warehouse.execute({ sql: `CREATE TABLE IF NOT EXISTS ${table} (${columns})` }, signal);
}

/** @param tables of the state schema */
export async function tablesExist(
  warehouse: Warehouse,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const names = tables.map((table) => warehouse.dialect.text(table.slice(STATE_SCHEMA.length + 1)));
  const there =
    `SELECT count(*) FROM information_schema.tables ` +
    `WHERE lower(table_schema) = '${STATE_SCHEMA}' AND lower(table_name) IN (${names.join(', ')})`;
  return (await countOf(warehouse, there, signal)) === tables.length;
}
