/** A frozen plan in numbers, and the proof that they fit together. */
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import type { Hasher } from '../../../domain/hasher.js';
import { estimateOf } from '../../../domain/sync/estimate.js';
import { typeConflicts } from '../../../domain/sync/field-types.js';
import { OPERATIONS, type Operation } from '../../../domain/sync-model.js';
import type { Warehouse } from '../engine.js';
import type { PlanSummary } from '../sync-contract.js';
import { rowOf, rowsOf } from './ask.js';
import { driftOf, sourceColumnsSchema, type SourceColumns } from './model-columns.js';
import { snapshotTable, TABLES } from './names.js';
import { quarantineSql, type PlanText } from './plan-sql.js';

export type PreparedPlan = PlanText & { readonly source: SourceColumns };

export interface SummaryDependencies {
  readonly hasher: Hasher;
  /** Types of the user fields at Iterable, by dotted path. */
  readonly iterableFieldTypes: () => Promise<Readonly<Record<string, string>>>;
}

const SAMPLE_PER_OPERATION = 3;

const operationSchema = z.enum(OPERATIONS);

export async function summarise(
  plan: PreparedPlan,
  deps: SummaryDependencies,
  signal: AbortSignal,
): Promise<PlanSummary> {
  const { warehouse, model } = plan;
  const source = await sourceCounts(plan, signal);
  if (source.nullKeys + source.duplicateKeys > 0) await warehouse.transact(quarantineSql(plan), signal);
  const { operations, plannedRows, bytes } = await operationCounts(plan, signal);
  const found = operations.add + operations.change + operations.retry;
  const sends = model.mode.kind === 'mirror' ? plannedRows : found;
  return {
    ...source,
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

type SourceCounts = Pick<PlanSummary, 'sourceRows' | 'knownRows' | 'nullKeys' | 'duplicateKeys'>;

async function sourceCounts(
  { warehouse, tables, model }: PlanText,
  signal: AbortSignal,
): Promise<SourceCounts> {
  const sql =
    `SELECT count(*), count(*) - count(row_key), ` +
    `(SELECT coalesce(sum(row_count), 0) FROM ${tables.duplicates}), ` +
    `(SELECT count(*) FROM ${snapshotTable(model.name)}) FROM ${tables.keys}`;
  const [rows = 0, nulls = 0, duplicates = 0, known = 0] = (await rowOf(warehouse, sql, signal)).map(Number);
  return { sourceRows: rows, knownRows: known, nullKeys: nulls, duplicateKeys: duplicates };
}

/**
 * @throws ApplicationFailure `unavailable`, retryable, when the model changed while it was read: a key twice in the plan,
 *   or numbers with gaps
 */
async function operationCounts(
  { warehouse, tables }: PlanText,
  signal: AbortSignal,
): Promise<{ operations: Record<Operation, number>; plannedRows: number; bytes: number }> {
  const sql =
    `SELECT operation, count(*), coalesce(sum(length(new_row)), 0), count(DISTINCT row_key), min(n), max(n) + 1 ` +
    `FROM ${tables.plan} GROUP BY operation`;
  const rows = await rowsOf(warehouse, sql, signal);
  const column = (at: number): number[] => rows.map((row) => Number(row[at]));
  const plannedRows = sum(column(1));
  const first = plannedRows === 0 ? 0 : Math.min(...column(4));
  if (sum(column(3)) !== plannedRows || Math.max(0, ...column(5)) !== plannedRows || first !== 0)
    throw ApplicationFailure.create({ type: 'unavailable', message: 'the model changed while it was read' });
  const count = (name: Operation): number => Number(rows.find(([operation]) => operation === name)?.[1] ?? 0);
  return {
    operations: {
      add: count('add'),
      change: count('change'),
      remove: count('remove'),
      retry: count('retry'),
    },
    plannedRows,
    bytes: sum(column(2)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
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
  const some = OPERATIONS.map(
    (operation) =>
      `SELECT operation, row_key FROM (SELECT operation, row_key FROM ${tables.plan} ` +
      `WHERE operation = '${operation}' ORDER BY n LIMIT ${SAMPLE_PER_OPERATION}) AS some_${operation}`,
  );
  const rows = await rowsOf(warehouse, some.join(' UNION ALL '), signal);
  return rows.map(([operation, key]) => ({
    operation: operationSchema.parse(operation),
    keyHash: keyHash(hasher, model.name, key ?? ''),
  }));
}

/** How a row is named outside of the warehouse. */
export function keyHash(hasher: Hasher, model: string, key: string): string {
  return hasher.text('sync-key', `${model}\0${key}`);
}
