/** Polls of the sandbox Marketo, whose clock stands still unless a story moves it. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { PollStep } from '../../../activities/marketo/contract.js';
import { QUIET } from '../../support/iterable-connector.js';
import { startMarketo, type TestMarketo } from '../../support/marketo-connector.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const CHANGES = '/rest/v1/activities/leadchanges.json';
const ACTIVITIES = '/rest/v1/activities.json';

let marketo: TestMarketo;
afterEach(() => marketo.close());

const wait = (ms: number): void => {
  marketo.clock.nowMs += ms;
};

/** A Marketo that has been polled before. */
async function polled(...args: Parameters<typeof startMarketo>): Promise<PollStep> {
  marketo = await startMarketo(...args);
  wait(MINUTE_MS);
  const step = await marketo.poll();
  wait(5 * MINUTE_MS);
  return step;
}

/** A lead that has long been there. */
const lead = (name: string): number => marketo.sandbox.addLeads(1, () => ({ email: `${name}@example.com` }));
const newLead = (name: string, more: object = {}): number =>
  marketo.sandbox.addLead({ email: `${name}@example.com`, ...more });

async function failureOf(running: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await running.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ApplicationFailure) return error;
  throw new Error(`not the failure that was expected: ${String(error)}`);
}

describe('a poll finds unsubscribes', () => {
  it.each(['link', 'crm', 'api'] as const)('by %s, at the time they were made', async (way) => {
    const { cursor } = await polled();
    const id = lead('Ann');
    lead('bystander');
    wait(MINUTE_MS);
    marketo.sandbox.unsubscribe(id, way);
    const madeMs = marketo.clock.nowMs;
    wait(MINUTE_MS);
    const { counts } = await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['ann@example.com']);
    for (const request of marketo.requests) {
      expect(request).toMatchObject({
        change: 'opt-out',
        source: 'marketo-poll',
        sourceAtMs: madeMs + 999,
        receivedAtMs: madeMs + MINUTE_MS,
        leadId: id,
      });
    }
    expect(counts.started).toBe(way === 'link' ? 2 : 1);
  });

  it.each([[[9]], [[13]]] as const)('that only one feed tells of: activity %j', async (writes) => {
    const { cursor } = await polled();
    marketo.sandbox.unsubscribe(lead('ann'), 'link', { writes });
    await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['ann@example.com']);
  });

  it('by being blocked, and by being born unsubscribed, with and without a change that says so', async () => {
    const { cursor } = await polled();
    marketo.sandbox.blackList(lead('blocked'));
    newLead('born', { unsubscribed: true });
    marketo.sandbox.configure({ bornUnsubscribedWrites: '12-and-13' });
    newLead('born-twice', { unsubscribed: true });
    await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['blocked@example.com', 'born-twice@example.com', 'born@example.com']);
  });

  it('of everybody whose address was unsubscribed at once', async () => {
    const { cursor } = await polled();
    const ids = Array.from({ length: 4 }, () => lead('shared'));
    marketo.sandbox.unsubscribe(ids[0] ?? 0, 'link');
    await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['shared@example.com']);
    expect(new Set(marketo.requests.map(({ leadId }) => leadId))).toEqual(new Set(ids));
  });

  it('that were taken back since; but never acts on what was taken back', async () => {
    const { cursor } = await polled();
    const undecided = lead('undecided');
    const back = newLead('back', { unsubscribed: true });
    const first = await marketo.poll(cursor);
    marketo.requests.length = 0;
    wait(MINUTE_MS);
    marketo.sandbox.unsubscribe(undecided, 'crm');
    wait(MINUTE_MS);
    marketo.sandbox.resubscribe(undecided);
    marketo.sandbox.resubscribe(back);
    const { counts } = await marketo.poll(first.cursor);
    expect(marketo.optedOut()).toEqual(['undecided@example.com']);
    expect(counts.resubscribed).toBe(2);
  });

  it('behind fifty pages without a hit', async () => {
    const { cursor } = await polled({ scannedPerCall: 20 });
    marketo.sandbox.addNoise(1_000, { everyMs: 100 });
    wait(1_000);
    marketo.sandbox.unsubscribe(lead('ann'), 'crm');
    const { counts } = await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['ann@example.com']);
    expect(marketo.sandbox.received(CHANGES).length).toBeGreaterThan(50);
    expect(counts.started).toBe(1);
  });

  it.each([
    { dates: 'mixed', pagingTokens: 'dated', attributeValues: 'strings', changedBooleans: 'mixed' },
    { dates: 'no-zone', emptyResult: 'array', activityIds: 'beyond-int32', changedBooleans: '1' },
    { fieldsPerChange: 'one', nullFields: 'left-out', warnings: 'strings', leadsTellMore: true },
  ] as const)('however Marketo writes them: %j', async (settings) => {
    const { cursor } = await polled(settings);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      wait(1_000);
      marketo.sandbox.unsubscribe(lead(name), name < 'd' ? 'link' : 'api');
    }
    await marketo.poll(cursor);
    expect(marketo.optedOut()).toHaveLength(6);
  });
});

