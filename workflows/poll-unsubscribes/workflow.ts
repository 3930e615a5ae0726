/**
 * Reads what is new in Marketo until it has caught up, and hands every unsubscribe to `personConsent`. A schedule starts
 * it again and again; each run begins where the last one that ended well has ended. A run that fails loses nothing.
 */
import {
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { FeedCursor, MarketoActivities, PollCursor } from '../../activities/marketo/contract.js';
import { addCounts, NO_COUNTS } from '../../domain/poll-counts.js';
import { searchAttributes } from '../shared/search-attributes.js';
import { pollDetails } from './details.js';
import { UNSUBSCRIBES_RECIPE, type PollUnsubscribesInput, type PollUnsubscribesResult } from './messages.js';

const { followUnsubscribes } = proxyActivities<MarketoActivities>({
  taskQueue: 'marketo',
  // An outage or a used-up quota may last a day: the run waits, and those that would follow are skipped meanwhile.
  scheduleToCloseTimeout: '7 days',
  startToCloseTimeout: '20 minutes',
  heartbeatTimeout: '10 seconds', // after so long a killed worker is noticed, and another one goes on
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '5 minutes' },
  priority: { priorityKey: 1 },
  summary: 'follow unsubscribes in Marketo',
});

export async function pollUnsubscribes(input: PollUnsubscribesInput): Promise<PollUnsubscribesResult> {
  upsertSearchAttributes([
    { key: searchAttributes.recipe, value: UNSUBSCRIBES_RECIPE },
    { key: searchAttributes.environment, value: input.environment },
    { key: searchAttributes.outcome, value: 'accepted' },
  ]);
  let cursor = input.resumed?.cursor ?? cursorIn(workflowInfo().lastResult);
  let counts = input.resumed?.counts ?? NO_COUNTS;
  for (;;) {
    const step = await followUnsubscribes(cursor);
    cursor = step.cursor;
    counts = addCounts(counts, step.counts);
    const result: PollUnsubscribesResult = { cursor, counts };
    setCurrentDetails(pollDetails(result, step.isCaughtUp));
    if (step.isCaughtUp) {
      upsertSearchAttributes([
        { key: searchAttributes.outcome, value: counts.started > 0 ? 'delivered' : 'unchanged' },
      ]);
      return result;
    }
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof pollUnsubscribes>({ ...input, resumed: result });
  }
}

/**
 * The cursor of the run before, or none where there was no run or it was one of a release that kept other cursors:
 * the poll then begins a day ago.
 */
function cursorIn(result: unknown): PollCursor | undefined {
  if (typeof result !== 'object' || result === null || !('cursor' in result)) return undefined;
  return isCursor(result.cursor) ? result.cursor : undefined;
}

function isCursor(value: unknown): value is PollCursor {
  return (
    typeof value === 'object' &&
    value !== null &&
    'changes' in value &&
    isFeed(value.changes) &&
    'activities' in value &&
    isFeed(value.activities) &&
    'sweptAtMs' in value &&
    typeof value.sweptAtMs === 'number' &&
    'seen' in value &&
    Array.isArray(value.seen) &&
    'recent' in value &&
    Array.isArray(value.recent)
  );
}

function isFeed(value: unknown): value is FeedCursor {
  return (
    typeof value === 'object' && value !== null && 'sinceMs' in value && typeof value.sinceMs === 'number'
  );
}
