/** The activities of a sync, with the patience that each one deserves. */
import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type {
  SyncLoadActivities,
  SyncSettings,
  SyncWarehouseActivities,
} from '../../activities/warehouse/sync-contract.js';
import { HORIZON_MS } from '../shared/delivery.js';

/** A cancelled activity is waited for: what it has in flight settles, and its verdicts are in the ledger. */
const PATIENT = {
  scheduleToCloseTimeout: HORIZON_MS,
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '5 minutes' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  priority: { priorityKey: 5 },
} as const satisfies ActivityOptions;

export const warehouse = proxyActivities<SyncWarehouseActivities>({
  ...PATIENT,
  taskQueue: 'warehouse',
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '20 seconds',
});

const QUEUES = { user: 'iterable-bulk-users', event: 'iterable-bulk-events' } as const;

export const { syncSettings } = proxyActivities<Pick<SyncLoadActivities, 'syncSettings'>>({
  ...PATIENT,
  taskQueue: QUEUES.user,
  startToCloseTimeout: '30 seconds',
});

export function loaderOf({ target }: SyncSettings): Pick<SyncLoadActivities, 'loadRange'> {
  return proxyActivities<Pick<SyncLoadActivities, 'loadRange'>>({
    ...PATIENT,
    taskQueue: QUEUES[target],
    startToCloseTimeout: '15 minutes',
    heartbeatTimeout: '10 seconds',
  });
}

export function verifierOf({ target }: SyncSettings): Pick<SyncLoadActivities, 'verifyRun'> {
  return proxyActivities<Pick<SyncLoadActivities, 'verifyRun'>>({
    ...PATIENT,
    taskQueue: QUEUES[target],
    startToCloseTimeout: '12 hours',
    heartbeatTimeout: '10 seconds',
  });
}
