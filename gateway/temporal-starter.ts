/** The one place where the gateway starts workflows. */
import { WorkflowExecutionAlreadyStartedError, isGrpcServiceError } from '@temporalio/client';
import type { Client, WorkflowStartOptions } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { FORWARD_EVENTS } from '../workflows/forward-events/messages.js';
import type { ForwardEventsInput, ForwardEventsResult } from '../workflows/forward-events/messages.js';
import { eventAttributes, summaryOf } from '../workflows/shared/describe-event.js';
import { searchAttributes } from '../workflows/shared/search-attributes.js';
import type { EventStarter, StartAnswer, StartRequest } from './event-starter.js';

const TASK_QUEUE = 'recipes';

type ForwardEvents = (input: ForwardEventsInput) => Promise<ForwardEventsResult>;

/** @param environment value of the search attribute: `production`, `staging`, `development` */
export function createTemporalStarter(client: Client, environment: string): EventStarter {
  return {
    start: async (request, timeoutMs) => {
      try {
        await client.withDeadline(Date.now() + timeoutMs, () =>
          client.workflow.start<ForwardEvents>(FORWARD_EVENTS, startOptions(request, environment)),
        );
        return { kind: 'started' };
      } catch (error) {
        return answerOf(error);
      }
    },
  };
}

/**
 * An id that is taken is never started again unless its run failed: a re-send changes nothing. Search attributes
 * and summary tell operators what travels, without personal data.
 */
export function startOptions(
  { workflowId, events }: StartRequest,
  environment: string,
): WorkflowStartOptions<ForwardEvents> {
  return {
    workflowId,
    taskQueue: TASK_QUEUE,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    workflowIdConflictPolicy: 'FAIL',
    args: [{ events, environment }],
    typedSearchAttributes: new TypedSearchAttributes([
      ...eventAttributes(events, environment),
      { key: searchAttributes.outcome, value: 'accepted' },
    ]),
    staticSummary: summaryOf(events),
    priority: { priorityKey: 3 },
  };
}

/**
 * Answers that mean "certainly not started, and never will be like this": INVALID_ARGUMENT, NOT_FOUND (namespace),
 * PERMISSION_DENIED, FAILED_PRECONDITION, UNIMPLEMENTED, UNAUTHENTICATED.
 * @see https://grpc.io/docs/guides/status-codes/
 */
const REFUSALS = new Set([3, 5, 7, 9, 12, 16]);

/** What an error of `workflow.start` says about the workflow. Keeps codes only: messages can repeat payloads. */
export function answerOf(error: unknown): StartAnswer {
  if (error instanceof WorkflowExecutionAlreadyStartedError) return { kind: 'already-started' };
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (!isGrpcServiceError(cause)) {
    // Before the call: the payload could not be encoded, or the namespace is unknown.
    return { kind: 'refused', problem: error instanceof Error ? error.name : typeof error };
  }
  return { kind: REFUSALS.has(cause.code) ? 'refused' : 'unknown', problem: `grpc-${cause.code}` };
}
