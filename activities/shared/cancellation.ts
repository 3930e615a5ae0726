/** How an activity ends whose workflow has cancelled it, or whose worker stops. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';

const NEXT_WORKER_MS = 100;

/**
 * @throws ApplicationFailure of type `interrupted`, retryable at once, when the worker stops: the SDK sends the last
 *   heartbeat before it reports a failure, which it does not promise for a cancellation
 * @throws CancelledFailure when the workflow has cancelled the activity
 */
export function throwIfCancelled(): void {
  const { cancellationSignal, cancellationDetails } = Context.current();
  if (cancellationSignal.aborted && cancellationDetails?.workerShutdown) {
    throw ApplicationFailure.create({
      type: 'interrupted',
      message: 'the worker stopped; another one goes on',
      nextRetryDelay: NEXT_WORKER_MS,
      category: ApplicationFailureCategory.BENIGN,
    });
  }
  cancellationSignal.throwIfAborted();
}

/**
 * Waits for work that is done for others as well: whoever is cancelled leaves it to them.
 * @throws as `throwIfCancelled`, or as the work does
 */
export async function orCancelled<T>(work: Promise<T>): Promise<T> {
  try {
    return await Promise.race([work, Context.current().cancelled]);
  } catch (error) {
    throwIfCancelled();
    throw error;
  }
}
