/** Calls that give way to something more urgent. */
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';

/**
 * Runs the call, and cancels it once something is due. Returns only when the call has ended, one way or the other.
 * @param dueInMs how long until something more urgent is due: 0 now, Infinity never; asked again whenever anything happens
 * @returns what the call returns, undefined when it was cancelled here
 */
export async function unlessInterrupted<T>(
  call: () => Promise<T>,
  dueInMs: () => number,
): Promise<T | undefined> {
  if (dueInMs() <= 0) return undefined;
  const scope = new CancellationScope();
  const running = scope.run(call);
  const ended = { is: false };
  const end = (): void => {
    ended.is = true;
  };
  const settled = running.then(end, end);
  let isInterrupted = false;
  try {
    await untilDue(() => ended.is, dueInMs);
  } finally {
    // Also when the workflow is cancelled: whatever the call writes is written before anything else is.
    if (!ended.is) {
      isInterrupted = true;
      scope.cancel();
    }
    await settled;
  }
  try {
    return await running;
  } catch (error) {
    if (isInterrupted && isCancellation(error)) return undefined;
    throw error;
  }
}

async function untilDue(hasEnded: () => boolean, dueInMs: () => number): Promise<void> {
  const isEnough = (): boolean => hasEnded() || dueInMs() <= 0;
  while (!isEnough()) {
    const waitMs = dueInMs();
    if (waitMs === Infinity) await condition(isEnough);
    else await condition(isEnough, waitMs, { summary: 'next look at the person' });
  }
}
