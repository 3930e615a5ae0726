/**
 * The diff in SQL, in three steps that each engine does well: one narrow table of all keys and hashes, a FULL OUTER JOIN
 * by key with the snapshot that leaves the few candidates, and only for these the rows themselves in canonical text.
 * Every statement replaces its table, so that a repeat does no harm.
 */
import type { SyncModel } from '../../../domain/sync-model.js';
import type { Warehouse } from '../engine.js';
import { literal } from './ask.js';
import type { ModelExpressions } from './model-columns.js';
import { snapshotTable, TABLES, type RunTables } from './names.js';
import { syncDialect, type SyncDialect } from './sync-dialect.js';

/** In `tried_hash`, of a removal that did not get through. */
export const REMOVED = 'removed';

export interface PlanText {
  readonly model: SyncModel;
  /** With its parameters filled in. */
  readonly sql: string;
  /** Over columns that `model.` prefixes. */
  readonly expressions: ModelExpressions;
  readonly tables: RunTables;
  readonly warehouse: Warehouse;
  readonly runId: string;
  readonly nowMs: number;
  /** By id, the names of the cells of rows that were stored under other mappings too. */
  readonly storedColumns: ReadonlyMap<string, readonly string[]>;
}

/** Some of the candidates, few enough for their rows to be joined at once. */
export interface PlanPortion extends PlanText {
  /** From 0. */
  readonly portion: number;
}

export function keysSql({ sql, expressions, tables }: PlanText): string {
  return (
    `CREATE OR REPLACE TABLE ${tables.keys} AS ` +
    `SELECT ${expressions.key} AS row_key, ${expressions.rawHash} AS raw_hash FROM (${sql}) AS model`
  );
}

export function duplicatesSql({ tables }: PlanText): string {
  return (
    `CREATE OR REPLACE TABLE ${tables.duplicates} AS ` +
    `SELECT row_key, count(*) AS row_count FROM ${tables.keys} WHERE row_key IS NOT NULL ` +
    `GROUP BY row_key HAVING count(*) > 1`
  );
}

/** Rows that the plan leaves out, each with its address, so that somebody can mend them. */
export function quarantineSql(plan: PlanText): readonly string[] {
  const { sql, expressions, tables, warehouse, runId, model, nowMs } = plan;
  const { dialect } = warehouse;
  const name = (text: string): string => dialect.text(text);
  return [
    `DELETE FROM ${TABLES.quarantine} WHERE run_id = ${name(runId)}`,
    `INSERT INTO ${TABLES.quarantine} (run_id, model, problem, row_key, email, found_at) ` +
      `SELECT ${name(runId)}, ${name(model.name)}, ` +
      `CASE WHEN found.row_key IS NULL THEN 'null-key' ELSE 'duplicate-key' END, ` +
      `found.row_key, found.email, ${literal.time(dialect, nowMs)} ` +
      `FROM (SELECT ${expressions.key} AS row_key, ${expressions.email} AS email FROM (${sql}) AS model) AS found ` +
      `WHERE found.row_key IS NULL OR found.row_key IN (SELECT row_key FROM ${tables.duplicates})`,
  ];
}

/**
 * By key, never by hash. Keys that are there several times are neither changed nor removed: nobody can say which holds.
 * In portions, because the rows themselves are wide.
 */
export function candidatesSql({ tables, model, warehouse }: PlanText): string {
  const { rowNumber, portionRows } = syncDialect(warehouse.engine);
  return (
    `CREATE OR REPLACE TABLE ${tables.candidates} AS ` +
    `SELECT coalesce(source.row_key, known.row_key) AS row_key, ` +
    `CAST(floor((${rowNumber} - 1) / ${portionRows}) AS ${warehouse.dialect.types.bigint}) AS portion ` +
    `FROM (SELECT row_key, raw_hash FROM ${tables.keys} WHERE row_key IS NOT NULL) AS source ` +
    `FULL OUTER JOIN ${snapshotTable(model.name)} AS known ON known.row_key = source.row_key ` +
    `WHERE (source.raw_hash IS DISTINCT FROM known.raw_hash OR known.tried_hash IS NOT NULL) ` +
    `AND coalesce(source.row_key, known.row_key) NOT IN (SELECT row_key FROM ${tables.duplicates})`
  );
}

/** The first portion makes the table anew, the others add to it. */
export function planSql(plan: PlanPortion): string {
  const { tables, warehouse, expressions, portion } = plan;
  const { rowNumber } = syncDialect(warehouse.engine);
  const [into, before] =
    portion === 0
      ? [`CREATE OR REPLACE TABLE ${tables.plan} AS`, '0']
      : [`INSERT INTO ${tables.plan}`, `(SELECT count(*) FROM ${tables.plan})`];
  return (
    `${into} SELECT ${rowNumber} - 1 + ${before} AS n, operation, row_key, ` +
    `old_email, new_email, old_row, old_columns, ` +
    `CASE WHEN operation <> 'remove' THEN new_row END AS new_row, ` +
    `${warehouse.dialect.text(expressions.columnsId)} AS new_columns, ` +
    `old_hash, old_raw_hash, new_hash, new_raw_hash, coalesce(attempts, 0) AS attempts, ` +
    `last_verdict, tried_hash, sent_at, first_seen ` +
    `FROM (${judged(plan)}) AS judged WHERE operation IS NOT NULL`
  );
}

