/** Workers for workflow tests: the real bundle and the real converter, with activities of each story's own. */
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { ConsentActivities, ReconcileActivities } from '../../activities/consent/contract.js';
import type { IterableConsentActivities } from '../../activities/iterable/consent-contract.js';
import type { EventActivities, IterableActivities } from '../../activities/iterable/contract.js';
import type { MarketoActivities } from '../../activities/marketo/contract.js';
import type { ConsentLogActivities } from '../../activities/warehouse/contract.js';
import type {
  SyncLoadActivities,
  SyncQuestionActivities,
  SyncWarehouseActivities,
} from '../../activities/warehouse/sync-contract.js';
import { testConverter } from './converter.js';
import { workflowBundlePath } from './temporal.js';

/** By the queue that serves them. */
interface QueueActivities {
  readonly iterable: IterableActivities & EventActivities & IterableConsentActivities & ConsentActivities;
  readonly marketo: MarketoActivities;
  readonly warehouse: ConsentLogActivities &
    ReconcileActivities &
    SyncWarehouseActivities &
    SyncQuestionActivities;
  readonly 'iterable-bulk-users': SyncLoadActivities;
  readonly 'iterable-bulk-events': SyncLoadActivities;
}

export type TestActivities = QueueActivities['iterable'] &
  QueueActivities['marketo'] &
  QueueActivities['warehouse'] &
  SyncLoadActivities;

export interface Recipes {
  /** What the activities do from now on; those that are not named fail for good. */
  readonly use: (activities: Partial<TestActivities>) => void;
  readonly stop: () => Promise<void>;
}

const unexpected = (): never => {
  throw ApplicationFailure.nonRetryable('this story calls no such activity', 'unexpected-in-test');
};

/** Each activity on its own queue, doing what the story says at the time of the call. */
function scripted(current: () => Partial<TestActivities>): QueueActivities {
  const told = <Name extends keyof TestActivities>(name: Name): Partial<TestActivities>[Name] =>
    current()[name];
  const load: SyncLoadActivities = {
    syncSettings: (model) => (told('syncSettings') ?? unexpected)(model),
    loadRange: (range) => (told('loadRange') ?? unexpected)(range),
    verifyRun: (run, sampleRows) => (told('verifyRun') ?? unexpected)(run, sampleRows),
  };
  return {
    iterable: {
      deliverEvents: (items) => (told('deliverEvents') ?? unexpected)(items),
      reviseEvent: (event, fields) => (told('reviseEvent') ?? unexpected)(event, fields),
      consentSettings: () => (told('consentSettings') ?? unexpected)(),
      applyConsent: (items) => (told('applyConsent') ?? unexpected)(items),
      requestOptIns: (events) => (told('requestOptIns') ?? unexpected)(events),
    },
    marketo: {
      followUnsubscribes: (cursor) => (told('followUnsubscribes') ?? unexpected)(cursor),
      marketoStanding: (items) => (told('marketoStanding') ?? unexpected)(items),
      startExtract: (job) => (told('startExtract') ?? unexpected)(job),
      awaitExtract: (job, exportId) => (told('awaitExtract') ?? unexpected)(job, exportId),
      cancelExtract: (job, exportId) => (told('cancelExtract') ?? unexpected)(job, exportId),
    },
    warehouse: {
      appendConsentLog: (records) => (told('appendConsentLog') ?? unexpected)(records),
      consentReport: (range) => (told('consentReport') ?? unexpected)(range),
      consentHistory: (personHash) => (told('consentHistory') ?? unexpected)(personHash),
      compareExtract: (job, exportId, options) =>
        (told('compareExtract') ?? unexpected)(job, exportId, options),
      startLeads: (leadIds) => (told('startLeads') ?? unexpected)(leadIds),
      planSync: (run) => (told('planSync') ?? unexpected)(run),
      commitSync: (run) => (told('commitSync') ?? unexpected)(run),
      hasPlan: (run) => (told('hasPlan') ?? unexpected)(run),
      dropPlans: (run, olderThanMs) => (told('dropPlans') ?? unexpected)(run, olderThanMs),
      recordRun: (record) => (told('recordRun') ?? unexpected)(record),
      retryFailed: (model) => (told('retryFailed') ?? unexpected)(model),
      syncRows: (question) => (told('syncRows') ?? unexpected)(question),
      syncHistory: (question) => (told('syncHistory') ?? unexpected)(question),
    },
    'iterable-bulk-users': load,
    'iterable-bulk-events': load,
  };
}

/** Serves all queues until it is stopped. One per file: the test server hands tasks to workers that have left. */
export async function startRecipes(env: TestWorkflowEnvironment): Promise<Recipes> {
  const shared = { connection: env.nativeConnection, dataConverter: testConverter };
  let current: Partial<TestActivities> = {};
  const queues = Object.entries<object>({ ...scripted(() => current) });
  const workers = await Promise.all([
    Worker.create({
      ...shared,
      taskQueue: 'recipes',
      workflowBundle: { codePath: workflowBundlePath() },
    }),
    ...queues.map(([taskQueue, activities]) => Worker.create({ ...shared, taskQueue, activities })),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    use: (next) => {
      current = next;
    },
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
    },
  };
}
