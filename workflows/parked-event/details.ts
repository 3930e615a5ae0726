/** The Markdown that operators read in the Temporal UI for a parked event. */
import { describeReason } from '../../domain/reasons.js';
import type { ParkedState } from './messages.js';

export function parkedDetails(state: ParkedState): string {
  const { meaning, fix } = describeReason(state.reason);
  const lines = [
    `**${state.status}** since ${state.since}, released ${String(state.releases)} times`,
    `- reason: \`${state.reason}\` (${state.class}). ${meaning}`,
  ];
  if (state.status === 'parked') lines.push(`- to do: ${fix}`);
  if (state.optIn !== undefined) lines.push('- its opt-in could not be requested');
  return lines.join('\n');
}
