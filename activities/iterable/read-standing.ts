/** Whether marketing mail of ours can reach people in Iterable: what a comparison asks, without changing anything. */
import { ApplicationFailure } from '@temporalio/common';
import { OPT_OUT_COVERS } from '../../recipes/subscriptions.js';
import type { Rejected, Retry } from './answers.js';
import { startAttempt, type Attempt, type Tools } from './attempt.js';
import { nothingAchieved } from './failures.js';
import { judgeSubscriber } from './subscription-answers.js';
import { createSubscriptionIds, type SubscriptionIds } from './subscription-ids.js';
import { openTypes } from './subscription-writes.js';

/** `mailable`: of any type that an opt-out covers. Whom Iterable refuses to know counts as not there. */
export type IterableStanding = 'opted-out' | 'mailable' | 'not-in-iterable';

/**
 * For code that runs in an activity. One standing per address, in order.
 * @param emails normalised; some hundreds at most
 * @throws ApplicationFailure of type `unavailable`, `rate-limited` or `auth`, retryable, when one cannot be read
 */
export type ReadStanding = (emails: readonly string[]) => Promise<readonly IterableStanding[]>;

export function createReadStanding(tools: Tools): ReadStanding {
  const source = createSubscriptionIds();
  return async (emails) => {
    const attempt = startAttempt(tools);
    try {
      const ids = await source.current(attempt);
      if ('kind' in ids) throw unreadable([ids], attempt);
      const read = await attempt.runAll(emails.map((email) => () => standingOf(email, ids, attempt)));
      const open = read.filter((each) => typeof each !== 'string');
      if (open.length > 0) throw unreadable(open, attempt);
      return read.filter((each) => typeof each === 'string');
    } finally {
      attempt.end();
    }
  };
}

async function standingOf(
  email: string,
  ids: SubscriptionIds,
  attempt: Attempt,
): Promise<IterableStanding | Retry> {
  const read = await attempt.ask('getUserByEmail', { query: { email } }, judgeSubscriber);
  if (read.kind === 'retry') return read;
  if (read.kind !== 'found') return 'not-in-iterable';
  const open = openTypes({ email, change: 'opt-out', types: OPT_OUT_COVERS, ids }, read.found);
  return open.length === 0 ? 'opted-out' : 'mailable';
}

function unreadable(problems: readonly (Rejected | Retry)[], attempt: Attempt): ApplicationFailure {
  const retries = problems.filter((problem) => problem.kind === 'retry');
  if (retries.length > 0) return nothingAchieved(retries, attempt.random);
  return ApplicationFailure.create({
    type: 'rejected',
    message: 'Iterable refuses to tell its message types',
  });
}
