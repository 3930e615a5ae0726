/** Freezes what a run is to do: the rows in a table, their numbers in a summary. */
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { estimateOf } from '../../../domain/sync/estimate.js';
import { typeConflicts } from '../../../domain/sync/field-types.js';
import { problemsOf } from '../../../domain/sync/model-problems.js';
import { sqlOf } from '../../../domain/sync/model-sql.js';
import type { Hasher } from '../../../domain/hasher.js';
import { OPERATIONS, type Operation, type SyncModel } from '../../../domain/sync-model.js';
import type { PlanSummary, SyncRun } from '../sync-contract.js';
import type { Warehouse } from '../engine.js';
import { countOf, literal, planLost, rowOf, rowsOf } from './ask.js';
import {
  describeModel,
  driftOf,
  expressionsOf,
  requireColumns,
  sourceColumnsSchema,
  type SourceColumns,
} from './model-columns.js';
import { runTables, snapshotTable, TABLES } from './names.js';
import {
  candidatesSql,
  duplicatesSql,
  keysSql,
  planSql,
  quarantineSql,
  sameSql,
  type PlanText,
} from './plan-sql.js';
import { findPlan, isWhole, registerSql } from './plans.js';
import type { StateTables } from './state-tables.js';

export interface PlanDependencies {
  readonly warehouse: Warehouse;
  readonly state: StateTables;
  readonly hasher: Hasher;
  /** Types of the user fields at Iterable, by dotted path. */
  readonly iterableFieldTypes: () => Promise<Readonly<Record<string, string>>>;
  readonly now: () => number;
}

const SAMPLE_PER_OPERATION = 3;

export async function freezePlan(
  deps: PlanDependencies,
  model: SyncModel,
  run: SyncRun,
  signal: AbortSignal,
): Promise<PlanSummary> {
  const { warehouse, state } = deps;
  refuseBadModel(model);
  await state.ensure(model.name, signal);
  const known = await findPlan(warehouse, run, signal);
  if (known?.totals !== undefined) throw planLost('it is committed');
  if (known?.summary !== undefined) {
    if (await isWhole(warehouse, run, signal)) return known.summary;
    throw planLost('its tables are not whole');
  }
  const plan = await prepare(deps, model, run, signal);
  await makeTables(plan, signal);
  const summary = await summarise(deps, plan, signal);
  await finish(plan, summary, signal);
  return summary;
}

function refuseBadModel(model: SyncModel): void {
  const problems = problemsOf(model);
  if (problems.length === 0) return;
  throw ApplicationFailure.nonRetryable(`model ${model.name}: ${problems.join('; ')}`, 'invalid-input');
}

type Prepared = PlanText & { readonly source: SourceColumns };

async function prepare(
  { warehouse, now }: PlanDependencies,
  model: SyncModel,
  run: SyncRun,
  signal: AbortSignal,
): Promise<Prepared> {
  const nowMs = now();
  const sql = sqlOf(model, nowMs);
  const source = await describeModel(warehouse, sql, signal);
  requireColumns(model, source);
  const expressions = expressionsOf(model, source, warehouse, 'model.');
  await warehouse.transact(registerSql(warehouse, run, { expressions, source, nowMs }), signal);
  const storedColumns = await storedColumnsOf(warehouse, model.name, signal);
  const tables = runTables(run);
  return { model, sql, expressions, tables, warehouse, runId: run.runId, nowMs, storedColumns, source };
}

const namesSchema = z.array(z.string());

/** By id, the names of the cells of the model's stored rows. */
export async function storedColumnsOf(
  warehouse: Warehouse,
  model: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const sql = `SELECT columns_id, column_names FROM ${TABLES.columns} WHERE model = ?`;
  const rows = await rowsOf(warehouse, { sql, binds: [model] }, signal);
  return new Map(rows.map(([id, names]) => [id ?? '', namesSchema.parse(JSON.parse(names ?? '[]'))]));
}

async function makeTables(plan: Prepared, signal: AbortSignal): Promise<void> {
  const { warehouse, tables } = plan;
  const { bigint, text, timestamp } = warehouse.dialect.types;
  const run = async (sql: string): Promise<void> => {
    await warehouse.execute({ sql }, signal);
  };
  await run(keysSql(plan));
  await run(duplicatesSql(plan));
  await run(candidatesSql(plan));
  await run(planSql(plan));
  const rows = (table: string): Promise<number> =>
    countOf(warehouse, `SELECT count(*) FROM ${table}`, signal);
  const isAllPlanned = (await rows(tables.plan)) === (await rows(tables.candidates));
  await run(
    isAllPlanned
      ? `CREATE OR REPLACE TABLE ${tables.same} (same_key ${text}, same_raw_hash ${text})`
      : sameSql(plan),
  );
  await run(
    `CREATE OR REPLACE TABLE ${tables.ledger} (n ${bigint}, verdict ${text}, reason ${text}, written_at ${timestamp})`,
  );
}

interface SourceCounts {
  readonly sourceRows: number;
  readonly nullKeys: number;
  readonly duplicateKeys: number;
}

