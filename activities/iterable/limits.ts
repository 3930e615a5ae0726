/**
 * The calls of one worker to one Iterable project, held below Iterable's limits. All activities of the worker share
 * one limiter; several workers divide the limits by their `share`. Time is cut into small windows, so that neither
 * a start nor the end of a pause releases a second's worth of calls at once.
 */
import { Lane, type Turn, type Waiting } from '../shared/lane.js';
import { PUBLISHED_PER_SECOND, type LimitKey } from './endpoints.js';

export type { Turn } from '../shared/lane.js';

interface Pace {
  /** Part of a limit that we use: clocks and networks bunch calls up. */
  readonly used: number;
  readonly windowsPerSecond: number;
  /** Calls under way at once: at the full rate this bears answers that take so long. */
  readonly answerSeconds: number;
}

const USUAL: Pace = { used: 0.8, windowsPerSecond: 50, answerSeconds: 0.25 };
/**
 * Bulk calls are few, each carries a thousand rows, and answers take longer. Three in any 0.6 s, so that one that leaves
 * late delays no other. Iterable's bucket holds a second's worth: what the network bunches together, by 0.4 s, passes all
 * the same.
 */
const BULK: Pace = { used: 0.98, windowsPerSecond: 1.6, answerSeconds: 2 };
const PACES: Readonly<Partial<Record<LimitKey, Pace>>> = {
  'users/bulkUpdate': BULK,
  'events/trackBulk': BULK,
};
const paceOf = (key: LimitKey): Pace => PACES[key] ?? USUAL;

const MOST_CONCURRENT = 128;

export interface Limiter {
  /**
   * Runs one call when its turn comes, and tells it how long it has waited. Among those that wait, higher `priority` first.
   * @param waiting.signal ends the waiting; a call that has started is left alone
   */
  readonly run: <T>(
    key: LimitKey,
    call: (waitedMs: number) => Promise<T>,
    waiting: Waiting,
  ) => Promise<Turn<T>>;
  /** No call of this key starts for so long; a shorter pause never cuts a longer one. */
  readonly pause: (key: LimitKey, forMs: number) => void;
}

export interface LimiterSettings {
  /** This worker's part of the project's limits: 1 for a single worker, 0.25 for one of four. */
  readonly share: number;
  /** Calls per second and project, where they differ from Iterable's published ones. */
  readonly perSecond?: Readonly<Partial<Record<LimitKey, number>>>;
}

export function createLimiter(settings: LimiterSettings): Limiter {
  const lanes = new Map<LimitKey, Lane>();
  const laneOf = (key: LimitKey): Lane => {
    const limit = settings.perSecond?.[key] ?? PUBLISHED_PER_SECOND[key];
    const lane = lanes.get(key) ?? laneFor(limit * usedShareOf(key) * settings.share, paceOf(key));
    lanes.set(key, lane);
    return lane;
  };
  return {
    run: (key, call, waiting) => laneOf(key).run(call, waiting),
    pause: (key, forMs) => {
      laneOf(key).pause(forMs);
    },
  };
}

/** Part of an endpoint's limit that we use. */
export function usedShareOf(key: LimitKey): number {
  return paceOf(key).used;
}

/** Whole calls per window, and the window's length in ms that makes it the rate. */
export function windowOf(
  perSecond: number,
  windowsPerSecond = USUAL.windowsPerSecond,
): { readonly calls: number; readonly windowMs: number } {
  const calls = Math.max(1, Math.floor(perSecond / windowsPerSecond));
  return { calls, windowMs: Math.ceil((calls * 1000) / perSecond) };
}

function laneFor(perSecond: number, { windowsPerSecond, answerSeconds }: Pace): Lane {
  return new Lane({
    ...windowOf(perSecond, windowsPerSecond),
    concurrency: Math.min(Math.max(Math.ceil(perSecond * answerSeconds), 1), MOST_CONCURRENT),
  });
}
