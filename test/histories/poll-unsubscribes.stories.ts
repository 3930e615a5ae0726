/** What becomes of a poll of Marketo. */
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { PollStep } from '../../activities/marketo/contract.js';
import { NO_COUNTS } from '../../domain/poll-counts.js';
import { POLL_UNSUBSCRIBES } from '../../workflows/poll-unsubscribes/messages.js';
import { bothRunsOf, failure, type Scene, type Story } from './scene.js';

export const pollUnsubscribesStories: Readonly<Record<string, Story>> = {
  'caught-up-at-once': {
    shows: ['UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      following(scene, step(1, true));
      return ended(await poll(scene));
    },
  },
  'caught-up-after-some-steps': {
    shows: ['ACTIVITY_TASK_COMPLETED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      following(scene, step(1, false), step(2, false), step(3, true));
      return ended(await poll(scene));
    },
  },
  refused: {
    shows: ['ACTIVITY_TASK_FAILED', 'WORKFLOW_EXECUTION_FAILED'],
    tell: async (scene) => {
      const refusal = failure({ message: 'code 1006', type: 'rejected', nonRetryable: true });
      scene.recipes.use({ followUnsubscribes: () => Promise.reject(refusal) });
      const run = await poll(scene);
      await run.result().catch(() => undefined);
      return run;
    },
  },
  ...bothRunsOf(async (scene) => {
    following(scene, step(1, false), step(2, true));
    return ended(await poll(scene));
  }),
};

let polls = 0;
function poll({ env }: Scene): Promise<WorkflowHandleWithFirstExecutionRunId> {
  polls += 1;
  return env.client.workflow.start(POLL_UNSUBSCRIBES, {
    taskQueue: 'recipes',
    workflowId: `test/poll-${String(polls)}`,
    args: [{ environment: 'test' }],
  });
}

/** One step per call. */
function following({ recipes }: Scene, ...steps: readonly PollStep[]): void {
  const left = [...steps];
  recipes.use({ followUnsubscribes: () => Promise.resolve(left.shift() ?? step(steps.length, true)) });
}

const step = (sinceMs: number, isCaughtUp: boolean): PollStep => {
  const feed = { token: 'AAAA', sinceMs };
  return {
    cursor: { changes: feed, activities: feed, sweptAtMs: sinceMs, seen: ['abcdefghijkl'], recent: [] },
    counts: { ...NO_COUNTS, pages: 2, started: 1 },
    isCaughtUp,
  };
};

async function ended<T extends { result: () => Promise<unknown> }>(run: T): Promise<T> {
  await run.result();
  return run;
}
