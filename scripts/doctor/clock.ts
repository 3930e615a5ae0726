/** Whether this machine's clock is right, by the header with which every provider tells the time. */
import { ok, wrong, type Finding } from './finding.js';

/** From here on `createdAt`, what counts as late, and which of two decisions is the later one are visibly off. */
const MOST_SKEW_MS = 60_000;

/** @param nowMs this machine's time when the answer came, ms since 1970 */
export function clockFinding(
  check: string,
  system: string,
  date: string | undefined,
  nowMs: number,
): Finding[] {
  const theirsMs = Date.parse(date ?? '');
  if (Number.isNaN(theirsMs)) return [];
  const skewSeconds = Math.round((nowMs - theirsMs) / 1000);
  if (Math.abs(skewSeconds) * 1000 <= MOST_SKEW_MS) return [ok(check, `agrees with that of ${system}`)];
  const direction = skewSeconds > 0 ? 'ahead of' : 'behind';
  return [
    wrong(check, `${Math.abs(skewSeconds)} s ${direction} that of ${system}`, [
      'set the clock of this machine; times of events come from it',
    ]),
  ];
}
