/** When an attempt of an activity stops: first no call starts any more, later none goes on. */
import { setMaxListeners } from 'node:events';
import { Context } from '@temporalio/activity';
import type { Retry } from './answers.js';

/** Kept free at the end of an attempt: one call's longest time, and something for the rest. */
const RESERVE_MS = 40_000;
const OUT_OF_TIME: Retry = { kind: 'retry', reason: 'rate-limited', class: 'rate-limited', afterMs: 1_000 };

export interface Stopper {
  /** Aborted: nothing new. By cancellation, by `stop`, or shortly before the attempt's time is over. */
  readonly starting: AbortSignal;
  /** Aborted: what is under way ends now. Some time after a cancellation. */
  readonly underWay: AbortSignal;
  /** @param verdict of everything that is then not sent */
  readonly stop: (verdict: Retry) => void;
  /** What to say of a call that was not sent. */
  readonly unsent: () => Retry;
  /** Lets go of timers and listeners. */
  readonly end: () => void;
}

/** @param graceMs from a cancellation to the end of what is under way */
export function createStopper(graceMs: number): Stopper {
  const { cancellationSignal, info } = Context.current();
  const starting = new AbortController();
  const underWay = new AbortController();
  setMaxListeners(0, starting.signal, underWay.signal); // one listener per call that waits or runs
  let unsent = OUT_OF_TIME;
  const timers: NodeJS.Timeout[] = [];
  const stop = (verdict: Retry): void => {
    if (!starting.signal.aborted) unsent = verdict;
    starting.abort();
  };
  const cancel = (): void => {
    starting.abort();
    timers.push(
      setTimeout(() => {
        underWay.abort();
      }, graceMs),
    );
  };
  if (cancellationSignal.aborted) cancel();
  else cancellationSignal.addEventListener('abort', cancel, { once: true });
  const lastStartMs = info.startToCloseTimeoutMs - RESERVE_MS;
  if (lastStartMs > 0) timers.push(setTimeout(stop, lastStartMs, OUT_OF_TIME));
  return {
    starting: starting.signal,
    underWay: underWay.signal,
    stop,
    unsent: () => unsent,
    end: () => {
      timers.forEach(clearTimeout);
      cancellationSignal.removeEventListener('abort', cancel);
    },
  };
}
