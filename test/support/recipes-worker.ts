/** Workers for workflow tests: the real bundle and the real converter, with activities of the test's own. */
import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { EventActivities, IterableActivities } from '../../activities/iterable/contract.js';
import type { PayloadKeyRing } from '../../config/payload-keys.js';
import { createDataConverter } from '../../workers/codec/data-converter.js';
import { workflowBundlePath } from './temporal.js';

/** A key for tests only. */
export const TEST_KEYS: PayloadKeyRing = [{ id: 'test', key: Buffer.alloc(32, 7) }];
export const testConverter = createDataConverter(TEST_KEYS);

export type TestActivities = IterableActivities & EventActivities;

export function testClient(env: TestWorkflowEnvironment): Client {
  return new Client({ connection: env.connection, dataConverter: testConverter });
}

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
  });
  const iterable = await Worker.create({ ...shared, taskQueue: 'iterable', activities });
  return workflows.runUntil(() => iterable.runUntil(story));
}
