/** Asks whoever has the warehouse one question. Ends within half a minute, with the answer or with what keeps it away. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { proxyActivities } from '@temporalio/workflow';
import { NO_WAREHOUSE_WORKER, type Answering, type AnswerTo, type Asked, type Question } from './messages.js';

/** An owner that is there takes a question at once; one that is being replaced is back within seconds. */
const warehouse: Answering = proxyActivities<Answering>({
  taskQueue: 'warehouse',
  scheduleToStartTimeout: '15 seconds',
  scheduleToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second' },
  priority: { priorityKey: 1 },
});

/** @throws ApplicationFailure `no-warehouse-worker`, or of the class of what the warehouse said last */
export async function askWarehouse<Q extends Question>(asked: Asked<Q>): Promise<AnswerTo<Q>> {
  try {
    return await answer(asked);
  } catch (error) {
    throw isUntaken(error) ? noWorker() : error;
  }
}

function answer<Q extends Question>({ question, about }: Asked<Q>): Promise<AnswerTo<Q>> {
  return warehouse[question](about);
}

function isUntaken(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === 'SCHEDULE_TO_START'
  );
}

function noWorker(): ApplicationFailure {
  return ApplicationFailure.create({
    type: NO_WAREHOUSE_WORKER,
    message: 'nobody serves the queue warehouse: no worker that runs has the warehouse',
    nonRetryable: true,
  });
}