async function summarise(deps: PlanDependencies, plan: Prepared, signal: AbortSignal): Promise<PlanSummary> {
  const { warehouse, model, tables } = plan;
  const source = await sourceCounts(warehouse, tables, signal);
  if (source.nullKeys + source.duplicateKeys > 0) await warehouse.transact(quarantineSql(plan), signal);
  const { operations, plannedRows, bytes } = await operationCounts(plan, signal);
  const found = operations.add + operations.change + operations.retry;
  const sends = model.mode.kind === 'mirror' ? plannedRows : found;
  return {
    ...source,
    knownRows: await countOf(warehouse, `SELECT count(*) FROM ${snapshotTable(model.name)}`, signal),
    operations,
    plannedRows,
    unchangedRows: source.sourceRows - source.nullKeys - source.duplicateKeys - found,
    ...driftOf(await lastColumns(warehouse, model.name, signal), plan.source),
    // Types are kept per event too, but Iterable tells only those of user fields.
    typeConflicts: model.target.kind === 'user' ? typeConflicts(model, await deps.iterableFieldTypes()) : [],
    sample: await sampleOf(plan, deps.hasher, signal),
    estimate: estimateOf(sends, bytes, model.target),
  };
}

async function sourceCounts(
  warehouse: Warehouse,
  tables: PlanText['tables'],
  signal: AbortSignal,
): Promise<SourceCounts> {
  const sql =
    `SELECT count(*), count(*) - count(row_key), ` +
    `(SELECT coalesce(sum(row_count), 0) FROM ${tables.duplicates}) FROM ${tables.keys}`;
  const [rows, nulls, duplicates] = (await rowOf(warehouse, sql, signal)).map(Number);
  return { sourceRows: rows ?? 0, nullKeys: nulls ?? 0, duplicateKeys: duplicates ?? 0 };
}

/**
 * @throws ApplicationFailure `unavailable`, retryable, when the model changed while it was read: a key twice in the plan,
 *   or numbers with gaps
 */
async function operationCounts(
  { warehouse, tables }: PlanText,
  signal: AbortSignal,
): Promise<{ operations: Record<Operation, number>; plannedRows: number; bytes: number }> {
  const sql = `SELECT operation, count(*), coalesce(sum(length(new_row)), 0) FROM ${tables.plan} GROUP BY operation`;
  const rows = await rowsOf(warehouse, sql, signal);
  const operations = { add: 0, change: 0, remove: 0, retry: 0 };
  for (const name of OPERATIONS)
    operations[name] = Number(rows.find(([operation]) => operation === name)?.[1] ?? 0);
  const plannedRows = Object.values(operations).reduce((sum, count) => sum + count, 0);
  const proof = `SELECT count(*), count(DISTINCT row_key), coalesce(max(n) + 1, 0), coalesce(min(n), 0) FROM ${tables.plan}`;
  const [count, keys, end, first] = (await rowOf(warehouse, proof, signal)).map(Number);
  if (count !== plannedRows || keys !== plannedRows || end !== plannedRows || first !== 0)
    throw ApplicationFailure.create({ type: 'unavailable', message: 'the model changed while it was read' });
  return { operations, plannedRows, bytes: rows.reduce((sum, [, , bytes]) => sum + Number(bytes ?? 0), 0) };
}

async function lastColumns(
  warehouse: Warehouse,
  model: string,
  signal: AbortSignal,
): Promise<SourceColumns | undefined> {
  const sql = `SELECT source_columns FROM ${TABLES.models} WHERE model = ?`;
  const [columns] = await rowOf(warehouse, { sql, binds: [model] }, signal);
  return columns == null ? undefined : sourceColumnsSchema.parse(JSON.parse(columns));
}

async function sampleOf(
  { warehouse, tables, model }: PlanText,
  hasher: Hasher,
  signal: AbortSignal,
): Promise<PlanSummary['sample']> {
  const sample: PlanSummary['sample'][number][] = [];
  for (const operation of OPERATIONS) {
    const sql = `SELECT row_key FROM ${tables.plan} WHERE operation = ? ORDER BY n LIMIT ${SAMPLE_PER_OPERATION}`;
    const rows = await rowsOf(warehouse, { sql, binds: [operation] }, signal);
    sample.push(...rows.map(([key]) => ({ operation, keyHash: keyHash(hasher, model.name, key ?? '') })));
  }
  return sample;
}

/** How a row is named outside of the warehouse. */
export function keyHash(hasher: Hasher, model: string, key: string): string {
  return hasher.text('sync-key', `${model}\0${key}`);
}

/** From here on the plan counts. */
async function finish(
  { warehouse, runId, nowMs }: PlanText,
  summary: PlanSummary,
  signal: AbortSignal,
): Promise<void> {
  const { dialect } = warehouse;
  const sql = `UPDATE ${TABLES.plans} SET summary = ?, created_at = ${literal.time(dialect, nowMs)} WHERE run_id = ?`;
  await warehouse.execute({ sql, binds: [JSON.stringify(summary), runId] }, signal);
}
