/** In virtual time: the machine's load decides nothing here. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createLimiter, windowOf, type Limiter } from '../../../activities/marketo/limits.js';

const never = new AbortController().signal;
const WINDOW_MS = 20_000;

/** Many calls at once, of so long each; the times at which each one starts, and the most under way. */
function crowd(limiter: Limiter, size: number, lastsMs = 0): { startsMs: number[]; most: () => number } {
  const startsMs: number[] = [];
  let underWay = 0;
  let most = 0;
  const call = async (): Promise<void> => {
    startsMs.push(performance.now());
    underWay += 1;
    most = Math.max(most, underWay);
    if (lastsMs > 0) await new Promise((resolve) => setTimeout(resolve, lastsMs));
    underWay -= 1;
  };
  for (let n = 0; n < size; n += 1) void limiter.run(call, { signal: never });
  return { startsMs, most: () => most };
}

const mostInAnyWindow = (startsMs: readonly number[]): number =>
  Math.max(...startsMs.map((from) => startsMs.filter((at) => at >= from && at < from + WINDOW_MS).length));

describe("Marketo's limiter", () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    [1, 50, 5],
    [0.5, 25, 2],
    [0.1, 5, 1],
  ])('with a share of %d: %d calls in any 20 s, %d at once', async (share, calls, atOnce) => {
    const { startsMs, most } = crowd(createLimiter({ share }), calls * 4, 700);
    // In steps: one call at a time leaves moments without any timer, over which the clock would leap.
    for (let n = 0; n < 240; n += 1) await jest.advanceTimersByTimeAsync(350);
    expect(startsMs).toHaveLength(calls * 4);
    expect(mostInAnyWindow(startsMs)).toBeLessThanOrEqual(calls);
    expect(most()).toBe(atOnce);
  });

  it('gives a small share a longer window, so that no share exceeds its part', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1, noNaN: true }), (share) => {
        const { calls, windowMs } = windowOf(50 * share);
        expect(calls / windowMs).toBeLessThanOrEqual((50 * share * (1 + 1e-9)) / WINDOW_MS);
        expect(calls).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it('waits out a short pause, and sends everybody away in a long one, with its reason', async () => {
    const limiter = createLimiter({ share: 1 });
    limiter.pause(3_000, 'marketo-busy');
    const { startsMs } = crowd(limiter, 3);
    await jest.advanceTimersByTimeAsync(2_999);
    expect(startsMs).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(startsMs).toHaveLength(3);
    limiter.pause(3_600_000, 'marketo-quota');
    const turn = limiter.run(() => Promise.resolve('sent'), { signal: never });
    expect(await turn).toEqual({ kind: 'paused', remainingMs: 3_600_000 });
    expect(limiter.pausedBecause()).toBe('marketo-quota');
  });

  it('goes by the clock that it is given, also where that clock leaps', async () => {
    let nowMs = 0;
    const limiter = createLimiter({ share: 1, clock: () => nowMs });
    limiter.pause(86_400_000, 'marketo-quota');
    expect(await limiter.run(() => Promise.resolve('sent'), { signal: never })).toMatchObject({
      kind: 'paused',
    });
    nowMs = 86_400_000;
    expect(await limiter.run(() => Promise.resolve('sent'), { signal: never })).toMatchObject({
      kind: 'done',
      value: 'sent',
    });
  });

  it('lets standings go before polls, and polls before comparisons', async () => {
    const limiter = createLimiter({ share: 0.02 }); // one call at a time
    const order: string[] = [];
    const run = (name: string, priority: number): void => {
      void limiter.run(() => Promise.resolve(order.push(name)), { signal: never, priority });
    };
    run('under way', 1);
    run('comparison', 1);
    run('poll', 2);
    run('standing', 3);
    await jest.advanceTimersByTimeAsync(4 * WINDOW_MS);
    expect(order).toEqual(['under way', 'standing', 'poll', 'comparison']);
  });
});