describe('a poll knows whose unsubscribe it was', () => {
  it('when the address changed afterwards: both people, while the new one is flagged too', async () => {
    const { cursor } = await polled();
    const id = lead('old');
    marketo.sandbox.unsubscribe(id, 'crm');
    wait(MINUTE_MS);
    marketo.sandbox.changeEmail(id, 'new@example.com');
    await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['new@example.com', 'old@example.com']);
  });

  it('when the lead moved to a subscribed address: the old one alone', async () => {
    const { cursor } = await polled();
    lead('subscribed');
    const id = lead('old');
    marketo.sandbox.unsubscribe(id, 'crm');
    wait(MINUTE_MS);
    marketo.sandbox.changeEmail(id, 'subscribed@example.com');
    await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['old@example.com']);
  });

  it('when the address changed between two polls, after the first had looked the lead up', async () => {
    const { cursor } = await polled();
    const id = lead('old');
    marketo.sandbox.unsubscribe(id, 'crm');
    const changeMs = marketo.clock.nowMs + MINUTE_MS;
    // The change can be read only by the next poll, and yet it is what the look-up of this one sees.
    marketo.clock.nowMs = changeMs;
    marketo.sandbox.changeEmail(id, 'new@example.com', { visibleAfterMs: MINUTE_MS });
    const first = await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['new@example.com']);
    wait(5 * MINUTE_MS);
    await marketo.poll(first.cursor);
    expect(marketo.optedOut()).toEqual(['new@example.com', 'old@example.com']);
  });

  it('when a lead takes over an unsubscribed address, also where Marketo writes no change of the flag', async () => {
    const { cursor } = await polled({ flipsWriteChanges: false });
    marketo.sandbox.unsubscribe(lead('taken'), 'api');
    const first = await marketo.poll(cursor);
    marketo.requests.length = 0;
    wait(MINUTE_MS);
    marketo.sandbox.changeEmail(lead('mover'), 'taken@example.com');
    await marketo.poll(first.cursor);
    expect(marketo.optedOut()).toEqual(['taken@example.com']);
  });

  it.each(['plain', 'brackets'] as const)('when the lead was merged into another (%s)', async (mergeIds) => {
    const { cursor } = await polled({ mergeIds });
    const winner = lead('winner');
    const loser = lead('loser');
    marketo.sandbox.unsubscribe(loser, 'crm');
    wait(MINUTE_MS);
    marketo.sandbox.mergeLeads(winner, loser);
    const { counts } = await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['winner@example.com']);
    expect(counts.leadGone).toBe(0);
  });

  it('when the merge comes to light only after the lead is gone', async () => {
    const { cursor } = await polled();
    const winner = lead('winner');
    const loser = lead('loser');
    marketo.sandbox.unsubscribe(loser, 'crm');
    marketo.sandbox.mergeLeads(winner, loser, { visibleAfterMs: MINUTE_MS });
    const first = await marketo.poll(cursor);
    expect(first.counts.leadGone).toBe(1);
    wait(5 * MINUTE_MS);
    await marketo.poll(first.cursor);
    expect(marketo.optedOut()).toEqual(['winner@example.com']);
  });

  it('or says that nobody can know: deleted, without address, with an address that is none', async () => {
    const { cursor } = await polled();
    const deleted = lead('deleted');
    const without = marketo.sandbox.addLead({ email: null });
    const broken = marketo.sandbox.addLead({ email: 'not an address' });
    for (const id of [deleted, without, broken]) marketo.sandbox.unsubscribe(id, 'crm');
    marketo.sandbox.deleteLead(deleted);
    const { counts } = await marketo.poll(cursor);
    expect(marketo.requests).toEqual([]);
    expect(counts).toMatchObject({ started: 0, leadGone: 1, noEmail: 1, invalidEmail: 1 });
    const told = marketo.records.map(({ leadId, outcome, personHash }) => ({ leadId, outcome, personHash }));
    expect(told).toEqual([
      { leadId: deleted, outcome: 'lead-gone', personHash: null },
      { leadId: without, outcome: 'no-email', personHash: null },
      { leadId: broken, outcome: 'invalid-email', personHash: expect.stringMatching(/^[a-z2-7]{16}$/) },
    ]);
  });
});

