/**
 * Moves the snapshot by what is confirmed: what Iterable took becomes the state, what it refused or does not have is
 * remembered with the time of the next try, what is in doubt is due at once, and what was not sent changes nothing.
 */
import { ApplicationFailure } from '@temporalio/common';
import { dueAfterAbsence, dueAfterRefusal } from '../../../domain/sync/retries.js';
import { ROW_VERDICTS, type RowVerdict, type SyncModel } from '../../../domain/sync-model.js';
import type { Warehouse } from '../engine.js';
import type { RunTotals, SyncRun } from '../sync-contract.js';
import { literal, rowsOf } from './ask.js';
import { runTables, snapshotTable, TABLES, type RunTables } from './names.js';
import { REMOVED } from './plan-sql.js';
import { dropTables, requirePlan, type RegisteredPlan } from './plans.js';
import { verdictsSql } from './sync-store.js';

interface Commit {
  readonly warehouse: Warehouse;
  readonly model: SyncModel;
  readonly run: SyncRun;
  readonly tables: RunTables;
  readonly plan: RegisteredPlan;
  readonly nowMs: number;
}

export async function commitPlan(
  warehouse: Warehouse,
  model: SyncModel,
  { run, nowMs }: { readonly run: SyncRun; readonly nowMs: number },
  signal: AbortSignal,
): Promise<RunTotals> {
  const plan = await requirePlan(warehouse, run, signal);
  if (plan.totals !== undefined) {
    await dropTables(warehouse, run, signal);
    return plan.totals;
  }
  const commit: Commit = { warehouse, model, run, tables: runTables(run), plan, nowMs };
  await warehouse.execute({ sql: outcomeSql(commit) }, signal);
  const totals = await totalsOf(commit, plan.summary.plannedRows, signal);
  await warehouse.transact(commitSql(commit, totals), signal);
  await dropTables(warehouse, run, signal);
  return totals;
}

/** One line per planned row; a row without a verdict was not sent. */
function outcomeSql({ tables }: Commit): string {
  return (
    `CREATE OR REPLACE TABLE ${tables.outcome} AS SELECT plan.n AS n, plan.row_key AS row_key, ` +
    `plan.operation AS operation, coalesce(settled.verdict, 'retry') AS verdict, ` +
    `CASE WHEN settled.verdict IS NULL THEN 'not-sent' ELSE settled.reason END AS reason, ` +
    `CASE WHEN settled.verdict IN ('rejected', 'skipped') THEN ` +
    `CASE WHEN plan.last_verdict = settled.verdict ` +
    `AND (settled.verdict = 'skipped' OR plan.operation IN ('retry', 'remove')) THEN plan.attempts + 1 ELSE 1 END ` +
    `WHEN settled.verdict = 'unknown' THEN plan.attempts ELSE 0 END AS attempts ` +
    `FROM ${tables.plan} AS plan LEFT JOIN (${verdictsSql(tables.ledger)}) AS settled ON settled.n = plan.n`
  );
}

/** @throws ApplicationFailure `plan-lost` when there are not as many verdicts as the plan has rows */
async function totalsOf(
  { warehouse, tables }: Commit,
  planned: number,
  signal: AbortSignal,
): Promise<RunTotals> {
  const sql = `SELECT verdict, count(*) FROM ${tables.outcome} GROUP BY verdict`;
  const counts = new Map(
    await rowsOf(warehouse, sql, signal).then((rows) => rows.map(([name, count]) => [name, Number(count)])),
  );
  const of = (verdict: RowVerdict): number => counts.get(verdict) ?? 0;
  const verdicts = {
    delivered: of('delivered'),
    unchanged: of('unchanged'),
    skipped: of('skipped'),
    rejected: of('rejected'),
    retry: of('retry'),
    unknown: of('unknown'),
  };
  const sum = ROW_VERDICTS.reduce((total, verdict) => total + verdicts[verdict], 0);
  if (sum === planned) return { planned, verdicts };
  throw ApplicationFailure.nonRetryable(`${sum} verdicts on ${planned} planned rows`, 'plan-lost');
}

