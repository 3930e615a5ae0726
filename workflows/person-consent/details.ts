/** The Markdown that operators read in the Temporal UI about one person's requests. Codes and times only. */
import { describeReason } from '../../domain/reasons.js';
import type { ConsentState } from './messages.js';

/** Temporal keeps 20,000 bytes. */
const MOST_LINES = 50;

export function consentDetails({ standing, pending, recent, unlogged }: ConsentState): string {
  const lines = [`**${standing}**, ${String(pending.length)} pending, ${String(unlogged)} not logged yet`];
  for (const { change, source, decidedBySource, status, lastProblem } of pending.slice(0, MOST_LINES)) {
    const problem = lastProblem === undefined ? '' : `, last problem \`${lastProblem}\``;
    lines.push(`- ${change} (${source}, ${decidedBySource}): ${status}${problem}`);
  }
  for (const { change, source, outcome, reason, decidedAtMs } of [...recent].reverse()) {
    const why = reason === null ? '' : ` (\`${reason}\`)`;
    lines.push(`- ${change} (${source}): **${outcome}**${why} at ${new Date(decidedAtMs).toISOString()}`);
  }
  const failed = recent.findLast(({ outcome }) => outcome === 'failed');
  if (failed?.reason != null) lines.push(`- to do: ${describeReason(failed.reason).fix}`);
  return lines.join('\n');
}
