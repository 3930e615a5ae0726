/**
 * All calls of one worker to one Marketo instance: one queue, held at half of what Marketo allows, because others use
 * the instance as well. Several workers divide that by their `share`.
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/rest-api#api-usage-limits
 */
import type { Reason } from '../../domain/reasons.js';
import { Lane, type Turn, type Waiting } from '../shared/lane.js';

/** Marketo allows an instance 100 and 10; an integration is advised to stay at these. */
const CALLS = 50;
const WINDOW_MS = 20_000;
const AT_ONCE = 5;

/** Who goes first when calls wait; higher ones do. */
export const PRIORITY = {
  /** Somebody waits for an answer about one person. */
  standing: 3,
  poll: 2,
  /** Comparisons, extracts, usage. */
  background: 1,
} as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

export interface LimiterSettings {
  /** This worker's part: 1 for a single worker, 0.25 for one of four. */
  readonly share: number;
  /** For tests and benchmarks. */
  readonly callsPerWindow?: number;
  /** The clock of pauses, ms; a steady one of its own unless told. */
  readonly clock?: () => number;
}

export interface Limiter {
  readonly run: <T>(call: (waitedMs: number) => Promise<T>, waiting: Waiting) => Promise<Turn<T>>;
  /** No call starts for so long; a shorter pause never cuts a longer one. */
  readonly pause: (forMs: number, reason: Reason) => void;
  /** Why the last pause was made. */
  readonly pausedBecause: () => Reason;
}

export function createLimiter(settings: LimiterSettings): Limiter {
  const lane = new Lane({
    ...windowOf((settings.callsPerWindow ?? CALLS) * settings.share),
    concurrency: Math.max(1, Math.floor(AT_ONCE * settings.share)),
    ...(settings.clock === undefined ? {} : { clock: settings.clock }),
  });
  let because: Reason = 'marketo-busy';
  return {
    run: (call, waiting) => lane.run(call, waiting),
    pause: (forMs, reason) => {
      because = reason;
      lane.pause(forMs);
    },
    pausedBecause: () => because,
  };
}

/** Whole calls per window; for a share below one call the window grows. */
export function windowOf(calls: number): { readonly calls: number; readonly windowMs: number } {
  return calls >= 1
    ? { calls: Math.floor(calls), windowMs: WINDOW_MS }
    : { calls: 1, windowMs: Math.ceil(WINDOW_MS / calls) };
}
