/** One question to the warehouse, answered by the worker that has it. */
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { randomUUID } from 'node:crypto';
import {
  ASK_WAREHOUSE,
  NO_WAREHOUSE_WORKER,
  SUMMARIES,
  type AnswerTo,
  type Asked,
  type AskWarehouseInput,
  type Question,
} from '../../workflows/ask-warehouse/messages.js';
import { CommandError, EXIT } from './exit-codes.js';

export interface Patience {
  readonly takenWithinMs: number;
  /** In all; longer than the workflow takes when a worker runs it. */
  readonly doneWithinMs: number;
}
const PATIENCE: Patience = { takenWithinMs: 15_000, doneWithinMs: 45_000 };

/** @throws CommandError unreachable when no worker runs, none has the warehouse, or the warehouse does not answer */
export async function askWarehouse<Q extends Question>(
  client: Client,
  asked: Asked<Q>,
  { takenWithinMs, doneWithinMs } = PATIENCE,
): Promise<AnswerTo<Q>> {
  try {
    return await client.workflow.execute<(input: AskWarehouseInput<Q>) => Promise<AnswerTo<Q>>>(
      ASK_WAREHOUSE,
      {
        taskQueue: 'recipes',
        workflowId: `${ASK_WAREHOUSE}/${randomUUID()}`,
        args: [{ ...asked, takenWithinMs }],
        workflowExecutionTimeout: doneWithinMs,
        staticSummary: SUMMARIES[asked.question],
        priority: { priorityKey: 1 },
      },
    );
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    throw new CommandError(EXIT.unreachable, adviceOf(error.cause), { cause: error });
  }
}

function adviceOf(failure: Error | undefined): string {
  if (failure instanceof TimeoutFailure) return 'no worker runs: start one (npm start), then ask again';
  if (failure instanceof ApplicationFailure && failure.type === NO_WAREHOUSE_WORKER) {
    return 'no worker that runs has the warehouse: start one (npm start), or look in the log of the one that runs for who has the file';
  }
  return `the warehouse does not answer: ${innermost(failure)}; the log of its worker says more`;
}

/** Failures of the warehouse hold no cell. */
function innermost(failure: Error | undefined): string {
  return failure?.cause instanceof Error ? innermost(failure.cause) : (failure?.message ?? 'unknown');
}
