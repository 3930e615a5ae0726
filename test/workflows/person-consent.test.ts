import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ConsentRecord, ConsentRequest } from '../../domain/consent.js';
import { HORIZON_MS } from '../../workflows/shared/delivery.js';
import { consentStateQuery } from '../../workflows/person-consent/messages.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { startRecipes, type Recipes } from '../support/recipes-worker.js';
import {
  outage,
  scriptedPerson,
  SETTINGS,
  type Handle,
  type ScriptedPerson,
} from '../support/scripted-person.js';
import { timeSkippingEnv } from '../support/temporal.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

describe('personConsent', () => {
  let env: TestWorkflowEnvironment;
  let recipes: Recipes;
  let person: ScriptedPerson;
  let startMs: number;
  beforeAll(async () => {
    env = await timeSkippingEnv();
    recipes = await startRecipes(env);
  });
  afterAll(async () => {
    await recipes.stop();
    await env.teardown();
  });
  beforeEach(async () => {
    person = scriptedPerson(env);
    recipes.use(person.activities);
    startMs = await env.currentTimeMs();
  });

  const optOut = (sourceAtMs = startMs, more?: Partial<ConsentRequest>): ConsentRequest =>
    person.request('opt-out', sourceAtMs, more);
  const optIn = (sourceAtMs = startMs, more?: Partial<ConsentRequest>): ConsentRequest =>
    person.request('opt-in', sourceAtMs, more);
  /** [outcome, reason] of each record, in order of decision. */
  const outcomes = (): (readonly [string, string | null])[] =>
    person.records.map(({ outcome, reason }) => [outcome, reason]);
  const recordOf = ({ reference }: ConsentRequest): ConsentRecord | undefined =>
    person.records.findLast((record) => record.reference === reference);
  const sinceStart = (): number[] => person.calls.map(({ atMs }) => atMs - startMs);
  const changes = (): string[] => person.calls.map(({ change, verdict }) => `${change} ${verdict}`);
  const about = (ms: number): object => ({
    asymmetricMatch: (value: unknown) =>
      typeof value === 'number' && value >= ms && value < ms + 5 * SECOND_MS,
    toString: () => `about ${String(ms)}`,
  });
  /** Until nobody can be heard of any more. */
  const toTheEnd = async (handle: Handle): Promise<void> => {
    await handle.result();
  };

  it('opts out, looks again after the settling time, and records when it held', async () => {
    const request = optOut(startMs - 3 * SECOND_MS, { leadId: 17 });
    const handle = await person.tell(request);
    await env.sleep(2 * MINUTE_MS);
    expect(changes()).toEqual(['opt-out delivered', 'opt-out unchanged']);
    expect(person.calls[1]).toMatchObject({ verifies: true });
    expect(sinceStart()).toEqual([about(0), about(MINUTE_MS)]);
    const [written, verified] = person.calls;
    expect(person.records).toEqual([
      {
        reference: request.reference,
        personHash: person.personHash,
        leadId: 17,
        change: 'opt-out',
        source: 'marketo-webhook',
        activityAtMs: request.sourceAtMs,
        receivedAtMs: request.receivedAtMs,
        acknowledgedAtMs: written?.atMs,
        verifiedAtMs: verified?.atMs,
        decidedAtMs: expect.any(Number),
        outcome: 'opted-out',
        reason: null,
        loggedAtMs: expect.any(Number),
      },
    ]);
    expect(await handle.query(consentStateQuery)).toMatchObject({
      standing: 'opted-out',
      pending: [],
      unlogged: 0,
    });
    const { typedSearchAttributes } = await handle.describe();
    expect(typedSearchAttributes.get(searchAttributes.outcome)).toBe('opted-out');
    expect(typedSearchAttributes.get(searchAttributes.personHash)).toEqual([person.personHash]);
  });

  it('has nothing to write for somebody who is opted out already', async () => {
    person.isSubscribed = false;
    await person.tell(optOut());
    await env.sleep(2 * MINUTE_MS);
    expect(changes()).toEqual(['opt-out unchanged']);
    expect(outcomes()).toEqual([['already-opted-out', null]]);
  });

  it('writes again what did not hold, with growing waits, until it does', async () => {
    const held = [false, false, true];
    person.iterable = (_, call) => ({ kind: held[call - 1] === true ? 'unchanged' : 'delivered' });
    await person.tell(optOut());
    await env.sleep(10 * MINUTE_MS);
    expect(sinceStart()).toEqual([about(0), about(MINUTE_MS), about(3 * MINUTE_MS), about(7 * MINUTE_MS)]);
    expect(outcomes()).toEqual([['opted-out', null]]);
  });

  it('writes once for what two sources report, and records both', async () => {
    const [webhook, poll] = [optOut(), optOut(startMs, { source: 'marketo-poll' })];
    await person.tell(webhook);
    await env.sleep(10 * SECOND_MS);
    await person.tell(poll, webhook);
    await env.sleep(2 * MINUTE_MS);
    expect(changes()).toEqual(['opt-out delivered', 'opt-out unchanged']);
    expect([recordOf(webhook)?.outcome, recordOf(poll)?.outcome]).toEqual(['opted-out', 'already-opted-out']);
    await person.tell(webhook, poll);
    await env.sleep(2 * MINUTE_MS);
    expect(person.records).toHaveLength(2);
  });

  it('creates nobody, looks again for days, and opts out whoever appears', async () => {
    person.isSubscribed = undefined;
    await person.tell(optOut());
    await env.sleep(30 * HOUR_MS);
    expect(outcomes()).toEqual([['not-in-iterable', null]]);
    expect(sinceStart()).toEqual([about(0), about(MINUTE_MS), about(HOUR_MS), about(DAY_MS)]);
    person.isSubscribed = true;
    await env.sleep(6 * DAY_MS);
    expect(changes().slice(4)).toEqual(['opt-out delivered', 'opt-out unchanged']);
    expect(outcomes()).toEqual([
      ['not-in-iterable', null],
      ['applied-late', null],
    ]);
  });

  it('takes a profile that shows up within the settling time for one that was there', async () => {
    person.isSubscribed = undefined;
    await person.tell(optOut());
    await env.sleep(30 * SECOND_MS);
    person.isSubscribed = true;
    await env.sleep(5 * MINUTE_MS);
    expect(outcomes()).toEqual([['opted-out', null]]);
  });

  it('stays for eight days after it last heard of somebody, then ends', async () => {
    person.isSubscribed = undefined;
    const handle = await person.tell(optOut());
    await env.sleep(8 * DAY_MS - HOUR_MS);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    expect(await handle.query(consentStateQuery)).toMatchObject({ pending: [] });
    await toTheEnd(handle);
    expect(outcomes()).toEqual([['not-in-iterable', null]]);
    expect(person.calls).toHaveLength(5);
  });

  it('opts in when Marketo has nothing against it', async () => {
    person.isSubscribed = false;
    await person.tell(optIn());
    await env.sleep(2 * MINUTE_MS);
    expect(changes()).toEqual(['opt-in delivered', 'opt-in unchanged']);
    expect(outcomes()).toEqual([['opted-in', null]]);
    await person.tell(optIn(startMs + SECOND_MS));
    await env.sleep(2 * MINUTE_MS);
    expect(outcomes()).toEqual([
      ['opted-in', null],
      ['already-opted-in', null],
    ]);
  });

  const off = { optIns: 'off' } as const;
  it.each([
    ['unsubscribed-in-marketo', {}, 'unsubscribed', 0],
    ['opt-ins-off', off, 'subscribed', 0],
    ['too-old', {}, 'subscribed', 8 * DAY_MS],
  ] as const)('ignores an opt-in: %s', async (reason, settings, standing, ageMs) => {
    person.isSubscribed = false;
    person.settings = { ...SETTINGS, ...settings };
    person.standing = standing;
    await person.tell(optIn(startMs - ageMs));
    await env.sleep(2 * MINUTE_MS);
    expect(outcomes()).toEqual([['ignored', reason]]);
    expect(person.isSubscribed).toBe(false);
  });

  it.each([
    ['channel-closed', 'channel-closed'],
    ['forgotten-user', 'forgotten'],
  ] as const)('ignores an opt-in that Iterable skips: %s', async (skipped, reason) => {
    person.iterable = () => ({ kind: 'skipped', reason: skipped });
    await person.tell(optIn());
    await env.sleep(MINUTE_MS);
    expect(outcomes()).toEqual([['ignored', reason]]);
  });

  it('opts in without asking where that is switched on', async () => {
    person.isSubscribed = false;
    person.settings = { ...SETTINGS, optIns: 'unchecked' };
    person.marketo = () => Promise.reject(outage());
    await person.tell(optIn());
    await env.sleep(2 * MINUTE_MS);
    expect(outcomes()).toEqual([['opted-in', null]]);
  });

  it('waits an hour for the profile of an opt-in, no longer', async () => {
    person.isSubscribed = undefined;
    await person.tell(optIn());
    await env.sleep(2 * HOUR_MS);
    expect(outcomes()).toEqual([['ignored', 'not-in-iterable']]);
    expect(sinceStart().at(-1)).toEqual(about(HOUR_MS));
    expect(person.calls.length).toBeLessThan(10);
  });

  it('ignores an opt-in that comes after a newer opt-out, or one of the same moment', async () => {
    await person.tell(optOut(startMs));
    await env.sleep(5 * MINUTE_MS);
    await person.tell(optIn(startMs - MINUTE_MS), optIn(startMs));
    await env.sleep(5 * MINUTE_MS);
    expect(outcomes().slice(1)).toEqual([
      ['ignored', 'newer-opt-out'],
      ['ignored', 'newer-opt-out'],
    ]);
    expect(person.isSubscribed).toBe(false);
  });

  it('applies the opt-out first, then an opt-in that is newer', async () => {
    await person.tell(optIn(startMs + SECOND_MS), optOut(startMs));
    await env.sleep(5 * MINUTE_MS);
    expect(changes()).toEqual([
      'opt-out delivered',
      'opt-out unchanged',
      'opt-in delivered',
      'opt-in unchanged',
    ]);
    expect(person.isSubscribed).toBe(true);
  });

  it.each([
    ['unsubscribed', { outcome: 'opted-out', reason: null }],
    ['subscribed', { outcome: 'ignored', reason: 'newer-opt-in' }],
  ] as const)(
    'asks Marketo about an opt-out that is older than what was applied: %s',
    async (standing, decision) => {
      person.isSubscribed = false;
      await person.tell(optIn(startMs));
      await env.sleep(5 * MINUTE_MS);
      person.standing = standing;
      const late = optOut(startMs - MINUTE_MS);
      await person.tell(late);
      await env.sleep(5 * MINUTE_MS);
      expect(recordOf(late)).toMatchObject(decision);
      expect(person.isSubscribed).toBe(standing === 'subscribed');
    },
  );

  it('asks Marketo again about an opt-in that an older opt-out has undone', async () => {
    person.isSubscribed = false;
    const [older, newer] = [optOut(startMs - MINUTE_MS), optIn(startMs)];
    await person.tell(newer);
    await env.sleep(10 * SECOND_MS);
    person.standing = 'unsubscribed';
    await person.tell(older);
    await env.sleep(5 * MINUTE_MS);
    expect(recordOf(older)).toMatchObject({ outcome: 'opted-out' });
    expect(recordOf(newer)).toMatchObject({ outcome: 'ignored', reason: 'unsubscribed-in-marketo' });
    expect(person.isSubscribed).toBe(false);
  });

  it('does not opt in again somebody who has opted out in Iterable meanwhile', async () => {
    person.isSubscribed = false;
    await person.tell(optIn());
    await env.sleep(10 * SECOND_MS);
    person.isSubscribed = false;
    await env.sleep(5 * MINUTE_MS);
    expect(outcomes()).toEqual([['ignored', 'newer-opt-out']]);
    expect(person.isSubscribed).toBe(false);
  });

  it('lets opt-outs go on while an opt-in waits for Marketo, which then comes too late', async () => {
    person.marketo = () => Promise.reject(outage());
    const waiting = optIn(startMs);
    await person.tell(waiting);
    await env.sleep(HOUR_MS);
    expect(person.records).toEqual([]);
    await person.tell(optOut(startMs + HOUR_MS));
    await env.sleep(2 * MINUTE_MS);
    expect(changes()).toEqual(['opt-out delivered', 'opt-out unchanged']);
    expect(recordOf(waiting)).toMatchObject({ outcome: 'ignored', reason: 'newer-opt-out' });
  });

  it('applies an opt-in once Marketo can answer, after a day', async () => {
    person.isSubscribed = false;
    person.marketo = () => Promise.reject(outage(HOUR_MS));
    await person.tell(optIn());
    await env.sleep(DAY_MS);
    person.marketo = undefined;
    await env.sleep(2 * HOUR_MS);
    expect(outcomes()).toEqual([['opted-in', null]]);
  });

  it('does not wait for an opt-in whose write does not get through', async () => {
    person.isSubscribed = false;
    person.iterable = ({ change }) => (change === 'opt-in' ? Promise.reject(outage()) : undefined);
    await person.tell(optIn(startMs));
    await env.sleep(HOUR_MS);
    await person.tell(optOut(startMs + HOUR_MS));
    await env.sleep(3 * MINUTE_MS);
    // The opt-in may have been written: what a read shows is not believed until the settling time is over.
    expect(person.calls[0]).toMatchObject({ change: 'opt-out', writtenAtMs: expect.any(Number) });
    expect(outcomes()).toEqual([
      ['ignored', 'newer-opt-out'],
      ['opted-out', null],
    ]);
  });

  it('opts out after a day without Iterable, in one activity', async () => {
    person.iterable = () => Promise.reject(outage(HOUR_MS));
    const handle = await person.tell(optOut());
    await env.sleep(DAY_MS);
    person.iterable = undefined;
    await env.sleep(2 * HOUR_MS);
    expect(outcomes()).toEqual([['opted-out', null]]);
    const { events } = await handle.fetchHistory();
    expect(events?.length).toBeLessThan(60);
  });

  it('records what Iterable never accepts as failed, after 76 hours of trying', async () => {
    person.iterable = () => ({ kind: 'rejected', reason: 'request-refused', class: 'rejected' });
    await person.tell(optOut());
    await env.sleep(HORIZON_MS - HOUR_MS);
    expect(person.records).toEqual([]);
    expect(person.calls.length).toBeLessThan(90);
    await env.sleep(3 * HOUR_MS);
    expect(outcomes()).toEqual([['failed', 'request-refused']]);
  });

  it('gives up after 76 hours without any answer', async () => {
    person.iterable = () => Promise.reject(outage(HOUR_MS));
    await person.tell(optOut());
    await env.sleep(HORIZON_MS + HOUR_MS);
    expect(outcomes()).toEqual([['failed', 'gave-up']]);
  });

  it('records an address that Iterable does not accept at once', async () => {
    person.iterable = () => ({ kind: 'rejected', reason: 'invalid-email', class: 'rejected' });
    await person.tell(optOut());
    await env.sleep(MINUTE_MS);
    expect(outcomes()).toEqual([['invalid-email', null]]);
  });

  it('waits out the rest of the settling time where a write has to build on a read', async () => {
    person.iterable = (_, call) =>
      call === 0
        ? { kind: 'retry', reason: 'settling', class: 'unavailable', afterMs: 45 * SECOND_MS }
        : undefined;
    await person.tell(optOut());
    await env.sleep(5 * MINUTE_MS);
    expect(sinceStart().slice(0, 2)).toEqual([about(0), about(45 * SECOND_MS)]);
    expect(outcomes()).toEqual([['opted-out', null]]);
  });

  it('holds up nothing while the log is down, and logs everything afterwards', async () => {
    let isDown = true;
    person.log = () => {
      if (isDown) throw outage(HOUR_MS);
    };
    const handle = await person.tell(optOut());
    await env.sleep(HOUR_MS);
    await person.tell(optOut(startMs + HOUR_MS));
    await env.sleep(DAY_MS);
    expect(person.records).toEqual([]);
    expect(await handle.query(consentStateQuery)).toMatchObject({ pending: [], unlogged: 2 });
    isDown = false;
    await env.sleep(2 * HOUR_MS);
    expect(outcomes().map(([outcome]) => outcome)).toEqual(['opted-out', 'already-opted-out']);
  });

  it('records what is pending when an operator cancels it, and ends once the log has it', async () => {
    person.isSubscribed = undefined;
    let isDown = true;
    person.log = () => {
      if (isDown) throw outage();
    };
    const handle = await person.tell(optOut());
    await env.sleep(10 * SECOND_MS);
    await handle.cancel();
    await env.sleep(HOUR_MS);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    isDown = false;
    expect(await handle.result()).toMatchObject({ pending: [], unlogged: 0 });
    expect(outcomes()).toEqual([['failed', 'cancelled']]);
  });

  it('shows where each request stands, without an address', async () => {
    person.marketo = () => Promise.reject(outage());
    const handle = await person.tell(optIn());
    await env.sleep(MINUTE_MS);
    const state = await handle.query(consentStateQuery);
    expect(state).toMatchObject({
      standing: 'unknown',
      pending: [{ change: 'opt-in', source: 'product-event', status: 'applying' }],
    });
    expect(JSON.stringify(state)).not.toContain('robin');
  });
});
