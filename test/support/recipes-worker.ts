/** Workers for workflow tests: the real bundle and the real converter, with activities of each story's own. */
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { EventActivities, IterableActivities } from '../../activities/iterable/contract.js';
import { testConverter } from './converter.js';
import { workflowBundlePath } from './temporal.js';

export type TestActivities = IterableActivities & EventActivities;

export interface Recipes {
  /** What the activities do from now on; those that are not named fail for good. */
  readonly use: (activities: Partial<TestActivities>) => void;
  readonly stop: () => Promise<void>;
}

const unexpected = (): never => {
  throw ApplicationFailure.nonRetryable('this story calls no such activity', 'unexpected-in-test');
};
const NONE: TestActivities = { deliverEvents: unexpected, reviseEvent: unexpected };

/** Serves both queues until it is stopped. One per file: the test server hands tasks to workers that have left. */
export async function startRecipes(env: TestWorkflowEnvironment): Promise<Recipes> {
  const shared = { connection: env.nativeConnection, dataConverter: testConverter };
  let current = NONE;
  const activities: TestActivities = {
    deliverEvents: (items) => current.deliverEvents(items),
    reviseEvent: (event, fields) => current.reviseEvent(event, fields),
  };
  const workers = await Promise.all([
    Worker.create({
      ...shared,
      taskQueue: 'recipes',
      workflowBundle: { codePath: workflowBundlePath() },
    }),
    Worker.create({ ...shared, taskQueue: 'iterable', activities }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    use: (next) => {
      current = { ...NONE, ...next };
    },
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
    },
  };
}
