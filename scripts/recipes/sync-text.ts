/** Runs and rows of syncs as people read them. */
import type {
  PlanSummary,
  RowCounts,
  RunRecord,
  SyncRowView,
} from '../../activities/warehouse/sync-contract.js';
import { ROW_VERDICTS } from '../../domain/sync-model.js';
import type { SyncProgress } from '../../workflows/sync-model/messages.js';
import { table } from './output.js';

/** What scripts read of a run: the record, with the counts that everybody asks for on top. */
export function reportOf(
  run: RunRecord,
): RunRecord & { readonly planned: number; readonly verdicts: RowCounts | null } {
  return { ...run, planned: run.plan?.plannedRows ?? 0, verdicts: run.totals?.verdicts ?? null };
}

export function runText(run: RunRecord): string {
  const { plan, totals } = run;
  const lines = [`run ${run.runId}: ${run.outcome}${run.problem === undefined ? '' : `, ${run.problem}`}`];
  if (plan !== undefined) lines.push(planText(plan));
  if (totals !== undefined && totals.planned > 0)
    lines.push(table(['verdict', 'rows'], countRows(totals.verdicts)));
  lines.push(`${String(run.calls)} calls, ${String(run.seconds)} s`);
  return lines.join('\n');
}

export function planText({ sourceRows, operations, unchangedRows, estimate, ...plan }: PlanSummary): string {
  const leftOut = plan.nullKeys + plan.duplicateKeys;
  const rows: readonly (readonly [string, number])[] = [
    ['rows of the model', sourceRows],
    ['new', operations.add],
    ['changed', operations.change],
    ['gone', operations.remove],
    ['due again', operations.retry],
    ['unchanged', unchangedRows],
    ['left out: no key, or one that several have', leftOut],
  ];
  const cells = rows.map(([what, count]) => [what, String(count)]);
  return [
    table(['plan', 'rows'], cells),
    `about ${String(estimate.calls)} calls, ${String(estimate.seconds)} s at the documented rate`,
  ].join('\n');
}

export function progressText(progress: SyncProgress): string {
  const { phase, plan, guards, lastProblem } = progress;
  const lines = [`run ${progress.runId}: ${phase}`];
  if (plan !== undefined) lines.push(planText(plan));
  if (guards.length > 0)
    lines.push('it waits for an approval because of', ...guards.map((guard) => `  ${guard}`));
  if (progress.loadedRows > 0)
    lines.push(table(['verdict', 'rows'], countRows(progress.verdicts)), barOf(progress));
  if (lastProblem !== undefined) lines.push(`last problem: ${lastProblem}`);
  return lines.join('\n');
}

const BAR_WIDTH = 24;

/** `loading [######..........] 37 %, 370,000 of 1,000,000 rows, 4,750 rows/s, 2 min left` */
export function barOf({ phase, plan, loadedRows, rowsPerSecond, etaSeconds }: SyncProgress): string {
  const planned = plan?.plannedRows ?? 0;
  if (planned === 0) return phase;
  const share = loadedRows / planned;
  const full = Math.round(share * BAR_WIDTH);
  const bar = '#'.repeat(full).padEnd(BAR_WIDTH, '.');
  return [
    `${phase} [${bar}] ${String(Math.floor(share * 100))} %`,
    `${grouped(loadedRows)} of ${grouped(planned)} rows`,
    `${grouped(rowsPerSecond)} rows/s`,
    ...(etaSeconds === undefined ? [] : [`${durationOf(etaSeconds)} left`]),
  ].join(', ');
}

const grouped = (value: number): string => value.toLocaleString('en');

function durationOf(seconds: number): string {
  return seconds < 120 ? `${String(seconds)} s` : `${String(Math.round(seconds / 60))} min`;
}

function countRows(counts: RowCounts): string[][] {
  return ROW_VERDICTS.filter((verdict) => counts[verdict] > 0).map((verdict) => [
    verdict,
    String(counts[verdict]),
  ]);
}

export function rowsText(rows: readonly SyncRowView[]): string {
  if (rows.length === 0) return 'no such row';
  return table(
    ['row (hash of its key)', 'verdict', 'reason', 'tries', 'at', 'tried again from'],
    rows.map(({ keyHash, verdict, reason, attempts, at, nextEligible }) => [
      keyHash,
      verdict,
      reason ?? '',
      String(attempts),
      at ?? '',
      nextEligible ?? '',
    ]),
  );
}

export function historyText(runs: readonly RunRecord[]): string {
  if (runs.length === 0) return 'no run yet';
  return table(
    ['run', 'started', 'outcome', 'planned', ...ROW_VERDICTS, 'calls', 's'],
    runs.map(({ runId, startedAt, outcome, plan, totals, calls, seconds }) => [
      runId,
      startedAt,
      outcome,
      String(plan?.plannedRows ?? ''),
      ...ROW_VERDICTS.map((verdict) => String(totals?.verdicts[verdict] ?? '')),
      String(calls),
      String(seconds),
    ]),
  );
}
