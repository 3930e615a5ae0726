/** The task queues, for docs/operations.md. */
import { code, markdownTable } from './generated.js';

/** test/docs holds them against the queues in workers/workers.ts. */
export const TASK_QUEUES = [
  {
    queue: 'recipes',
    serves: 'Workflows, all of them',
    whenEmpty:
      'Events and unsubscribes are accepted and wait; updates, queries and operator commands are not answered.',
  },
  {
    queue: 'iterable',
    serves: 'Activities: `deliverEvents`, `reviseEvent`, `consentSettings`, `applyConsent`, `requestOptIns`',
    whenEmpty:
      'Events wait, after 76 hours they are parked as `gave-up`. Opt-outs wait for as long as it takes.',
  },
  {
    queue: 'marketo',
    serves:
      'Activities: `followUnsubscribes`, `marketoStanding`, `startExtract`, `awaitExtract`, `cancelExtract`. Only where Marketo is configured',
    whenEmpty:
      'Unsubscribes come by webhook only, opt-ins wait for their check. Then the poll goes on where it was.',
  },
  {
    queue: 'warehouse',
    serves:
      'Activities: `appendConsentLog`, `consentReport`, `consentHistory`, `compareExtract`, `startLeads`. With DuckDB only by the worker that has the file',
    whenEmpty:
      'Entries of the consent log wait, and comparisons; `consent report` and `consent show` end with exit code 4.',
  },
] as const;

export function taskQueuesTable(): string {
  const rows = TASK_QUEUES.map(({ queue, serves, whenEmpty }) => [code(queue), serves, whenEmpty]);
  return markdownTable(['Task queue', 'Serves', 'Without a worker'], rows);
}