/** All or nothing; a repeat gives the same state, because everything is taken from the plan. */
function commitSql(commit: Commit, totals: RunTotals): readonly string[] {
  const { warehouse, model, run, tables, nowMs, plan } = commit;
  const { dialect } = warehouse;
  const snapshot = snapshotTable(model.name);
  const [runId, name, now] = [
    dialect.text(run.runId),
    dialect.text(model.name),
    literal.time(dialect, nowMs),
  ];
  return [
    `DELETE FROM ${snapshot} WHERE row_key IN (SELECT row_key FROM ${tables.outcome} WHERE verdict <> 'retry')`,
    snapshotSql(commit),
    forgetSql(tables, snapshot),
    `UPDATE ${snapshot} SET raw_hash = same_raw_hash FROM ${tables.same} WHERE same_key = row_key AND tried_hash IS NULL`,
    `DELETE FROM ${TABLES.rows} WHERE run_id = ${runId}`,
    `INSERT INTO ${TABLES.rows} (run_id, model, n, row_key, operation, verdict, reason, attempts, settled_at) ` +
      `SELECT ${runId}, ${name}, n, row_key, operation, verdict, reason, attempts, ${now} FROM ${tables.outcome}`,
    `DELETE FROM ${TABLES.models} WHERE model = ${name}`,
    `INSERT INTO ${TABLES.models} (model, source_columns, run_id, changed_at) ` +
      `SELECT ${name}, ${dialect.text(JSON.stringify(plan.sourceColumns))}, ${runId}, ${now}`,
    `UPDATE ${TABLES.plans} SET committed_at = ${now}, totals = ${dialect.text(JSON.stringify(totals))} WHERE run_id = ${runId}`,
  ];
}

/**
 * - taken (delivered, unchanged): the new row, nothing left to try
 * - skipped: Iterable has nothing of the row; it is sent whole when it is due
 * - refused, in doubt: the old row stays, with what was tried
 */
function snapshotSql({ warehouse, model, tables, nowMs }: Commit): string {
  const { dialect } = warehouse;
  const now = literal.time(dialect, nowMs);
  const taken = `outcome.verdict IN ('delivered', 'unchanged')`;
  const state = (fresh: string, old: string): string =>
    `CASE WHEN ${taken} THEN ${fresh} WHEN outcome.verdict <> 'skipped' THEN ${old} END`;
  // Whoever may have arrived has to be found again.
  const inDoubt = (old: string, fresh: string): string =>
    `coalesce(${old}, CASE WHEN outcome.verdict = 'unknown' THEN ${fresh} END)`;
  return (
    `INSERT INTO ${snapshotTable(model.name)} (row_key, email, row_hash, raw_hash, stored_row, columns_id, ` +
    `last_verdict, reason, attempts, next_eligible, tried_hash, sent_at, first_seen) ` +
    `SELECT plan.row_key, ${state('plan.new_email', inDoubt('plan.old_email', 'plan.new_email'))}, ` +
    `${state('plan.new_hash', 'plan.old_hash')}, ${state('plan.new_raw_hash', 'plan.old_raw_hash')}, ` +
    `${state('plan.new_row', 'plan.old_row')}, ${state('plan.new_columns', 'plan.old_columns')}, ` +
    `outcome.verdict, outcome.reason, outcome.attempts, ${nextTrySql(dialect, model, nowMs)}, ` +
    `CASE WHEN ${taken} THEN NULL WHEN plan.operation = 'remove' THEN '${REMOVED}' ELSE plan.new_hash END, ` +
    `CASE WHEN outcome.verdict = 'delivered' THEN ${now} ELSE plan.sent_at END, coalesce(plan.first_seen, ${now}) ` +
    `FROM ${tables.plan} AS plan JOIN ${tables.outcome} AS outcome ON outcome.n = plan.n ` +
    `WHERE outcome.verdict <> 'retry' ` +
    `AND NOT (plan.operation = 'remove' AND outcome.verdict IN ('delivered', 'unchanged', 'skipped'))`
  );
}

/** NULL for rows that are settled, and for those that are given up. */
function nextTrySql(dialect: Warehouse['dialect'], { retries }: SyncModel, nowMs: number): string {
  const tries = retries.waitHours.map((_, index) => index + 1);
  const after = (dueMs: (attempts: number) => number | undefined): string =>
    tries
      .map((attempts) => `WHEN outcome.attempts = ${attempts} THEN ${literal.time(dialect, dueMs(attempts))}`)
      .join(' ');
  const late = literal.time(dialect, dueAfterAbsence(retries, tries.length + 1, nowMs));
  const never = literal.time(dialect, undefined);
  const chosen = (branches: string, otherwise: string): string =>
    branches === '' ? otherwise : `CASE ${branches} ELSE ${otherwise} END`;
  return (
    `CASE WHEN outcome.verdict = 'unknown' THEN ${literal.time(dialect, nowMs)} ` +
    `WHEN outcome.verdict = 'rejected' THEN ${chosen(
      after((n) => dueAfterRefusal(retries, n, nowMs)),
      never,
    )} ` +
    `WHEN outcome.verdict = 'skipped' THEN ${chosen(
      after((n) => dueAfterAbsence(retries, n, nowMs)),
      late,
    )} ` +
    `ELSE ${never} END`
  );
}

/** Rows that the model no longer has and of which Iterable never had anything. */
function forgetSql(tables: RunTables, snapshot: string): string {
  return (
    `DELETE FROM ${snapshot} WHERE row_hash IS NULL AND last_verdict <> 'unknown' ` +
    `AND row_key NOT IN (SELECT row_key FROM ${tables.keys} WHERE row_key IS NOT NULL)`
  );
}
