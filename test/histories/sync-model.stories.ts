/** What a run of a sync model can come to, by hand and by the clock. */
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { PlanSummary } from '../../activities/warehouse/sync-contract.js';
import {
  approveUpdate,
  cancelUpdate,
  pauseUpdate,
  progressQuery,
  rejectUpdate,
  resumeUpdate,
  SCHEDULED_SYNC,
  setRateUpdate,
  SYNC_MODEL,
  syncWorkflowId,
  type ScheduledSyncInput,
  type SyncModelInput,
} from '../../workflows/sync-model/messages.js';
import type { TestActivities } from '../support/recipes-worker.js';
import { deliveredAll, planOf, syncStory } from '../support/sync-story.js';
import { bothRunsOf, door, failure, type Scene, type Story } from './scene.js';

const ENDS = 'WORKFLOW_EXECUTION_COMPLETED';
const SMALL = planOf(1_500);
const UNCHANGED = planOf(0, { sourceRows: 5, knownRows: 5, unchangedRows: 5 });
const GUARDED = planOf(500, { knownRows: 1_000, operations: { add: 0, change: 0, remove: 500, retry: 0 } });
const planLost = (): Promise<never> =>
  Promise.reject(failure({ message: 'the plan table is gone', type: 'plan-lost', nonRetryable: true }));

export const syncModelStories: Readonly<Record<string, Story>> = {
  done: {
    shows: ['ACTIVITY_TASK_COMPLETED', 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', ENDS],
    tell: async (scene) => ended(await sync(scene, SMALL)),
  },
  'nothing-to-do': { shows: [ENDS], tell: async (scene) => ended(await sync(scene, UNCHANGED)) },
  'dry-run': { shows: [ENDS], tell: async (scene) => ended(await sync(scene, SMALL, {}, { dryRun: true })) },
  'retried-failed-rows': {
    shows: [ENDS],
    tell: async (scene) => ended(await sync(scene, SMALL, {}, { retryFailed: true })),
  },
  approved: {
    shows: ['TIMER_STARTED', 'WORKFLOW_EXECUTION_UPDATE_COMPLETED', ENDS],
    tell: async (scene) => {
      const run = await sync(scene, GUARDED);
      await waiting(run);
      await run.executeUpdate(approveUpdate, { args: ['jo'] });
      return ended(run);
    },
  },
  rejected: {
    shows: ['TIMER_STARTED', 'WORKFLOW_EXECUTION_UPDATE_COMPLETED', ENDS],
    tell: async (scene) => {
      const run = await sync(scene, GUARDED);
      await waiting(run);
      await run.executeUpdate(rejectUpdate, { args: ['half of it is missing'] });
      return ended(run);
    },
  },
  'paused-and-slowed-down': {
    shows: ['WORKFLOW_EXECUTION_UPDATE_COMPLETED', 'TIMER_STARTED', ENDS],
    tell: async (scene) => {
      const gate = door();
      const run = await sync(scene, planOf(10_000), {
        loadRange: async (range) => {
          await gate.opened;
          return deliveredAll(range);
        },
      });
      await run.executeUpdate(pauseUpdate);
      await run.executeUpdate(setRateUpdate, { args: [4] });
      gate.open();
      await run.executeUpdate(resumeUpdate);
      return ended(run);
    },
  },
  'cancelled-by-update': {
    shows: ['ACTIVITY_TASK_CANCEL_REQUESTED', 'WORKFLOW_EXECUTION_UPDATE_COMPLETED', ENDS],
    tell: async (scene) => {
      const [begun, gate] = [door(), door()];
      const run = await sync(scene, SMALL, {
        loadRange: async (range) => {
          begun.open();
          await gate.opened;
          return deliveredAll(range);
        },
      });
      await begun.opened;
      await run.executeUpdate(cancelUpdate);
      gate.open();
      return ended(run);
    },
  },
  'lost-its-plan': {
    shows: ['ACTIVITY_TASK_FAILED', ENDS],
    tell: async (scene) => {
      let losses = 1;
      return ended(
        await sync(scene, SMALL, {
          hasPlan: () => ((losses -= 1) >= 0 ? planLost() : Promise.resolve(true)),
        }),
      );
    },
  },
  failed: {
    shows: ['ACTIVITY_TASK_FAILED', 'WORKFLOW_EXECUTION_FAILED'],
    tell: async (scene) => {
      const run = await sync(scene, SMALL, {
        loadRange: () =>
          Promise.reject(failure({ message: 'no such model', type: 'invalid-input', nonRetryable: true })),
      });
      await run.result().catch(() => undefined);
      return run;
    },
  },
  ...bothRunsOf(async (scene) => {
    const run = await sync(scene, planOf(12_000));
    await run.result();
    return run;
  }),
};

export const scheduledSyncStories: Readonly<Record<string, Story>> = {
  done: {
    shows: ['CHILD_WORKFLOW_EXECUTION_COMPLETED', ENDS],
    tell: async (scene) => ended(await byTheClock(scene, 'by-clock')),
  },
  'another-run': {
    shows: ['START_CHILD_WORKFLOW_EXECUTION_FAILED', ENDS],
    tell: async (scene) => {
      const other = await sync(scene, GUARDED, {}, { model: 'taken' });
      await waiting(other);
      const run = await ended(await byTheClock(scene, 'taken'));
      await other.executeUpdate(cancelUpdate);
      return run;
    },
  },
};

let runs = 0;
async function sync(
  { env, recipes }: Scene,
  plan: PlanSummary,
  changes: Partial<TestActivities> = {},
  input: Partial<SyncModelInput> = {},
): Promise<WorkflowHandleWithFirstExecutionRunId> {
  recipes.use(syncStory(plan, changes).activities);
  const args: [SyncModelInput] = [{ model: 'people', environment: 'test', dryRun: false, ...input }];
  const workflowId =
    input.model === undefined ? `sync-story/${String((runs += 1))}` : syncWorkflowId(input.model);
  return env.client.workflow.start(SYNC_MODEL, { taskQueue: 'recipes', workflowId, args });
}

async function byTheClock(
  { env, recipes }: Scene,
  model: string,
): Promise<WorkflowHandleWithFirstExecutionRunId> {
  recipes.use(syncStory(model === 'taken' ? GUARDED : SMALL).activities);
  const args: [ScheduledSyncInput] = [{ model, environment: 'test' }];
  return env.client.workflow.start(SCHEDULED_SYNC, {
    taskQueue: 'recipes',
    workflowId: `sync-story/clock-${String((runs += 1))}`,
    args,
  });
}

async function ended(run: WorkflowHandle): Promise<WorkflowHandle> {
  await run.result();
  return run;
}

async function waiting(run: WorkflowHandle): Promise<void> {
  for (;;) if ((await run.query(progressQuery)).phase === 'awaiting-approval') return;
}
