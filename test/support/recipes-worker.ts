/** Workers for workflow tests: the real bundle and the real converter, with activities of the test's own. */
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { EventActivities, IterableActivities } from '../../activities/iterable/contract.js';
import { testConverter } from './converter.js';
import { workflowBundlePath } from './temporal.js';

export type TestActivities = IterableActivities & EventActivities;

/** Runs `story` while both queues are served, then stops the workers. */
export async function withRecipes<T>(
  env: TestWorkflowEnvironment,
  activities: Partial<TestActivities>,
  story: () => Promise<T>,
): Promise<T> {
  const shared = { connection: env.nativeConnection, dataConverter: testConverter };
  const workflows = await Worker.create({
    ...shared,
    taskQueue: 'recipes',
    workflowBundle: { codePath: workflowBundlePath() },
    // Every task replays from the start, which finds what is not deterministic; and no workflow waits for a
    // worker of an earlier story to come back.
    maxCachedWorkflows: 0,
  });
  const iterable = await Worker.create({
    ...shared,
    taskQueue: 'iterable',
    activities: { ...NONE, ...activities },
  });
  return workflows.runUntil(() => iterable.runUntil(story));
}

const unexpected = (): never => {
  throw ApplicationFailure.nonRetryable('this story calls no such activity', 'unexpected-in-test');
};
const NONE: TestActivities = { deliverEvents: unexpected, reviseEvent: unexpected };