/** Keys of rows that differ from the snapshot in spelling only: their quick hash is remembered at the commit. */
export function sameSql(plan: PlanPortion): string {
  return (
    `INSERT INTO ${plan.tables.same} ` +
    `SELECT row_key AS same_key, new_raw_hash AS same_raw_hash FROM (${judged(plan)}) AS judged ` +
    `WHERE operation IS NULL AND tried_hash IS NULL AND old_hash = new_hash`
  );
}

/** Every candidate with both of its rows, and what is to be done with it; NULL for nothing. */
function judged(plan: PlanPortion): string {
  const { whole } = syncDialect(plan.warehouse.engine);
  return whole(`SELECT hashed.*, ${operation(plan)} AS operation FROM (${hashed(plan)}) AS hashed`);
}

function hashed(plan: PlanPortion): string {
  const { dialect } = plan.warehouse;
  return (
    `SELECT written.*, ` +
    `${dialect.hash(`coalesce(new_email, '') || new_row`)} AS new_hash FROM (${written(plan)}) AS written`
  );
}

/** The new row as one text. A NULL that must not overwrite is replaced by the cell that was sent. */
function written(plan: PlanPortion): string {
  const { warehouse, expressions } = plan;
  const sync = syncDialect(warehouse.engine);
  const cells = expressions.columns.map((column, index) => {
    const own = `cell_${index}`;
    const kept = column.keeps ? keptCell(plan, index, sync) : undefined;
    return kept === undefined ? own : `coalesce(${own}, ${kept})`;
  });
  return (
    `SELECT row_key, model_key, known_key, new_email, new_raw_hash, ${sync.jsonArray(cells)} AS new_row, ` +
    `old_email, old_row, old_columns, old_hash, old_raw_hash, attempts, last_verdict, next_eligible, tried_hash, ` +
    `sent_at, first_seen FROM (${joined(plan, sync)}) AS joined`
  );
}

/** The cell as it was sent, whichever mapping it was stored under. */
function keptCell(
  { expressions, warehouse, storedColumns }: PlanText,
  index: number,
  sync: SyncDialect,
): string | undefined {
  const name = expressions.columnNames[index] ?? '';
  const whens = [...storedColumns].flatMap(([id, names]) => {
    const at = names.indexOf(name);
    return at === -1 ? [] : [`WHEN ${warehouse.dialect.text(id)} THEN ${sync.cell('old_cells', at)}`];
  });
  return whens.length === 0 ? undefined : `CASE old_columns ${whens.join(' ')} END`;
}

/** Both sides are cut down to the candidates first, so that their wide rows stream past a set of keys. */
function joined({ sql, expressions, tables, model, portion }: PlanPortion, sync: SyncDialect): string {
  const cells = expressions.cells.map((_, index) => `cell_${index}`);
  const written = expressions.cells.map((cell, index) => `${cell} AS cell_${index}`).join(', ');
  const isCandidate = `IN (SELECT row_key FROM ${tables.candidates} WHERE portion = ${portion})`;
  const source =
    `SELECT ${expressions.key} AS model_key, ${expressions.email} AS new_email, ` +
    `${expressions.rawHash} AS new_raw_hash, ${written} ` +
    `FROM (${sql}) AS model WHERE ${expressions.key} ${isCandidate}`;
  const known =
    `SELECT row_key AS known_key, email AS old_email, stored_row AS old_row, columns_id AS old_columns, ` +
    `row_hash AS old_hash, raw_hash AS old_raw_hash, attempts, last_verdict, next_eligible, tried_hash, sent_at, ` +
    `first_seen FROM ${snapshotTable(model.name)} WHERE row_key ${isCandidate}`;
  return (
    `SELECT coalesce(model_key, known_key) AS row_key, model_key, new_email, new_raw_hash, ${cells.join(', ')}, ` +
    `known.*, ${sync.cells('old_row')} AS old_cells ` +
    `FROM (${source}) AS source FULL OUTER JOIN (${known}) AS known ON known_key = model_key`
  );
}

/**
 * A row in doubt (`unknown`) may be at Iterable in either state: it is sent whole. One that Iterable refused, or does
 * not have, waits until it is due; other content is worth a try at once, unless the person is missing there.
 */
function operation({ warehouse, model, nowMs, expressions }: PlanText): string {
  const { dialect } = warehouse;
  const isDue = `coalesce(next_eligible <= ${literal.time(dialect, nowMs)}, 1 = 0)`;
  const isSame = `old_hash = new_hash AND old_columns = ${dialect.text(expressions.columnsId)}`;
  return (
    `CASE ` +
    `WHEN model_key IS NULL AND known_key IS NULL THEN NULL ` +
    `WHEN model_key IS NULL AND last_verdict = 'unknown' THEN 'remove' ` +
    `WHEN model_key IS NULL AND (old_hash IS NULL OR (tried_hash = '${REMOVED}' AND NOT ${isDue})) THEN NULL ` +
    `WHEN model_key IS NULL THEN 'remove' ` +
    `WHEN known_key IS NULL THEN 'add' ` +
    `WHEN last_verdict = 'unknown' THEN 'retry' ` +
    `WHEN ${isSame} THEN NULL ` +
    `WHEN tried_hash = new_hash THEN CASE WHEN ${isDue} THEN 'retry' END ` +
    `WHEN last_verdict = 'skipped' AND NOT ${isDue} THEN NULL ` +
    `WHEN old_hash IS NULL THEN 'add' ` +
    (model.mode.kind === 'insert-only' ? `ELSE NULL END` : `ELSE 'change' END`)
  );
}
