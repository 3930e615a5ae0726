/** Syncs as they are released, over a warehouse of the test and a sandbox Iterable, in virtual time. */
import { expect } from '@jest/globals';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { z } from 'zod';
import { connectIterable } from '../../activities/iterable/activities.js';
import { createSyncLoadActivities } from '../../activities/iterable/sync/activities.js';
import type { Warehouse } from '../../activities/warehouse/engine.js';
import type { RunRecord } from '../../activities/warehouse/sync-contract.js';
import { startSandboxIterable, type SandboxIterable } from '../../sandbox/iterable/index.js';
import {
  progressQuery,
  SYNC_MODEL,
  syncWorkflowId,
  type SyncModelInput,
  type SyncPhase,
  type SyncResult,
} from '../../workflows/sync-model/messages.js';
import { TEST_HASHER } from './events.js';
import { eventually } from './eventually.js';
import { startRecipes } from './recipes-worker.js';
import { UNLIMITED } from './sync-loader.js';
import { createScene, person, PEOPLE, type SyncScene } from './sync-scene.js';

export type SyncHandle = WorkflowHandleWithFirstExecutionRunId<
  (input: SyncModelInput) => Promise<SyncResult>
>;

export interface SyncApp {
  readonly env: TestWorkflowEnvironment;
  readonly iterable: SandboxIterable;
  readonly scene: SyncScene;
  readonly start: () => Promise<SyncHandle>;
  readonly run: () => Promise<RunRecord>;
  readonly reach: (handle: SyncHandle, phase: SyncPhase) => Promise<void>;
  /** Its workers stop, and others begin. Not in virtual time: that server hands tasks to workers that have left. */
  readonly restart: () => Promise<void>;
  /** Rows of users/bulkUpdate since it was last asked. */
  readonly sent: () => readonly unknown[];
  readonly stop: () => Promise<void>;
}

const Users = z.object({ users: z.array(z.unknown()) });

/** People 1 to `count`. */
export const people = (count: number): ReturnType<typeof person>[] =>
  Array.from({ length: count }, (_, n) => person(n + 1));

/** @param env ends with the app */
export async function startSyncApp(env: TestWorkflowEnvironment, warehouse: Warehouse): Promise<SyncApp> {
  const iterable = await startSandboxIterable({ limits: 'off' });
  const scene = createScene(warehouse);
  await scene.reset();
  const load = createSyncLoadActivities({
    tools: connectIterable({
      baseUrl: iterable.url,
      apiKey: iterable.apiKey,
      limitShare: 1,
      tuning: { perSecond: UNLIMITED, random: () => 0, graceMs: 50 },
    }),
    store: scene.store,
    modelOf: (name) => (name === PEOPLE.name ? PEOPLE : undefined),
    hasher: TEST_HASHER,
    consentInFlight: () => Promise.resolve(new Set()),
    updateOnlyFlag: true,
    readableAfterMs: 1,
  });
  let recipes = await startRecipes(env);
  const activities = { ...scene.activities, ...load };
  recipes.use(activities);
  let seen = 0;
  const start = (): Promise<SyncHandle> =>
    env.client.workflow.start(SYNC_MODEL, {
      taskQueue: 'recipes',
      workflowId: syncWorkflowId(PEOPLE.name),
      args: [{ model: PEOPLE.name, environment: 'test', dryRun: false }],
    });
  return {
    ...{ env, iterable, scene, start },
    run: async () => (await (await start()).result()).run,
    reach: (handle, phase) =>
      eventually(async () => {
        expect((await handle.query(progressQuery)).phase).toBe(phase);
      }),
    restart: async () => {
      await recipes.stop();
      recipes = await startRecipes(env);
      recipes.use(activities);
    },
    sent: () => {
      const requests = iterable.received('/api/users/bulkUpdate').slice(seen);
      seen += requests.length;
      return requests.flatMap(({ body }) => Users.parse(body).users);
    },
    stop: async () => {
      await recipes.stop();
      await env.teardown();
      await iterable.close();
    },
  };
}
