/** The workers of one process: which queues they serve, with which limits, and how they stop. */
import type { DataConverter } from '@temporalio/common';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { PUBLISHED_PER_SECOND } from '../activities/iterable/endpoints.js';
import type { ActivitiesOnWarehouse, ProcessActivities } from './activities.js';

/** What all workers of a process share. */
export interface WorkerDeps {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly dataConverter: DataConverter;
}

export interface RunningWorkers {
  /** Settles when all workers have stopped; rejects when one has failed. */
  readonly done: Promise<void>;
  /** Takes no new tasks, lets those in hand finish within the grace time, then settles. */
  readonly stop: () => Promise<void>;
}

/** A queue, and what of a worker's options is its own. */
export type Queue = Pick<WorkerOptions, 'taskQueue'> & Partial<WorkerOptions>;

/** A batch in hand gets this long to finish; then its activity is cancelled, heartbeats what is done, and ends. */
const GRACE = '10 seconds';
/** After this the process leaves whatever hangs. Below the usual 30 s of a container's stop. */
const FORCE = '25 seconds';
/** How stale a heartbeat may be: what a killed worker has done since is sent again. */
const HEARTBEAT_EVERY = '250 ms';
/** Batches at once. Few: their items share the limiter, and a batch that waits long misses its heartbeat. */
const BATCHES_AT_ONCE = 20;
/** Marketo is asked five things at once at most; more would only wait, and miss their heartbeats. */
const MARKETO_AT_ONCE = 8;
/** Each holds the rows of a bulk request, up to 4 MB of JSON: enough to wait for answers, few enough for the memory. */
export const RANGES_AT_ONCE = 8;

/** Creates and starts a worker per task queue. @throws when the server cannot be reached or the bundle is broken */
export async function startWorkers(deps: WorkerDeps, queues: readonly Queue[]): Promise<RunningWorkers> {
  const workers = await Promise.all(
    queues.map((queue) =>
      Worker.create({ ...deps, shutdownGraceTime: GRACE, shutdownForceTime: FORCE, ...queue }),
    ),
  );
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

/** The queues that any number of processes serve side by side. */
export function sharedQueues(
  activities: ProcessActivities,
  workflowBundle: NonNullable<WorkerOptions['workflowBundle']>,
): Queue[] {
  return [
    { taskQueue: 'recipes', workflowBundle, enableNonLocalActivities: false },
    {
      taskQueue: 'iterable',
      activities: activities.iterable,
      maxConcurrentActivityTaskExecutions: BATCHES_AT_ONCE,
      maxHeartbeatThrottleInterval: HEARTBEAT_EVERY,
    },
    ...(activities.marketo === undefined
      ? []
      : [
          {
            taskQueue: 'marketo',
            activities: activities.marketo,
            maxConcurrentActivityTaskExecutions: MARKETO_AT_ONCE,
            maxHeartbeatThrottleInterval: HEARTBEAT_EVERY,
          },
        ]),
  ];
}

/** The queues of the process that has the warehouse: rows go from it to Iterable without leaving the process. */
export function warehouseQueues({ warehouse, load }: ActivitiesOnWarehouse): Queue[] {
  return [
    { taskQueue: 'warehouse', activities: warehouse, maxHeartbeatThrottleInterval: HEARTBEAT_EVERY },
    ...(load === undefined ? [] : BULK_QUEUES.map((queue) => ({ ...queue, activities: load }))),
  ];
}

/**
 * Temporal divides a queue's rate among the queue's partitions, and hands tasks out in bursts: told Iterable's rate, it
 * reached four fifths of it.
 */
const QUEUE_HEADROOM = 2;

/**
 * One activity is one bulk request in the normal case, so the rate that Temporal keeps to for the whole queue, however
 * many workers serve it, bounds what they ask of Iterable together. Each worker's own limiter is exact.
 */
const BULK_QUEUES = [
  {
    taskQueue: 'iterable-bulk-users',
    maxTaskQueueActivitiesPerSecond: PUBLISHED_PER_SECOND['users/bulkUpdate'] * QUEUE_HEADROOM,
    maxConcurrentActivityTaskExecutions: RANGES_AT_ONCE,
  },
  {
    taskQueue: 'iterable-bulk-events',
    maxTaskQueueActivitiesPerSecond: PUBLISHED_PER_SECOND['events/trackBulk'] * QUEUE_HEADROOM,
    maxConcurrentActivityTaskExecutions: RANGES_AT_ONCE,
  },
] as const satisfies readonly Queue[];
