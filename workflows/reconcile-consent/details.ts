/** The Markdown that operators read in the Temporal UI while a comparison runs or waits. Counts and hashes only. */
import type { ReconcileState } from './messages.js';

export function reconcileDetails({ phase, extracts, counts, breaker, sample }: ReconcileState): string {
  const { open, compared, lost } = extracts;
  const lines = [
    `**${phase}**: ${String(compared)} of ${String(open + compared + lost)} extracts compared, ${String(lost)} lost`,
    `- ${String(counts.rows)} rows, ${String(counts.unsubscribed)} say unsubscribed`,
    `- missed by push ${String(counts.missedByPush)}, missed by poll ${String(counts.missedByPoll)}, drifted in Iterable ${String(counts.drifted)}`,
    `- to opt out ${String(counts.toStart)}, started ${String(counts.started)}`,
  ];
  if (phase === 'awaiting-approval') {
    lines.push(...breaker.map((reason) => `- **breaker**: ${reason}`));
    lines.push(`- for example ${sample.join(', ')}`);
    lines.push('- to do: `npm run recipes -- consent reconcile approve`, or `reject --because <text>`');
  }
  return lines.join('\n');
}
