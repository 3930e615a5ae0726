/** Parking: an event that cannot be delivered becomes a workflow of its own, which waits for a person. */
import { TypedSearchAttributes, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { CancellationScope, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { PARKED_EVENT, parkedWorkflowId, type ParkedEventInput } from '../parked-event/messages.js';
import { workflowNow } from './clock.js';
import { eventAttributes, parkedAttributes } from './describe-event.js';

/** Starts `parked/<eventId>`, which outlives its parent. An event that is parked already stays as it is. */
export async function park(input: ParkedEventInput): Promise<void> {
  const { event, reason, environment } = input;
  try {
    // Not to be cancelled with the workflow that parks it: a cancelled parked event counts as discarded.
    await CancellationScope.nonCancellable(() =>
      startChild(PARKED_EVENT, {
        args: [input],
        workflowId: parkedWorkflowId(event.eventId),
        taskQueue: 'recipes',
        parentClosePolicy: ParentClosePolicy.ABANDON,
        typedSearchAttributes: new TypedSearchAttributes([
          ...eventAttributes([event], environment),
          ...parkedAttributes(reason, input.class, workflowNow()),
        ]),
        staticSummary: `${event.sourceEvent}: ${reason}`,
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
