/** The task queues, for docs/operations.md. */
import { code, markdownTable } from './generated.js';

/** test/docs holds them against the queues in workers/workers.ts. */
export const TASK_QUEUES = [
  {
    queue: 'recipes',
    serves: 'Workflows: `forwardEvents`, `parkedEvent`',
    whenEmpty: 'Events are accepted and wait; updates of parked events are not answered.',
  },
  {
    queue: 'iterable',
    serves: 'Activities: `deliverEvents`, `reviseEvent`',
    whenEmpty: 'Events wait. After 76 hours they are parked as `gave-up`.',
  },
] as const;

export function taskQueuesTable(): string {
  const rows = TASK_QUEUES.map(({ queue, serves, whenEmpty }) => [code(queue), serves, whenEmpty]);
  return markdownTable(['Task queue', 'Serves', 'Without a worker'], rows);
}
