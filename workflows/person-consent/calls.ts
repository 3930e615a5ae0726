/** What `personConsent` asks of the outside. Patience is Temporal's: retries grow no history. */
import {
  ActivityCancellationType,
  ActivityFailure,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import type {
  ConsentItem,
  ConsentSettings,
  ConsentVerdict,
  IterableConsentActivities,
} from '../../activities/iterable/consent-contract.js';
import type { MarketoActivities, MarketoStanding } from '../../activities/marketo/contract.js';
import type { ConsentLogActivities } from '../../activities/warehouse/contract.js';
import type { ConsentRecord } from '../../domain/consent.js';
import type { Reason } from '../../domain/reasons.js';
import { workflowNow } from '../shared/clock.js';

/** Even past its deadline a request is tried for so long: the workers themselves may have been down. */
const AT_LEAST_MS = 10 * 60_000;
const retry = { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '5 minutes' } as const;
/** Before events and syncs. */
const priority = { priorityKey: 1 };

/** No answer within the time, or one that no repeat will change. */
export interface NoAnswer {
  readonly kind: 'no-answer';
  readonly reason: Reason;
}

const untilMs = (deadlineMs: number): number => Math.max(deadlineMs - workflowNow(), 0) + AT_LEAST_MS;

export function readSettings(): Promise<ConsentSettings> {
  const { consentSettings } = proxyActivities<IterableConsentActivities>({
    taskQueue: 'iterable',
    startToCloseTimeout: '10 seconds',
    retry,
    priority,
    summary: 'settings of consent',
  });
  return consentSettings();
}

/** What became of one item, answered or not. */
export interface Applied extends Pick<ConsentVerdict, 'verdict' | 'atMs'> {
  /** Iterable has accepted a write, or may have. */
  readonly mayHaveWritten: boolean;
}

/** A cancellation waits for the attempt under way: what it writes is written before anything else of ours is. */
export async function applyOne(item: ConsentItem, deadlineMs: number): Promise<Applied> {
  const { applyConsent } = proxyActivities<IterableConsentActivities>({
    taskQueue: 'iterable',
    scheduleToCloseTimeout: untilMs(deadlineMs),
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: '10 seconds',
    retry,
    priority,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: item.verifies === undefined ? item.change : `${item.change}: verify`,
  });
  const verdicts = await answered(applyConsent([item]));
  if ('kind' in verdicts) return unanswered(verdicts);
  const [{ verdict, atMs } = unanswered({ kind: 'no-answer', reason: 'request-refused' })] = verdicts;
  return { verdict, atMs, mayHaveWritten: verdict.kind === 'delivered' };
}

function unanswered({ reason }: NoAnswer): Applied {
  return {
    verdict: { kind: 'rejected', reason, class: 'rejected' },
    atMs: workflowNow(),
    mayHaveWritten: true,
  };
}

export async function askMarketo(
  person: { readonly personHash: string; readonly email: string },
  deadlineMs: number,
): Promise<MarketoStanding['standing'] | NoAnswer> {
  const { marketoStanding } = proxyActivities<MarketoActivities>({
    taskQueue: 'marketo',
    scheduleToCloseTimeout: untilMs(deadlineMs),
    startToCloseTimeout: '2 minutes',
    retry,
    priority,
    cancellationType: ActivityCancellationType.TRY_CANCEL, // a read: nobody has to wait for its end
    summary: 'standing in Marketo',
  });
  const standings = await answered(marketoStanding([person]));
  return 'kind' in standings
    ? standings
    : (standings[0]?.standing ?? { kind: 'no-answer', reason: 'request-refused' });
}

/** Whether the records are in the log now. Appending them again would do no harm. */
export async function appendToLog(records: readonly ConsentRecord[]): Promise<boolean> {
  const { appendConsentLog } = proxyActivities<ConsentLogActivities>({
    taskQueue: 'warehouse',
    scheduleToCloseTimeout: '76 hours',
    startToCloseTimeout: '1 minute',
    retry,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    summary: `log ${String(records.length)} records`,
  });
  try {
    await appendConsentLog(records);
    return true;
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    return false;
  }
}

async function answered<T>(call: Promise<T>): Promise<T | NoAnswer> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    return {
      kind: 'no-answer',
      reason: error.retryState === 'NON_RETRYABLE_FAILURE' ? 'request-refused' : 'gave-up',
    };
  }
}
