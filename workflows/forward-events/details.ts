/** The Markdown that operators read in the Temporal UI while events are on their way. Counts and codes only. */
import { describeReason } from '../../domain/reasons.js';
import type { Progress } from '../shared/delivery.js';

export function progressDetails(total: number, { open, outcomes, lastProblem }: Progress): string {
  const parked = outcomes.flatMap((outcome) => (outcome.status === 'parked' ? [outcome.reason] : []));
  const lines = [
    `**${String(outcomes.length - parked.length)}** delivered, **${String(parked.length)}** parked, **${String(open.length)}** waiting, of ${String(total)}`,
  ];
  for (const reason of new Set(parked)) {
    const count = parked.filter((other) => other === reason).length;
    lines.push(`- parked ${String(count)}: \`${reason}\`. ${describeReason(reason).fix}`);
  }
  const notRequested = outcomes.filter((outcome) => outcome.status === 'delivered' && outcome.optIn);
  if (notRequested.length > 0) {
    lines.push(`- opt-ins that could not be requested: ${String(notRequested.length)}`);
  }
  if (lastProblem !== undefined && open.length > 0) {
    const nextMs = Math.min(...open.map(({ notBeforeMs }) => notBeforeMs));
    lines.push(`- last problem: \`${lastProblem}\`. Next attempt ${new Date(nextMs).toISOString()}`);
  }
  return lines.join('\n');
}
