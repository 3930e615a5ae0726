/** In virtual time: the machine's load decides nothing here. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { PUBLISHED_PER_SECOND } from '../../../activities/iterable/endpoints.js';
import { createLimiter, windowOf, type Limiter, type Turn } from '../../../activities/iterable/limits.js';

const never = new AbortController().signal;

/** The most calls in any stretch of so many ms. */
function mostWithin(stretchMs: number, startsMs: readonly number[]): number {
  return Math.max(
    ...startsMs.map((from) => startsMs.filter((at) => at >= from && at < from + stretchMs).length),
  );
}

/** Many calls at once; the times at which each one starts. */
function crowd(limiter: Limiter, size: number): number[] {
  const startsMs: number[] = [];
  const call = (): Promise<unknown> => Promise.resolve(startsMs.push(performance.now()));
  for (let n = 0; n < size; n += 1) void limiter.run('users/update', call, { signal: never });
  return startsMs;
}

describe('windows', () => {
  it('are a fiftieth of a second, longer for rates below fifty', () => {
    expect(windowOf(400)).toEqual({ calls: 8, windowMs: 20 });
    expect(windowOf(1_600)).toEqual({ calls: 32, windowMs: 20 });
    expect(windowOf(26.7)).toEqual({ calls: 1, windowMs: 38 });
    expect(windowOf(2.4)).toEqual({ calls: 1, windowMs: 417 });
    expect(windowOf(0.6)).toEqual({ calls: 1, windowMs: 1_667 });
  });

  it('keep every second below the published limit, whatever the limit and the share', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (limit, share) => {
          const { calls, windowMs } = windowOf(limit * 0.8 * share);
          expect(calls * Math.ceil(1_000 / windowMs)).toBeLessThanOrEqual(limit);
        },
      ),
    );
  });
});

