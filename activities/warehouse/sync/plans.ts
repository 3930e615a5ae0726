/** The register of plans: which runs have one, what it says, and whether it is committed. */
import { z } from 'zod';
import type { PlanSummary, RunTotals, SyncRun } from '../sync-contract.js';
import type { Warehouse } from '../engine.js';
import { countOf, literal, planLost, rowOf, rowsOf } from './ask.js';
import { sourceColumnsSchema, type ModelExpressions, type SourceColumns } from './model-columns.js';
import { runTables, TABLES } from './names.js';
import { tablesExist } from './state-tables.js';

const counts = z.object({ add: z.number(), change: z.number(), remove: z.number(), retry: z.number() });
export const planSummarySchema = z.object({
  sourceRows: z.number(),
  knownRows: z.number(),
  operations: counts,
  plannedRows: z.number(),
  unchangedRows: z.number(),
  nullKeys: z.number(),
  duplicateKeys: z.number(),
  newColumns: z.array(z.string()),
  goneColumns: z.array(z.string()),
  retypedColumns: z.array(z.string()),
  typeConflicts: z.array(z.string()),
  sample: z.array(z.object({ operation: z.enum(['add', 'change', 'remove', 'retry']), keyHash: z.string() })),
  estimate: z.object({ calls: z.number(), seconds: z.number() }),
});
const verdicts = z.object({
  delivered: z.number(),
  unchanged: z.number(),
  skipped: z.number(),
  rejected: z.number(),
  retry: z.number(),
  unknown: z.number(),
});
export const runTotalsSchema = z.object({ planned: z.number(), verdicts });

export interface RegisteredPlan {
  readonly columnsId: string;
  readonly sourceColumns: SourceColumns;
  /** Absent until the plan is whole. */
  readonly summary: PlanSummary | undefined;
  /** Present once it is committed. */
  readonly totals: RunTotals | undefined;
}

export async function findPlan(
  warehouse: Warehouse,
  { runId }: Pick<SyncRun, 'runId'>,
  signal: AbortSignal,
): Promise<RegisteredPlan | undefined> {
  const [columnsId, source, summary, totals] = await rowOf(
    warehouse,
    {
      sql: `SELECT columns_id, source_columns, summary, totals FROM ${TABLES.plans} WHERE run_id = ?`,
      binds: [runId],
    },
    signal,
  );
  if (columnsId == null || source == null) return undefined;
  return {
    columnsId,
    sourceColumns: sourceColumnsSchema.parse(JSON.parse(source)),
    summary: summary == null ? undefined : planSummarySchema.parse(JSON.parse(summary)),
    totals: totals == null ? undefined : runTotalsSchema.parse(JSON.parse(totals)),
  };
}

/** @throws ApplicationFailure `plan-lost` when the run has none that is whole */
export async function requirePlan(
  warehouse: Warehouse,
  run: SyncRun,
  signal: AbortSignal,
): Promise<RegisteredPlan & { readonly summary: PlanSummary }> {
  const plan = await findPlan(warehouse, run, signal);
  if (plan?.summary === undefined) throw planLost('the run has none');
  return { ...plan, summary: plan.summary };
}

interface Registration {
  readonly expressions: ModelExpressions;
  readonly source: SourceColumns;
  readonly nowMs: number;
}

/** Before the first table of the run is made, so that an abandoned one is found. */
export function registerSql(
  { dialect }: Warehouse,
  run: SyncRun,
  { expressions, source, nowMs }: Registration,
): readonly string[] {
  const texts = [run.runId, run.model].map((value) => dialect.text(value));
  const [name, id] = [dialect.text(run.model), dialect.text(expressions.columnsId)];
  return [
    `DELETE FROM ${TABLES.columns} WHERE model = ${name} AND columns_id = ${id}`,
    `INSERT INTO ${TABLES.columns} (model, columns_id, column_names) ` +
      `SELECT ${name}, ${id}, ${dialect.text(JSON.stringify(expressions.columnNames))}`,
    `DELETE FROM ${TABLES.plans} WHERE run_id = ${dialect.text(run.runId)}`,
    `INSERT INTO ${TABLES.plans} (run_id, model, created_at, columns_id, source_columns) ` +
      `SELECT ${texts.join(', ')}, ${literal.time(dialect, nowMs)}, ${id}, ` +
      dialect.text(JSON.stringify(source)),
  ];
}

/** Whether all tables are there and the plan has the rows that it says. */
export async function isWhole(warehouse: Warehouse, run: SyncRun, signal: AbortSignal): Promise<boolean> {
  const plan = await findPlan(warehouse, run, signal);
  if (plan?.summary === undefined || plan.totals !== undefined) return false;
  const tables = runTables(run);
  if (!(await tablesExist(warehouse, [tables.plan, tables.ledger, tables.keys], signal))) return false;
  return (
    (await countOf(warehouse, `SELECT count(*) FROM ${tables.plan}`, signal)) === plan.summary.plannedRows
  );
}

export async function dropTables(
  warehouse: Warehouse,
  run: Pick<SyncRun, 'runId'>,
  signal: AbortSignal,
): Promise<void> {
  const drops = Object.values(runTables(run)).map((table) => `DROP TABLE IF EXISTS ${table}`);
  await warehouse.transact(drops, signal);
}

/** Drops the plan of this run, and those that were begun before a time; committed ones stay in the register. */
export async function dropPlansOf(
  warehouse: Warehouse,
  run: SyncRun,
  beforeMs: number,
  signal: AbortSignal,
): Promise<void> {
  const old = await rowsOf(
    warehouse,
    {
      sql: `SELECT run_id FROM ${TABLES.plans} WHERE committed_at IS NULL AND created_at < ${literal.time(warehouse.dialect, beforeMs)}`,
    },
    signal,
  );
  for (const runId of new Set([run.runId, ...old.map(([id]) => id ?? '')])) {
    await dropTables(warehouse, { runId }, signal);
    await warehouse.execute(
      { sql: `DELETE FROM ${TABLES.plans} WHERE run_id = ? AND committed_at IS NULL`, binds: [runId] },
      signal,
    );
  }
}
