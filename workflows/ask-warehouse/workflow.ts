/** Asks whoever has the warehouse one question. Ends within half a minute, with the answer or with what keeps it away. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { proxyActivities } from '@temporalio/workflow';
import {
  NO_WAREHOUSE_WORKER,
  type Answering,
  type AnswerTo,
  type Asked,
  type AskWarehouseInput,
  type Question,
} from './messages.js';

const ANSWERED_WITHIN_MS = 15_000;

/** @throws ApplicationFailure `no-warehouse-worker`, or of the class of what the warehouse said last */
export async function askWarehouse<Q extends Question>(input: AskWarehouseInput<Q>): Promise<AnswerTo<Q>> {
  const { takenWithinMs } = input;
  const warehouse: Answering = proxyActivities<Answering>({
    taskQueue: 'warehouse',
    scheduleToStartTimeout: takenWithinMs,
    scheduleToCloseTimeout: takenWithinMs + ANSWERED_WITHIN_MS,
    retry: { initialInterval: '1 second' },
    priority: { priorityKey: 1 },
  });
  try {
    return await answer(warehouse, input);
  } catch (error) {
    throw isUntaken(error) ? noWorker() : error;
  }
}

function answer<Q extends Question>(
  warehouse: Answering,
  { question, about }: Asked<Q>,
): Promise<AnswerTo<Q>> {
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
