/**
 * Opt-ins of delivered events: handed to `personConsent`, which decides. Beside the delivery, which they neither hold
 * up nor undo: an event is delivered whatever becomes of its opt-in.
 */
import { ActivityFailure, CancellationScope, patched, proxyActivities } from '@temporalio/workflow';
import type { ConsentActivities } from '../../activities/consent/contract.js';
import type { AcceptedEvent } from '../../domain/product-event.js';
import { HORIZON_MS } from './delivery.js';

const { requestOptIns } = proxyActivities<ConsentActivities>({
  taskQueue: 'iterable',
  scheduleToCloseTimeout: HORIZON_MS,
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
  priority: { priorityKey: 1 },
  summary: 'request opt-ins',
});

/**
 * Asks for the opt-ins among these events, for up to 76 h. A cancelled workflow asks on: what it has delivered stays
 * delivered. Runs that began before there were opt-ins take no step here.
 * @returns ids of the events whose opt-in could not be requested; fails never
 */
export async function askForOptIns(delivered: readonly AcceptedEvent[]): Promise<readonly string[]> {
  const wanting = delivered.filter(({ fields }) => fields.opt_in === true);
  if (wanting.length === 0 || !patched('request-opt-ins')) return [];
  try {
    await CancellationScope.nonCancellable(() => requestOptIns(wanting));
    return [];
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return wanting.map(({ eventId }) => eventId);
  }
}
