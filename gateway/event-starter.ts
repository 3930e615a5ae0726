/** Getting one group into Temporal: one call, and its repetition until the outcome is known. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AcceptedEvent } from '../domain/product-event.js';
import type { IntakeLimits } from './limits.js';

export interface StartRequest {
  readonly workflowId: string;
  readonly events: readonly AcceptedEvent[];
}

/**
 * - `unknown`: no answer, or one that says nothing about whether the workflow exists now
 * - `refused`: certainly not started, and a repeat would be refused too
 *
 * `problem` is a short code for the log.
 */
export type StartAnswer =
  | { readonly kind: 'started' }
  | { readonly kind: 'already-started' }
  | { readonly kind: 'unknown'; readonly problem: string }
  | { readonly kind: 'refused'; readonly problem: string };

export interface EventStarter {
  /** One call to Temporal, at most `timeoutMs` long. A rejection counts as `unknown`. */
  readonly start: (request: StartRequest, timeoutMs: number) => Promise<StartAnswer>;
}

export type StartOutcome = 'started' | 'already-started' | { readonly problem: string };

type RepeatLimits = Pick<IntakeLimits, 'startAttemptTimeoutMs' | 'repeatAfterMs' | 'maxRepeatAfterMs'>;

/**
 * Starts a workflow, repeating under the same id while the outcome is unknown and time is left. A workflow that is
 * found on a repeat was started by the call before, whose answer was lost.
 * @param deadlineMs ms since 1970; there is always one attempt, also past it
 */
export async function startUntilKnown(
  starter: EventStarter,
  request: StartRequest,
  deadlineMs: number,
  limits: RepeatLimits,
): Promise<StartOutcome> {
  for (let attempt = 1; ; attempt++) {
    const answer = await starter
      .start(request, limits.startAttemptTimeoutMs)
      .catch((): StartAnswer => ({ kind: 'unknown', problem: 'unexpected' }));
    if (answer.kind === 'started') return 'started';
    if (answer.kind === 'already-started') return attempt === 1 ? 'already-started' : 'started';
    const waitMs = repeatAfterMs(attempt, limits);
    if (answer.kind === 'refused' || Date.now() + waitMs >= deadlineMs) return { problem: answer.problem };
    await sleep(waitMs);
  }
}

/** Doubling, with up to a third taken off so that several gateways do not repeat in step. */
function repeatAfterMs(attempt: number, limits: RepeatLimits): number {
  const longestMs = Math.min(limits.maxRepeatAfterMs, limits.repeatAfterMs * 2 ** (attempt - 1));
  return longestMs * (1 - Math.random() / 3);
}
