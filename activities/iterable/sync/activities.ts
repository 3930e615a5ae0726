/** What a worker registers for syncs at Iterable: the activities of the queues `iterable-bulk-users` and `-events`. */
import type { SyncLoadActivities } from '../../warehouse/sync-contract.js';
import { PUBLISHED_PER_SECOND } from '../endpoints.js';
import { checkedModel, type SyncLoadDependencies } from './dependencies.js';
import { createLoadRange } from './load-range.js';
import { createPeople } from './people.js';
import { createVerifyRun } from './verify-run.js';

export function createSyncLoadActivities(deps: SyncLoadDependencies): SyncLoadActivities {
  const people = createPeople();
  return {
    syncSettings: (name) =>
      Promise.resolve(name).then((named) => {
        const { target, guards } = checkedModel(deps, named);
        const endpoint = target.kind === 'user' ? 'users/bulkUpdate' : 'events/trackBulk';
        return { target: target.kind, guards, mostPerSecond: PUBLISHED_PER_SECOND[endpoint] };
      }),
    loadRange: createLoadRange(deps, people),
    verifyRun: createVerifyRun(deps, people),
  };
}
