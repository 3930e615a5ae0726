/** The task queues, for docs/operations.md. */
import { code, markdownTable } from './generated.js';

/** test/docs holds them against the queues in workers/workers.ts. */
export const TASK_QUEUES = [
  {
    queue: 'recipes',
    serves:
      'Workflows: `forwardEvents`, `parkedEvent`, `personConsent`, `pollUnsubscribes`, `reconcileConsent`, `recordConsent`, `askWarehouse`, `scheduledSync`, `syncModel`',
    whenEmpty: 'Events and opt-outs are accepted and wait; updates and questions are not answered.',
  },
  {
    queue: 'iterable',
    serves: 'Activities: `deliverEvents`, `reviseEvent`, `requestOptIns`, `consentSettings`, `applyConsent`',
    whenEmpty: 'Events and opt-outs wait. After 76 hours events are parked as `gave-up`.',
  },
  {
    queue: 'marketo',
    serves:
      'Activities: `followUnsubscribes`, `marketoStanding`, `startExtract`, `awaitExtract`, `cancelExtract`. Only with Marketo configured',
    whenEmpty: 'Polls, comparisons and opt-ins wait; opt-outs of the webhook go on.',
  },
  {
    queue: 'warehouse',
    serves:
      'Activities: `appendConsentLog`, `consentReport`, `consentHistory`, `compareExtract`, `startLeads`; with `WAREHOUSE_URL` `planSync`, `commitSync`, `hasPlan`, `dropPlans`, `recordRun`, `retryFailed`, `syncRows`, `syncHistory`. By one process where the warehouse is DuckDB',
    whenEmpty:
      'Opt-outs go on, and are logged later; comparisons and syncs wait; `consent report`, `consent show`, `sync rows` and `sync history` say so.',
  },
  {
    queue: 'iterable-bulk-users',
    serves:
      'Activities: `syncSettings`, `loadRange`, `verifyRun`, for models that become users. By the process that has the warehouse',
    whenEmpty: 'Syncs wait. After 76 hours a run fails, with what was confirmed before remembered.',
  },
  {
    queue: 'iterable-bulk-events',
    serves:
      'Activities: `loadRange`, `verifyRun`, for models that become events. By the process that has the warehouse',
    whenEmpty: 'As above.',
  },
] as const;

export function taskQueuesTable(): string {
  const rows = TASK_QUEUES.map(({ queue, serves, whenEmpty }) => [code(queue), serves, whenEmpty]);
  return markdownTable(['Task queue', 'Serves', 'Without a worker'], rows);
}
