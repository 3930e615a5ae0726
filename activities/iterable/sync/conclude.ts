/** How an attempt ends that something kept from its end. */
import type { Retry } from '../answers.js';
import type { Attempt } from '../attempt.js';
import { nothingAchieved, throwIfCancelled } from '../failures.js';

/** @throws what makes Temporal try again, or the cancellation. Whatever was settled is in the ledger. */
export function conclude(stopped: Retry | undefined, attempt: Attempt): void {
  if (stopped === undefined) return;
  throwIfCancelled();
  throw nothingAchieved([stopped], attempt.random);
}
