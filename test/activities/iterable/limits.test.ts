import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLimiter, windowOf, type Turn } from '../../../activities/iterable/limits.js';

const never = new AbortController().signal;
const value = <T>(turn: Turn<T>): T | string => (turn.kind === 'done' ? turn.value : turn.kind);

/** The most calls in any stretch of so many ms. */
function mostWithin(windowMs: number, startsMs: readonly number[]): number {
  const sorted = [...startsMs].sort((a, b) => a - b);
  return Math.max(...sorted.map((from) => sorted.filter((at) => at >= from && at < from + windowMs).length));
}

describe('windows', () => {
  it('are a tenth of a second, longer for rates below ten', () => {
    expect(windowOf(400)).toEqual({ calls: 40, windowMs: 100 });
    expect(windowOf(1_600)).toEqual({ calls: 160, windowMs: 100 });
    expect(windowOf(26.7)).toEqual({ calls: 2, windowMs: 75 });
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
  it('never starts more calls in any window than it may, from the first call on', async () => {
    const limiter = createLimiter({ share: 1, perSecond: { 'users/update': 250 } }); // 20 per 100 ms
    const startsMs: number[] = [];
    const call = (): Promise<void> => {
      startsMs.push(performance.now());
      return Promise.resolve();
    };
    await Promise.all(Array.from({ length: 70 }, () => limiter.run('users/update', call, { signal: never })));
    expect(startsMs).toHaveLength(70);
    expect(mostWithin(98, startsMs)).toBe(20);
  });

  it('divides the limit by the share of the worker', async () => {
    const limiter = createLimiter({ share: 0.5, perSecond: { 'users/update': 250 } });
    const startsMs: number[] = [];
    const call = (): Promise<number> => Promise.resolve(startsMs.push(performance.now()));
    await Promise.all(Array.from({ length: 25 }, () => limiter.run('users/update', call, { signal: never })));
    expect(mostWithin(98, startsMs)).toBe(10);
  });

  it('lets nobody through during a pause, and no crowd after it; other endpoints go on', async () => {
    const limiter = createLimiter({ share: 1, perSecond: { 'users/update': 250 } });
    limiter.pause('users/update', 80);
    limiter.pause('users/update', 1); // a shorter one changes nothing
    const pausedAtMs = performance.now();
    const startsMs: number[] = [];
    const call = (): Promise<number> => Promise.resolve(startsMs.push(performance.now()));
    const waiting = Array.from({ length: 50 }, () => limiter.run('users/update', call, { signal: never }));
    const other = await limiter.run('events/track', () => Promise.resolve('went on'), { signal: never });
    expect(value(other)).toBe('went on');
    expect(startsMs).toHaveLength(0);
    await Promise.all(waiting);
    expect(Math.min(...startsMs)).toBeGreaterThanOrEqual(pausedAtMs + 78);
    expect(mostWithin(98, startsMs)).toBe(20);
  });

  it('sends everybody away when the pause is long, with the time that remains', async () => {
    const limiter = createLimiter({ share: 1, perSecond: { 'users/update': 10 } }); // 1 per 125 ms
    const calls: string[] = [];
    const run = (name: string): Promise<Turn<number>> =>
      limiter.run('users/update', () => Promise.resolve(calls.push(name)), { signal: never });
    const first = run('first');
    const waiting = [run('second'), run('third')];
    limiter.pause('users/update', 60_000);
    const late = run('late');
    expect((await first).kind).toBe('done');
    for (const turn of await Promise.all([...waiting, late])) {
      expect(turn).toEqual({ kind: 'paused', remainingMs: expect.any(Number) });
      expect(turn.kind === 'paused' && turn.remainingMs).toBeGreaterThan(50_000);
    }
    expect(calls).toEqual(['first']);
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
    expect(value(await slow)).toBe('its answer');
    expect(calls).toEqual([]);
  });

  it('prefers what matters more', async () => {
    const limiter = createLimiter({ share: 1, perSecond: { 'users/update': 50 } }); // 4 per 100 ms
    const order: string[] = [];
    const run = (name: string, priority: number): Promise<Turn<number>> =>
      limiter.run('users/update', () => Promise.resolve(order.push(name)), { signal: never, priority });
    const full = Array.from({ length: 4 }, () => run('first come', -3));
    await Promise.all([...full, run('sync', -5), run('event', -3), run('opt-out', -1)]);
    expect(order.slice(4)).toEqual(['opt-out', 'event', 'sync']);
  });

  it('passes on what a call throws', async () => {
    const limiter = createLimiter({ share: 1 });
    const defect = (): Promise<never> => Promise.reject(new Error('a defect'));
    await expect(limiter.run('events/track', defect, { signal: never })).rejects.toThrow('a defect');
    const next = await limiter.run('events/track', () => Promise.resolve('next'), { signal: never });
    expect(value(next)).toBe('next');
  });
});