describe('a poll misses nothing and repeats little', () => {
  it('tells nobody twice, neither in the next poll nor in a sweep', async () => {
    const { cursor } = await polled();
    marketo.sandbox.unsubscribe(lead('ann'), 'link');
    const first = await marketo.poll(cursor);
    wait(5 * MINUTE_MS);
    const second = await marketo.poll(first.cursor);
    expect(second.counts).toMatchObject({ started: 0, repeated: 0 });
    wait(HOUR_MS);
    const swept = await marketo.poll(second.cursor);
    expect(swept.counts).toMatchObject({ started: 0, repeated: 2, late: 0 });
    expect(marketo.requests).toHaveLength(2);
  });

  it('finds by the sweep what Marketo shows late, and counts it', async () => {
    const { cursor } = await polled();
    marketo.sandbox.unsubscribe(lead('late'), 'crm', { visibleAfterMs: 50 * MINUTE_MS });
    wait(5 * MINUTE_MS);
    marketo.sandbox.unsubscribe(lead('on-time'), 'crm');
    const first = await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['on-time@example.com']);
    wait(70 * MINUTE_MS);
    const swept = await marketo.poll(first.cursor);
    expect(marketo.optedOut()).toEqual(['late@example.com', 'on-time@example.com']);
    expect(swept.counts).toMatchObject({ late: 1 });
  });

  it.each(['1003', '702'] as const)(
    'mints a refused token anew, from before the overlap (%s)',
    async (code) => {
      const { cursor } = await polled();
      marketo.sandbox.unsubscribe(lead('ann'), 'crm');
      marketo.sandbox.refusePagingTokens(code);
      const { counts } = await marketo.poll(cursor);
      expect(marketo.optedOut()).toEqual(['ann@example.com']);
      expect(counts.started).toBe(1);
      expect(marketo.sandbox.received('/rest/v1/activities/pagingtoken.json')).toHaveLength(4);
    },
  );

  it('renews an access token that Marketo calls over, and does not notice otherwise', async () => {
    const { cursor } = await polled();
    marketo.sandbox.unsubscribe(lead('ann'), 'crm');
    marketo.sandbox.expireAccessToken();
    await marketo.poll(cursor);
    marketo.sandbox.expireAccessToken();
    marketo.sandbox.failNext(CHANGES, '601', '602');
    expect(await failureOf(marketo.poll(cursor))).toMatchObject({ type: 'auth', nonRetryable: false });
    expect(marketo.optedOut()).toEqual(['ann@example.com']);
  });

  it('reads a page whose JSON is broken in the known way, and tries one again that breaks off', async () => {
    const { cursor } = await polled();
    marketo.sandbox.unsubscribe(lead('ann'), 'link');
    marketo.sandbox.failNext(ACTIVITIES, 'doubled-quotes');
    marketo.sandbox.failNext(CHANGES, 'truncated-json');
    expect(await failureOf(marketo.poll(cursor))).toMatchObject({ type: 'unavailable', nonRetryable: false });
    await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['ann@example.com']);
  });

  it('does not move on while the starter fails', async () => {
    const { cursor } = await polled();
    marketo.sandbox.unsubscribe(lead('ann'), 'crm');
    marketo.fails.start = ApplicationFailure.create({ type: 'unavailable', message: 'no Temporal' });
    const env = new MockActivityEnvironment({}, { logger: QUIET });
    const told: unknown[] = [];
    env.on('heartbeat', (details: unknown) => told.push(details));
    await expect(env.run(marketo.activities.followUnsubscribes, cursor)).rejects.toThrow('no Temporal');
    expect(told).toEqual([]);
    delete marketo.fails.start;
    await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['ann@example.com']);
  });

  it('goes on after a crash where its last heartbeat stood, and loses nothing in between', async () => {
    const { cursor } = await polled({ scannedPerCall: 10 }, { tuning: { pagesAtOnce: 3 } });
    for (let n = 0; n < 40; n += 1) {
      wait(1_000);
      marketo.sandbox.addNoise(5);
      marketo.sandbox.unsubscribe(lead(`person-${String(n)}`), 'crm');
    }
    // Ends in the middle of the scan; what came after the last heartbeat is done again.
    marketo.sandbox.failNext(ACTIVITIES, '611', '611', '611');
    let last: unknown;
    const attemptAt = (attempt: number): Promise<PollStep> => {
      const env = new MockActivityEnvironment({ attempt, heartbeatDetails: last }, { logger: QUIET });
      env.on('heartbeat', (details: unknown) => (last = details));
      return env.run(marketo.activities.followUnsubscribes, cursor);
    };
    for (const attempt of [1, 2, 3]) await failureOf(attemptAt(attempt));
    const step = await attemptAt(4);
    expect(step.counts.pages).toBeGreaterThan(10);
    expect(marketo.optedOut()).toHaveLength(40);
    expect(new Set(marketo.requests.map(({ reference }) => reference)).size).toBe(40);
    expect(marketo.requests).toHaveLength(40);
  });

  it('ends a step after some pages, and says that there is more', async () => {
    const { cursor } = await polled({ scannedPerCall: 10 }, { tuning: { pagesAtOnce: 2, pagesPerStep: 4 } });
    marketo.sandbox.addNoise(200);
    marketo.sandbox.unsubscribe(lead('ann'), 'crm');
    const step = await marketo.run(marketo.activities.followUnsubscribes, [cursor]);
    expect(step).toMatchObject({ isCaughtUp: false, counts: { pages: 4, started: 0 } });
    await marketo.poll(step.cursor);
    expect(marketo.optedOut()).toEqual(['ann@example.com']);
  });
});

