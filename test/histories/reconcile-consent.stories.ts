/** What a comparison of Marketo with Iterable can come to. */
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { Comparison } from '../../activities/consent/contract.js';
import { RECONCILE } from '../../recipes/unsubscribes.js';
import {
  approveUpdate,
  RECONCILE_CONSENT,
  reconcileStateQuery,
  rejectUpdate,
} from '../../workflows/reconcile-consent/messages.js';
import type { TestActivities } from '../support/recipes-worker.js';
import { bothRunsOf, door, failure, type Scene, type Story } from './scene.js';

const ENDS = 'WORKFLOW_EXECUTION_COMPLETED';

const NOTHING: Comparison = {
  rows: 10,
  unsubscribed: 10,
  missedByPush: 0,
  missedByPoll: 0,
  drifted: 0,
  noEmail: 0,
  invalidEmail: 0,
  leadGone: 0,
  toStart: 0,
  leads: [],
  sample: [],
  started: 0,
};
const FEW: Comparison = {
  ...NOTHING,
  toStart: 1,
  leads: [{ leadId: 7, by: 'event', sinceMs: 7_000 }],
  sample: ['a-hash'],
};
const TOO_MANY: Comparison = { ...FEW, toStart: RECONCILE.breaker.people + 1, started: 500 };

export const reconcileConsentStories: Readonly<Record<string, Story>> = {
  'nothing-missing': {
    shows: ['ACTIVITY_TASK_COMPLETED', ENDS],
    tell: async (scene) => ended(await compare(scene, NOTHING)),
  },
  started: {
    shows: ['ACTIVITY_TASK_COMPLETED', ENDS],
    tell: async (scene) => ended(await compare(scene, FEW)),
  },
  approved: {
    shows: ['TIMER_STARTED', 'WORKFLOW_EXECUTION_UPDATE_COMPLETED', ENDS],
    tell: async (scene) => {
      const run = await compare(scene, TOO_MANY);
      await waiting(run);
      await run.executeUpdate(approveUpdate);
      return ended(run);
    },
  },
  rejected: {
    shows: ['TIMER_STARTED', 'WORKFLOW_EXECUTION_UPDATE_COMPLETED', ENDS],
    tell: async (scene) => {
      const run = await compare(scene, TOO_MANY);
      await waiting(run);
      await run.executeUpdate(rejectUpdate, { args: ['an import gone wrong'] });
      return ended(run);
    },
  },
  'lost-an-extract': {
    shows: ['ACTIVITY_TASK_FAILED', ENDS],
    tell: async (scene) =>
      ended(
        await compare(scene, FEW, {
          awaitExtract: () =>
            Promise.reject(failure({ message: 'forgotten', type: 'extract-lost', nonRetryable: true })),
        }),
      ),
  },
  cancelled: {
    shows: ['ACTIVITY_TASK_CANCEL_REQUESTED', 'WORKFLOW_EXECUTION_CANCELED'],
    tell: async (scene) => {
      const [begun, end] = [door(), door()];
      const run = await compare(scene, FEW, {
        awaitExtract: async () => {
          begun.open();
          await end.opened;
          return { rows: 1 };
        },
      });
      await begun.opened;
      await run.cancel();
      await run.result().catch(() => undefined);
      end.open();
      return run;
    },
  },
  ...bothRunsOf(async (scene) => {
    const run = await compare(scene, FEW);
    await run.result();
    return run;
  }),
};

let runs = 0;
async function compare(
  { env, recipes }: Scene,
  found: Comparison,
  others: Partial<TestActivities> = {},
): Promise<WorkflowHandleWithFirstExecutionRunId> {
  recipes.use({
    startExtract: ({ kind }) => Promise.resolve(`export-of-${kind}`),
    awaitExtract: () => Promise.resolve({ rows: 10 }),
    cancelExtract: () => Promise.resolve(),
    compareExtract: () => Promise.resolve(found),
    startLeads: (people) => Promise.resolve(people.length),
    ...others,
  });
  return env.client.workflow.start(RECONCILE_CONSENT, {
    taskQueue: 'recipes',
    workflowId: `reconcile/${String((runs += 1))}`,
    args: [{ scope: 'recent', environment: 'test' }],
  });
}

async function ended(run: WorkflowHandle): Promise<WorkflowHandle> {
  await run.result();
  return run;
}

async function waiting(run: WorkflowHandle): Promise<void> {
  for (;;) if ((await run.query(reconcileStateQuery)).phase === 'awaiting-approval') return;
}
