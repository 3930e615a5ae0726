/** The Markdown that operators read in the Temporal UI while a sync runs or waits for them. Counts and codes only. */
import type { PlanSummary } from '../../activities/warehouse/sync-contract.js';
import { describeRowReason } from '../../domain/sync/row-reasons.js';
import type { LoadState, SyncProgress } from './messages.js';

export function syncDetails(
  progress: SyncProgress,
  reasons: LoadState['reasons'],
  reminders: number,
): string {
  const { phase, plan, guards, verdicts, loadedRows, calls } = progress;
  const lines = [`**${progress.model}**, run \`${progress.runId}\`: **${phase}**`];
  if (plan !== undefined) lines.push(...planLines(plan));
  if (phase === 'awaiting-approval') {
    lines.push('', 'It waits for `approve` or `reject`:', ...guards.map((guard) => `- ${guard}`));
    if (reminders > 0) lines.push(`- reminded ${String(reminders)} times`);
    const sample = plan?.sample ?? [];
    if (sample.length > 0)
      lines.push(
        '',
        `Some rows: ${sample.map(({ operation, keyHash }) => `${operation} \`${keyHash}\``).join(', ')}`,
      );
  }
  if (loadedRows > 0) {
    const counts = Object.entries(verdicts).filter(([, count]) => count > 0);
    lines.push(
      '',
      `${String(loadedRows)} rows in ${String(calls)} calls: ${counts.map(([verdict, count]) => `${String(count)} ${verdict}`).join(', ')}`,
    );
    for (const [reason, count] of topOf(reasons))
      lines.push(`- ${String(count)} \`${reason}\`. ${describeRowReason(reason)}`);
  }
  if (progress.lastProblem !== undefined) lines.push('', `Last problem: ${progress.lastProblem}`);
  return lines.join('\n');
}

function planLines({ sourceRows, knownRows, operations, unchangedRows, estimate }: PlanSummary): string[] {
  return [
    '',
    `${String(sourceRows)} rows in the model, ${String(knownRows)} known: ${String(operations.add)} to add, ${String(operations.change)} to change, ${String(operations.remove)} gone, ${String(operations.retry)} due again, ${String(unchangedRows)} unchanged.`,
    `About ${String(estimate.calls)} calls, ${String(estimate.seconds)} s.`,
  ];
}

function topOf(reasons: LoadState['reasons']): [string, number][] {
  return Object.entries(reasons)
    .sort(([, left], [, right]) => right - left)
    .slice(0, 8);
}