describe('a poll waits', () => {
  it('for the quota until midnight in Chicago, without a further call', async () => {
    const { cursor } = await polled({ limits: { callsPerDay: 100 } });
    marketo.sandbox.unsubscribe(lead('ann'), 'crm');
    marketo.sandbox.useCalls(100);
    const failure = await failureOf(marketo.poll(cursor));
    const untilMidnightMs = Date.parse('2026-03-03T06:00:00Z') - marketo.clock.nowMs;
    expect(failure).toMatchObject({ type: 'rate-limited', nonRetryable: false });
    expect(Number(failure.nextRetryDelay)).toBeGreaterThanOrEqual(untilMidnightMs);
    const calls = marketo.sandbox.received().length;
    wait(HOUR_MS);
    await failureOf(marketo.poll(cursor));
    expect(marketo.sandbox.received()).toHaveLength(calls);
    wait(untilMidnightMs);
    await marketo.poll(cursor);
    expect(marketo.optedOut()).toEqual(['ann@example.com']);
  });

  it.each([
    ['606', 20_000],
    ['615', 1_000],
  ] as const)('as long as %s takes', async (code, waitMs) => {
    const { cursor } = await polled();
    marketo.sandbox.failNext(CHANGES, code);
    const failure = await failureOf(marketo.poll(cursor));
    expect(failure.type).toBe('rate-limited');
    expect(Number(failure.nextRetryDelay)).toBe(waitMs);
  });

  it('has comparisons wait from four fifths of the quota on, and goes on itself', async () => {
    await polled();
    const id = lead('ann');
    marketo.sandbox.useCalls(40_000);
    wait(15 * MINUTE_MS);
    const failure = await failureOf(marketo.run(marketo.reader.lookUpLeads, [[id]]));
    expect(failure).toMatchObject({ type: 'rate-limited' });
    expect(failure.message).toContain('marketo-quota-kept');
    marketo.sandbox.unsubscribe(id, 'crm');
    await marketo.poll();
    expect(marketo.optedOut()).toEqual(['ann@example.com']);
    wait(24 * HOUR_MS);
    expect(await marketo.run(marketo.reader.lookUpLeads, [[id, 999]])).toEqual([
      { id, email: 'ann@example.com', isUnsubscribed: true },
    ]);
  });
});
