/**
 * The calls of one worker to one Iterable project, held below Iterable's limits. All activities of the worker share
 * one limiter; several workers divide the limits by their `share`. Time is cut into small windows, so that neither
 * a start nor the end of a pause releases a second's worth of calls at once.
 */
import PQueue from 'p-queue';
import { PUBLISHED_PER_SECOND, type LimitKey } from './endpoints.js';

/** Part of the published limit that we use: clocks and networks bunch calls up. */
export const USED_OF_PUBLISHED = 0.8;
const WINDOWS_PER_SECOND = 50;
/** Calls under way at once: at the full rate this bears answers that take a quarter of a second. */
const CONCURRENT_SECONDS = 0.25;
const MOST_CONCURRENT = 128;
/** Whoever would have to wait longer is sent away, so that no activity sleeps through a long pause. */
const LONGEST_QUEUED_PAUSE_MS = 10_000;

export type Turn<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The signal came first: nothing was sent. */
  | { readonly kind: 'abandoned' }
  /** Iterable has asked for a long pause: nothing was sent. */
  | { readonly kind: 'paused'; readonly remainingMs: number };

export interface Limiter {
  /**
   * Runs one call when its turn comes, and tells it how long it has waited. Among those that wait, higher `priority` first.
   * @param waiting.signal ends the waiting; a call that has started is left alone
   */
  readonly run: <T>(
    key: LimitKey,
    call: (waitedMs: number) => Promise<T>,
    waiting: { readonly signal: AbortSignal; readonly priority?: number },
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
    const published = settings.perSecond?.[key] ?? PUBLISHED_PER_SECOND[key];
    const lane = lanes.get(key) ?? new Lane(published * USED_OF_PUBLISHED * settings.share);
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

/** Whole calls per window, and the window's length in ms that makes it the rate. */
export function windowOf(perSecond: number): { readonly calls: number; readonly windowMs: number } {
  const calls = Math.max(1, Math.floor(perSecond / WINDOWS_PER_SECOND));
  return { calls, windowMs: Math.ceil((calls * 1000) / perSecond) };
}

class Lane {
  readonly #queue: PQueue;
  readonly #waiting = new Set<() => void>();
  #pausedUntilMs = 0;
  #resume: NodeJS.Timeout | undefined;

  constructor(perSecond: number) {
    const { calls, windowMs } = windowOf(perSecond);
    this.#queue = new PQueue({
      intervalCap: calls,
      interval: windowMs,
      strict: true, // any window, not only those that start at a tick
      concurrency: Math.min(Math.max(Math.ceil(perSecond * CONCURRENT_SECONDS), 1), MOST_CONCURRENT),
    });
  }

  run<T>(
    call: (waitedMs: number) => Promise<T>,
    waiting: { readonly signal: AbortSignal; readonly priority?: number },
  ): Promise<Turn<T>> {
    const fromMs = performance.now();
    return new Promise((resolve, reject) => {
      const sendAway = (): void => {
        resolve({ kind: 'paused', remainingMs: this.#remainingPauseMs() });
      };
      if (this.#remainingPauseMs() > LONGEST_QUEUED_PAUSE_MS) {
        sendAway();
        return;
      }
      this.#waiting.add(sendAway);
      const start = async (): Promise<void> => {
        this.#waiting.delete(sendAway);
        await call(performance.now() - fromMs).then((value) => {
          resolve({ kind: 'done', value });
        }, reject);
      };
      // The queue reports an aborted signal also for a call under way; that one still ends by itself above.
      this.#queue.add(start, waiting).catch(() => {
        if (this.#waiting.delete(sendAway)) resolve({ kind: 'abandoned' });
      });
    });
  }

  pause(forMs: number): void {
    if (forMs <= this.#remainingPauseMs()) return;
    this.#pausedUntilMs = performance.now() + forMs;
    this.#queue.pause();
    clearTimeout(this.#resume);
    this.#resume = setTimeout(() => this.#queue.start(), forMs);
    this.#resume.unref();
    if (forMs > LONGEST_QUEUED_PAUSE_MS) this.#sendAllAway();
  }

  #sendAllAway(): void {
    this.#queue.clear();
    for (const sendAway of this.#waiting) sendAway();
    this.#waiting.clear();
  }

  #remainingPauseMs(): number {
    return Math.max(0, this.#pausedUntilMs - performance.now());
  }
}
