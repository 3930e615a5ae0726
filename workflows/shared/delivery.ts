/**
 * Delivering events until each one is settled: rounds of `deliverEvents` with durable waits between them.
 * `forwardEvents` and the release of a parked event share it, so that a single event is a batch of one.
 */
import { ActivityFailure, isCancellation, proxyActivities, sleep } from '@temporalio/workflow';
import type { DeliveryItem, ItemVerdict, IterableActivities } from '../../activities/iterable/contract.js';
import type { AcceptedEvent } from '../../domain/product-event.js';
import type { Reason } from '../../domain/reasons.js';
import { assertNever, type FailureClass, type Verdict } from '../../domain/verdict.js';
import type { EventOutcome, OpenEvent } from '../forward-events/messages.js';
import { workflowNow } from './clock.js';

/** Nothing is given up before this: it outlasts a long weekend. */
export const HORIZON_HOURS = 76;
const HOUR_MS = 3_600_000;
export const HORIZON_MS = HORIZON_HOURS * HOUR_MS;

const LONGEST_WAIT_MS = HOUR_MS;
/** The longest wait between two attempts of one activity, with its jitter. */
const LAST_WAIT_MS = 7 * 60_000;
/** Events that are due within this of each other go in one round. */
const SAME_ROUND_MS = 5_000;

export interface Progress {
  readonly open: readonly OpenEvent[];
  readonly outcomes: readonly EventOutcome[];
  /** Why the last event that is still open was not settled. */
  readonly lastProblem?: Reason;
}

/** All events open and due now. */
export function startOf(events: readonly AcceptedEvent[]): Progress {
  const open = events.map(({ eventId }) => ({ eventId, tries: 0, notBeforeMs: 0 }));
  return { open, outcomes: [] };
}

/** Waits until the next events are due, delivers them once, and says where that leaves everything. */
export async function deliverNextRound(
  events: readonly AcceptedEvent[],
  progress: Progress,
  deadlineMs: number,
): Promise<Progress> {
  const nextMs = Math.min(...progress.open.map(({ notBeforeMs }) => notBeforeMs), deadlineMs);
  const waitMs = nextMs - workflowNow();
  if (waitMs > 0)
    await sleep(waitMs, { summary: `next attempt for ${progress.open.length} of ${events.length}` });

  // At the deadline everything is due, and `attempt` gives up on it.
  const dueUntilMs = nextMs === deadlineMs ? Infinity : nextMs + SAME_ROUND_MS;
  const due = progress.open.filter(({ notBeforeMs }) => notBeforeMs <= dueUntilMs);
  return afterRound(progress, due, await attempt(itemsOf(events, due), deadlineMs));
}

function itemsOf(events: readonly AcceptedEvent[], due: readonly OpenEvent[]): DeliveryItem[] {
  const byId = new Map(due.map((item) => [item.eventId, item]));
  return events.flatMap((event) => {
    const item = byId.get(event.eventId);
    if (item === undefined) return [];
    const { profileWrittenAtMs } = item;
    return [profileWrittenAtMs === undefined ? { event } : { event, profileWrittenAtMs }];
  });
}

/** One activity. Temporal retries it, without growing the history, for as long as nothing at all gets through. */
async function attempt(items: readonly DeliveryItem[], deadlineMs: number): Promise<readonly ItemVerdict[]> {
  const remainingMs = deadlineMs - workflowNow();
  if (remainingMs <= 0) return items.map(gaveUp);
  const { deliverEvents } = proxyActivities<IterableActivities>({
    taskQueue: 'iterable',
    // A retry that would come after this fails the activity at once: leave room for the longest wait.
    scheduleToCloseTimeout: remainingMs + LAST_WAIT_MS,
    startToCloseTimeout: '5 minutes',
    heartbeatTimeout: '10 seconds',
    retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '5 minutes' },
    priority: { priorityKey: 3 },
    summary: `deliver ${String(items.length)} product events`,
  });
  try {
    return await deliverEvents(items);
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    return items.map(error.retryState === 'NON_RETRYABLE_FAILURE' ? refused : gaveUp);
  }
}

const reject =
  (reason: Reason, failureClass: FailureClass) =>
  ({ event }: DeliveryItem): ItemVerdict => ({
    eventId: event.eventId,
    verdict: { kind: 'rejected', reason, class: failureClass },
  });
const gaveUp = reject('gave-up', 'unavailable');
const refused = reject('request-refused', 'rejected');

function afterRound(before: Progress, due: readonly OpenEvent[], verdicts: readonly ItemVerdict[]): Progress {
  const tried = new Map(due.map((item) => [item.eventId, item]));
  const open = before.open.filter(({ eventId }) => !tried.has(eventId));
  const outcomes = [...before.outcomes];
  let lastProblem = before.lastProblem;
  for (const { eventId, verdict, profileWrittenAtMs } of verdicts) {
    const outcome = outcomeOf(eventId, verdict);
    if (outcome !== undefined) {
      outcomes.push(outcome);
      continue;
    }
    const tries = (tried.get(eventId)?.tries ?? 0) + 1;
    const notBeforeMs = workflowNow() + waitMs(verdict, tries);
    open.push({
      eventId,
      tries,
      notBeforeMs,
      ...(profileWrittenAtMs === undefined ? {} : { profileWrittenAtMs }),
    });
    if ('reason' in verdict) lastProblem = verdict.reason;
  }
  return lastProblem === undefined ? { open, outcomes } : { open, outcomes, lastProblem };
}

/** The outcome that a verdict decides, or nothing while another attempt may still change it. */
function outcomeOf(eventId: string, verdict: Verdict): EventOutcome | undefined {
  switch (verdict.kind) {
    case 'delivered':
    case 'unchanged':
      return { eventId, status: 'delivered' };
    case 'rejected':
      return { eventId, status: 'parked', reason: verdict.reason, class: verdict.class };
    case 'skipped':
      return { eventId, status: 'parked', reason: verdict.reason, class: 'expected' };
    case 'retry':
    case 'unknown': // sent again: the event's id makes that harmless
      return undefined;
    default:
      return assertNever(verdict);
  }
}

/** The wait the verdict asks for, doubled with each try: a profile that takes an hour to appear costs few attempts. */
function waitMs(verdict: Verdict, tries: number): number {
  const askedMs = verdict.kind === 'retry' ? verdict.afterMs : 1_000;
  return Math.min(askedMs * 2 ** (tries - 1), LONGEST_WAIT_MS);
}