describe('the limiter', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    ['alone', 1, 40, 400],
    ['as one of two', 0.5, 20, 200],
  ])(
    'a worker %s stays below its part, in each window and each second',
    async (_, share, perWindow, perSecond) => {
      const startsMs = crowd(createLimiter({ share }), 1_000);
      await jest.advanceTimersByTimeAsync(6_000);
      expect(startsMs).toHaveLength(1_000);
      expect(mostWithin(100, startsMs)).toBe(perWindow);
      expect(mostWithin(1_000, startsMs)).toBe(perSecond);
      expect(perSecond).toBeLessThanOrEqual(PUBLISHED_PER_SECOND['users/update'] * share);
    },
  );

  it('a crowd that comes after quiet hours makes no burst', async () => {
    const limiter = createLimiter({ share: 1 });
    crowd(limiter, 3);
    await jest.advanceTimersByTimeAsync(4 * 3_600_000);
    const startsMs = crowd(limiter, 1_000);
    await jest.advanceTimersByTimeAsync(3_000);
    expect(mostWithin(1_000, startsMs)).toBe(400);
  });

  it('a crowd at the end of a window gets no second window at once', async () => {
    const limiter = createLimiter({ share: 1 });
    void limiter.run('users/update', () => new Promise(() => undefined), { signal: never });
    await jest.advanceTimersByTimeAsync(95);
    const startsMs = crowd(limiter, 200);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(startsMs).toHaveLength(200);
    expect(mostWithin(100, startsMs)).toBe(40);
  });

  it('lets nobody through during a pause, and no burst after it; other endpoints go on', async () => {
    const limiter = createLimiter({ share: 1 });
    limiter.pause('users/update', 5_000);
    limiter.pause('users/update', 1); // a shorter one changes nothing
    const startsMs = crowd(limiter, 1_000);
    const other = limiter.run('events/track', () => Promise.resolve('went on'), { signal: never });
    expect(await other).toMatchObject({ kind: 'done', value: 'went on' });
    await jest.advanceTimersByTimeAsync(4_999);
    expect(startsMs).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(startsMs).toHaveLength(1_000);
    expect(mostWithin(1_000, startsMs)).toBe(400);
  });

  it('a longer pause prolongs a shorter one', async () => {
    const limiter = createLimiter({ share: 1 });
    limiter.pause('users/update', 1_000);
    limiter.pause('users/update', 3_000);
    const startsMs = crowd(limiter, 1);
    await jest.advanceTimersByTimeAsync(2_999);
    expect(startsMs).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(2);
    expect(startsMs).toHaveLength(1);
  });

  it('sends everybody away when the pause is long, with the time that remains', async () => {
    const limiter = createLimiter({ share: 1, perSecond: { 'users/update': 10 } }); // 1 per 125 ms
    const calls: string[] = [];
    const run = (name: string): Promise<Turn<number>> =>
      limiter.run('users/update', () => Promise.resolve(calls.push(name)), { signal: never });
    const first = run('first');
    const second = run('second');
    limiter.pause('users/update', 60_000);
    await jest.advanceTimersByTimeAsync(1_000);
    const late = run('late');
    expect(await first).toEqual({ kind: 'done', value: 1 });
    expect(await second).toEqual({ kind: 'paused', remainingMs: 60_000 });
    expect(await late).toEqual({ kind: 'paused', remainingMs: 59_000 });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(calls).toEqual(['first']);
    expect(await run('after')).toMatchObject({ kind: 'done' });
  });

  it('forgets who gives up waiting, and leaves alone what has started', async () => {
    const limiter = createLimiter({ share: 1, perSecond: { 'users/update': 10 } });
    const controller = new AbortController();
    const { signal } = controller;
    const calls: string[] = [];
    let finish = (_: string): void => undefined;
    const slow = limiter.run('users/update', () => new Promise<string>((resolve) => (finish = resolve)), {
      signal,
    });
    const waiting = limiter.run('users/update', () => Promise.resolve(calls.push('waiting')), { signal });
    controller.abort();
    expect(await waiting).toEqual({ kind: 'abandoned' });
    const late = limiter.run('users/update', () => Promise.resolve(calls.push('late')), { signal });
    expect(await late).toEqual({ kind: 'abandoned' });
    finish('its answer');
    expect(await slow).toMatchObject({ kind: 'done', value: 'its answer' });
    await jest.advanceTimersByTimeAsync(10_000);
    expect(calls).toEqual([]);
  });

  it('prefers what matters more, and says how long it waited', async () => {
    const limiter = createLimiter({ share: 1, perSecond: { 'users/update': 10 } });
    const order: string[] = [];
    const run = (name: string, priority: number): Promise<Turn<number>> =>
      limiter.run(
        'users/update',
        (waitedMs) => {
          order.push(name);
          return Promise.resolve(waitedMs);
        },
        { signal: never, priority },
      );
    void run('first come', -3);
    void run('sync', -5);
    void run('event', -3);
    const optOut = run('opt-out', -1);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(order).toEqual(['first come', 'opt-out', 'event', 'sync']);
    expect(await optOut).toEqual({ kind: 'done', value: 125 });
  });

  it('passes on what a call throws, and goes on', async () => {
    const limiter = createLimiter({ share: 1 });
    const defect = (): Promise<never> => Promise.reject(new Error('a defect'));
    await expect(limiter.run('events/track', defect, { signal: never })).rejects.toThrow('a defect');
    const next = limiter.run('events/track', () => Promise.resolve('next'), { signal: never });
    expect(await next).toMatchObject({ kind: 'done', value: 'next' });
  });

  it('never loses a call: each one is done, sent away or abandoned', async () => {
    const step = fc.record({
      act: fc.constantFrom('call', 'call', 'call', 'pause', 'abort', 'wait'),
      ms: fc.integer({ min: 1, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const limiter = createLimiter({ share: 1, perSecond: { 'users/update': 5 } });
        let controller = new AbortController();
        const turns: Promise<Turn<string>>[] = [];
        for (const { act, ms } of steps) {
          const { signal } = controller;
          if (act === 'call')
            turns.push(limiter.run('users/update', () => Promise.resolve('sent'), { signal }));
          if (act === 'pause') limiter.pause('users/update', ms);
          if (act === 'wait') await jest.advanceTimersByTimeAsync(ms);
          if (act === 'abort') {
            controller.abort();
            controller = new AbortController();
          }
        }
        await jest.advanceTimersByTimeAsync(60_000);
        const kinds = (await Promise.all(turns)).map(({ kind }) => kind);
        expect(kinds).toHaveLength(turns.length);
      }),
      { numRuns: 50 },
    );
  });
});
