/** Freezes what a run is to do: the rows in a table, their numbers in a summary. */
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { problemsOf } from '../../../domain/sync/model-problems.js';
import { sqlOf } from '../../../domain/sync/model-sql.js';
import type { Hasher } from '../../../domain/hasher.js';
import type { SyncModel } from '../../../domain/sync-model.js';
import type { PlanSummary, SyncRun } from '../sync-contract.js';
import type { Warehouse } from '../engine.js';
import { countOf, literal, planLost, rowsOf } from './ask.js';
import { describeModel, expressionsOf, requireColumns } from './model-columns.js';
import { runTables, TABLES } from './names.js';
import { candidatesSql, duplicatesSql, keysSql, planSql, sameSql, type PlanText } from './plan-sql.js';
import { summarise, type PreparedPlan } from './plan-summary.js';
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
  const summary = await summarise(plan, deps, signal);
  await finish(plan, summary, signal);
  return summary;
}

function refuseBadModel(model: SyncModel): void {
  const problems = problemsOf(model);
  if (problems.length === 0) return;
  throw ApplicationFailure.nonRetryable(`model ${model.name}: ${problems.join('; ')}`, 'invalid-input');
}

async function prepare(
  { warehouse, now }: PlanDependencies,
  model: SyncModel,
  run: SyncRun,
  signal: AbortSignal,
): Promise<PreparedPlan> {
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

async function makeTables(plan: PreparedPlan, signal: AbortSignal): Promise<void> {
  const { warehouse, tables } = plan;
  const { bigint, text, timestamp } = warehouse.dialect.types;
  const run = async (sql: string): Promise<void> => {
    await warehouse.execute({ sql }, signal);
  };
  await run(keysSql(plan));
  await run(duplicatesSql(plan));
  await run(candidatesSql(plan));
  const portions = await countOf(
    warehouse,
    `SELECT coalesce(max(portion), 0) + 1 FROM ${tables.candidates}`,
    signal,
  );
  for (let portion = 0; portion < portions; portion += 1) await run(planSql({ ...plan, portion }));
  await run(`CREATE OR REPLACE TABLE ${tables.same} (same_key ${text}, same_raw_hash ${text})`);
  const leftOut = `SELECT (SELECT count(*) FROM ${tables.candidates}) - (SELECT count(*) FROM ${tables.plan})`;
  if ((await countOf(warehouse, leftOut, signal)) > 0)
    for (let portion = 0; portion < portions; portion += 1) await run(sameSql({ ...plan, portion }));
  await run(
    `CREATE OR REPLACE TABLE ${tables.ledger} (n ${bigint}, verdict ${text}, reason ${text}, written_at ${timestamp})`,
  );
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
