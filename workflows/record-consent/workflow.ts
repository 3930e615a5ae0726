/**
 * Carries records to the consent log that come without a person: the lead has gone, or has no address. Whoever found
 * them goes on once this is started; the log may be down for days.
 */
import { proxyActivities, upsertSearchAttributes } from '@temporalio/workflow';
import type { ConsentLogActivities } from '../../activities/warehouse/contract.js';
import { searchAttributes } from '../shared/search-attributes.js';
import type { RecordConsentInput } from './messages.js';

const { appendConsentLog } = proxyActivities<ConsentLogActivities>({
  taskQueue: 'warehouse',
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout: '365 days',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
  summary: 'append to the consent log',
});

export async function recordConsent({ records }: RecordConsentInput): Promise<void> {
  await appendConsentLog(records);
  upsertSearchAttributes([{ key: searchAttributes.outcome, value: 'delivered' }]);
}
