import { afterEach, describe, expect, it } from '@jest/globals';
import { showsFields } from '../../../../activities/iterable/sync/shows-fields.js';
import { emailOf, planRows, startLoader, type Loader } from '../../../support/sync-loader.js';

const BULK = '/api/users/bulkUpdate';

describe('verifyRun', () => {
  let loader: Loader;
  afterEach(() => loader.sandbox.close());

  it('sends rows in doubt again where Iterable does not show them', async () => {
    loader = await startLoader({
      plan: planRows(4),
      sandbox: { faults: { seed: 1, rates: { [BULK]: { cut: 1 } } }, invalidEmails: [emailOf(2)] },
    });
    await expect(loader.load()).rejects.toMatchObject({ type: 'unavailable' });
    loader.sandbox.setFaults(undefined);
    await loader.load({}, { attempt: 2 });
    expect(loader.sandbox.userCount()).toBe(0);
    expect(await loader.verify()).toMatchObject({ settled: 4 });
    expect(loader.verdicts()).toEqual(['delivered', 'delivered', 'rejected invalid-email', 'delivered']);
  });

  it('finds the one for whom Iterable fails inside among those who went through', async () => {
    loader = await startLoader({ plan: planRows(30), sandbox: { failingUsers: [emailOf(11)] } });
    expect(await loader.load()).toMatchObject({ calls: 1, verdicts: { unknown: 30 } });
    await loader.verify();
    expect(loader.store.ledger().get(11)).toMatchObject({ verdict: 'rejected', reason: 'failed-inside' });
    expect(loader.verdicts().filter((verdict) => verdict === 'delivered')).toHaveLength(29);
    expect(loader.sandbox.received(BULK)).toHaveLength(2);
  });

  it('waits for what Iterable shows late, and then sends nothing again', async () => {
    let nowMs = 0;
    loader = await startLoader({
      plan: planRows(2),
      sandbox: {
        now: () => (nowMs += 1_000), // each request comes a second later
        readableAfterMs: { users: 4_000, events: 0 },
        faults: { seed: 1, rates: { [BULK]: { 'applied-then-cut': 1 } } },
      },
    });
    await expect(loader.load()).rejects.toMatchObject({ type: 'unavailable' });
    await loader.verify();
    expect(loader.verdicts()).toEqual(['delivered', 'delivered']);
    expect(loader.sandbox.received(BULK)).toHaveLength(1);
  });

  it('counts sampled rows that somebody has changed since', async () => {
    loader = await startLoader({ plan: planRows(20) });
    await loader.load();
    loader.sandbox.addUser(emailOf(3), { seats: 99 });
    expect(await loader.verify(10)).toEqual({ settled: 0, sampled: 10, differing: 1 });
  });
});

describe('a profile shows what was sent', () => {
  it.each([
    ['as it is', { a: 1, b: ['x'] }, { a: 1, b: ['x'] }, true],
    ['beside other fields', { a: 1, z: 2 }, { a: 1 }, true],
    ['null as absence', {}, { a: null }, true],
    ['null as null', { a: null }, { a: null }, true],
    [
      'a time in Iterable’s form',
      { a: '2026-01-02 03:04:05 +00:00' },
      { a: '2026-01-02T03:04:05.000Z' },
      true,
    ],
    ['nulls within objects', { a: { b: 1 } }, { a: { b: 1, c: null } }, true],
    ['not another value', { a: 2 }, { a: 1 }, false],
    ['not a field that should be gone', { a: 2 }, { a: null }, false],
    ['not an object with more in it', { a: { b: 1, c: 2 } }, { a: { b: 1 } }, false],
    ['not another order', { a: [1, 2] }, { a: [2, 1] }, false],
  ])('%s', (_, stored, sent, expected) => {
    expect(showsFields(stored, sent)).toBe(expected);
  });
});
