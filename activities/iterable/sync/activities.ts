/** What a worker registers for syncs at Iterable: the activities of the queues `iterable-bulk-users` and `-events`. */
import type { SyncLoadActivities } from '../../warehouse/sync-contract.js';
import type { SyncLoadDependencies } from './dependencies.js';
import { createLoadRange } from './load-range.js';
import { createPeople } from './people.js';
import { createVerifyRun } from './verify-run.js';

export function createSyncLoadActivities(deps: SyncLoadDependencies): SyncLoadActivities {
  const people = createPeople();
  return { loadRange: createLoadRange(deps, people), verifyRun: createVerifyRun(deps, people) };
}
