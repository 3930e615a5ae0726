/** Rate limits: token buckets per endpoint, and caps per day. */
import type { Limit } from './settings.js';

/** What a refused caller is told. */
export interface Refill {
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until the next call is let through. */
  readonly resetSeconds: number;
}

export interface Meter {
  /** @returns nothing when the call may pass. Times are ms since 1970. */
  take(nowMs: number): Refill | undefined;
}

export class TokenBucket implements Meter {
  readonly #limit: Limit;
  #tokens: number;
  #filledAtMs: number | undefined;

  constructor(limit: Limit) {
    this.#limit = limit;
    this.#tokens = limit.burst;
  }

  take(nowMs: number): Refill | undefined {
    const { perSecond, burst } = this.#limit;
    const elapsedMs = Math.max(0, nowMs - (this.#filledAtMs ?? nowMs));
    this.#tokens = Math.min(burst, this.#tokens + (elapsedMs * perSecond) / 1000);
    this.#filledAtMs = nowMs;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return undefined;
    }
    return {
      limit: burst,
      remaining: 0,
      resetSeconds: Math.max(1, Math.ceil((1 - this.#tokens) / perSecond)),
    };
  }
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** At most `calls` in 24 h, counted from the first of them. */
export class DailyCap implements Meter {
  readonly #calls: number;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(calls: number) {
    this.#calls = calls;
  }

  take(nowMs: number): Refill | undefined {
    if (nowMs - this.#startedAtMs >= DAY_MS) {
      this.#startedAtMs = nowMs;
      this.#used = 0;
    }
    if (this.#used < this.#calls) {
      this.#used += 1;
      return undefined;
    }
    const resetSeconds = Math.ceil((this.#startedAtMs + DAY_MS - nowMs) / 1000);
    return { limit: this.#calls, remaining: 0, resetSeconds };
  }
}
