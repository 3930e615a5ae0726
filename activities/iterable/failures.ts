/** How an attempt fails that cannot return its verdicts. Temporal tries again, without growing the history. */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { ALERTING, type FailureClass } from '../../domain/verdict.js';
import type { Retry } from './answers.js';

export { throwIfCancelled } from '../shared/cancellation.js';

/** The class that says most about what to do names the failure. */
const ORDER: readonly FailureClass[] = ['auth', 'unavailable', 'rate-limited'];
/** The next attempt comes up to so much later than asked, so that many batches do not come back at once. */
const SPREAD = 0.25;

/**
 * @param retries one per item, at least one
 * @param random 0 to 1, spreads the next attempt
 * @returns retryable after the longest wait asked for; its message has counts and reason codes only. What needs
 *   nobody's attention is benign: logged at debug level, no error in the SDK's metrics.
 */
export function nothingAchieved(retries: readonly Retry[], random: number): ApplicationFailure {
  const waitMs = Math.round(Math.max(...retries.map(({ afterMs }) => afterMs)) * (1 + SPREAD * random));
  const type = ORDER.find((name) => retries.some((retry) => retry.class === name)) ?? 'unavailable';
  const counts = new Map<string, number>();
  for (const { reason } of retries) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ');
  return ApplicationFailure.create({
    type,
    message: `none of ${retries.length} got through: ${reasons}; next attempt in ${Math.ceil(waitMs / 1000)} s`,
    nextRetryDelay: waitMs,
    ...(ALERTING.has(type) ? {} : { category: ApplicationFailureCategory.BENIGN }),
  });
}
