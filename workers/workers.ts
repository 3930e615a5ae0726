/** The workers of one process: which queues they serve, with which limits, and how they stop. */
import type { DataConverter } from '@temporalio/common';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { ConsentActivities } from '../activities/consent/contract.js';
import type { EventActivities, IterableActivities } from '../activities/iterable/contract.js';

export interface WorkerDeps {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly dataConverter: DataConverter;
  readonly workflowBundle: NonNullable<WorkerOptions['workflowBundle']>;
  readonly activities: IterableActivities & EventActivities & ConsentActivities;
}

export interface RunningWorkers {
  /** Settles when all workers have stopped; rejects when one has failed. */
  readonly done: Promise<void>;
  /** Takes no new tasks, lets those in hand finish within the grace time, then settles. */
  readonly stop: () => Promise<void>;
}

/** A batch in hand gets this long to finish; then its activity is cancelled, heartbeats what is done, and ends. */
const GRACE = '10 seconds';
/** After this the process leaves whatever hangs. Below the usual 30 s of a container's stop. */
const FORCE = '25 seconds';
/** How stale a heartbeat may be: what a killed worker has done since is sent again. */
const HEARTBEAT_EVERY = '250 ms';
/** Batches at once. Few: their items share the limiter, and a batch that waits long misses its heartbeat. */
const BATCHES_AT_ONCE = 20;

/** Creates and starts a worker per task queue. @throws when the server cannot be reached or the bundle is broken */
export async function startWorkers(deps: WorkerDeps): Promise<RunningWorkers> {
  const workers = await Promise.all(optionsPerQueue(deps).map((options) => Worker.create(options)));
  const runs = workers.map((worker) => worker.run());
  const done = Promise.all(runs).then(() => undefined);
  return {
    done,
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled(runs); // one that has failed keeps no other from finishing
    },
  };
}

function optionsPerQueue({ workflowBundle, activities, ...shared }: WorkerDeps): WorkerOptions[] {
  const common = { ...shared, shutdownGraceTime: GRACE, shutdownForceTime: FORCE } as const;
  return [
    { ...common, taskQueue: 'recipes', workflowBundle, enableNonLocalActivities: false },
    {
      ...common,
      taskQueue: 'iterable',
      activities,
      maxConcurrentActivityTaskExecutions: BATCHES_AT_ONCE,
      maxHeartbeatThrottleInterval: HEARTBEAT_EVERY,
    },
  ];
}
