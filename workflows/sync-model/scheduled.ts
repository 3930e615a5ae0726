/** A run by the clock, under the one id that runs of the model have; where that is taken, there is nothing to do. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { executeChild, ParentClosePolicy } from '@temporalio/workflow';
import { syncWorkflowId, type ScheduledSyncInput, type ScheduledSyncResult } from './messages.js';
import { syncModel } from './workflow.js';

export async function scheduledSync({
  model,
  environment,
}: ScheduledSyncInput): Promise<ScheduledSyncResult> {
  try {
    return await executeChild(syncModel, {
      workflowId: syncWorkflowId(model),
      args: [{ model, environment, dryRun: false }],
      // Whoever stops waiting here has not decided about the rows.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${model}, by its schedule`,
      priority: { priorityKey: 5 },
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { skipped: 'another-run' };
    throw error;
  }
}
