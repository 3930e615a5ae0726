/** The run log, and what the commands ask of it and of the rows. */
import { z } from 'zod';
import { OPERATIONS, ROW_VERDICTS } from '../../../domain/sync-model.js';
import type { Cell, Warehouse } from '../engine.js';
import type { RunRecord, SyncQuestionActivities, SyncRowView } from '../sync-contract.js';
import { literal, rowsOf } from './ask.js';
import { snapshotTable, TABLES } from './names.js';
import { planSummarySchema, runTotalsSchema } from './plans.js';

const MOST_ROWS = 1_000;

/** One line per run: a repeat replaces it. */
export async function writeRun(warehouse: Warehouse, record: RunRecord, signal: AbortSignal): Promise<void> {
  const { dialect } = warehouse;
  const text = (value: string | undefined): string => literal.text(dialect, value);
  const time = (iso: string): string => literal.time(dialect, Date.parse(iso));
  const { verdicts } = record.totals ?? {};
  const number = (value: number | undefined): string => (value === undefined ? 'NULL' : String(value));
  const columns =
    'run_id, model, started_at, ended_at, outcome, source_rows, planned, delivered, unchanged, skipped, rejected, ' +
    'not_sent, in_doubt, calls, seconds, problem, record';
  const values = [
    text(record.runId),
    text(record.model),
    time(record.startedAt),
    time(record.endedAt),
    text(record.outcome),
    number(record.plan?.sourceRows),
    number(record.plan?.plannedRows),
    number(verdicts?.delivered),
    number(verdicts?.unchanged),
    number(verdicts?.skipped),
    number(verdicts?.rejected),
    number(verdicts?.retry),
    number(verdicts?.unknown),
    number(record.calls),
    number(record.seconds),
    text(record.problem),
    text(JSON.stringify(record)),
  ];
  await warehouse.transact(
    [
      `DELETE FROM ${TABLES.runs} WHERE run_id = ${text(record.runId)}`,
      `INSERT INTO ${TABLES.runs} (${columns}) SELECT ${values.join(', ')}`,
    ],
    signal,
  );
}

const recordSchema = z
  .object({
    runId: z.string(),
    model: z.string(),
    startedAt: z.string(),
    endedAt: z.string(),
    outcome: z.enum(['done', 'rejected', 'timed-out', 'cancelled', 'failed']),
    plan: planSummarySchema.optional(),
    totals: runTotalsSchema.optional(),
    calls: z.number(),
    seconds: z.number(),
    problem: z.string().optional(),
  })
  .transform(({ plan, totals, problem, ...rest }): RunRecord => ({ ...rest, plan, totals, problem }));

export async function readRuns(
  warehouse: Warehouse,
  model: string,
  limit: number,
  signal: AbortSignal,
): Promise<readonly RunRecord[]> {
  const sql = `SELECT record FROM ${TABLES.runs} WHERE model = ? ORDER BY started_at DESC, run_id LIMIT ${most(limit)}`;
  const rows = await rowsOf(warehouse, { sql, binds: [model] }, signal);
  return rows.map(([record]) => recordSchema.parse(JSON.parse(record ?? '')));
}

type Question = Parameters<SyncQuestionActivities['syncRows']>[0];

/** @param hashOf names a row by its key */
export async function readRows(
  warehouse: Warehouse,
  question: Question,
  hashOf: (key: string) => string,
  signal: AbortSignal,
): Promise<readonly SyncRowView[]> {
  const { sql, binds } =
    question.runId === undefined
      ? presentRows(warehouse, question)
      : rowsOfRun(warehouse, question, question.runId);
  return (await rowsOf(warehouse, { sql, binds }, signal)).map((row) => viewOf(row, hashOf));
}

interface Asked {
  readonly sql: string;
  readonly binds: readonly Cell[];
}

function presentRows({ dialect }: Warehouse, { model, verdict, limit }: Question): Asked {
  return {
    sql:
      `SELECT row_key, last_verdict, reason, attempts, ${dialect.isoText('sent_at')}, ` +
      `${dialect.isoText('next_eligible')}, NULL FROM ${snapshotTable(model)} ` +
      `${verdict === undefined ? '' : 'WHERE last_verdict = ? '}ORDER BY attempts DESC, row_key LIMIT ${most(limit)}`,
    binds: verdict === undefined ? [] : [verdict],
  };
}

function rowsOfRun({ dialect }: Warehouse, { model, verdict, limit }: Question, runId: string): Asked {
  return {
    sql:
      `SELECT row_key, verdict, reason, attempts, ${dialect.isoText('settled_at')}, NULL, operation ` +
      `FROM ${TABLES.rows} WHERE run_id = ? AND model = ? ` +
      `${verdict === undefined ? '' : 'AND verdict = ? '}ORDER BY n LIMIT ${most(limit)}`,
    binds: [runId, model, ...(verdict === undefined ? [] : [verdict])],
  };
}

const most = (limit: number): number => Math.min(Math.max(1, Math.trunc(limit)), MOST_ROWS);

const verdictSchema = z.enum(ROW_VERDICTS);
const operationSchema = z.enum(OPERATIONS);

function viewOf(
  [key, verdict, reason, attempts, at, nextEligible, operation]: readonly (Cell | undefined)[],
  hashOf: (key: string) => string,
): SyncRowView {
  return {
    keyHash: hashOf(key ?? ''),
    verdict: verdictSchema.parse(verdict),
    reason: reason ?? undefined,
    attempts: Number(attempts ?? 0),
    at: at ?? undefined,
    nextEligible: nextEligible ?? undefined,
    operation: operation == null ? undefined : operationSchema.parse(operation),
  };
}
