import { afterEach, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import type { ConsentItem, ConsentVerdict } from '../../../activities/iterable/consent-contract.js';
import { CHANNELS, MESSAGE_TYPES } from '../../../sandbox/iterable/project.js';
import type { SandboxOptions, SandboxSettings } from '../../../sandbox/iterable/index.js';
import { TEST_HASHER } from '../../support/events.js';
import { CONSENT, startConnector, START_MS, type TestConnector } from '../../support/iterable-connector.js';

const MARKETING = 101;
const FORBIDDEN = 102;
const OTHER_OPT_IN = 104;
const CHANNEL = 11;
const LIST = 301;
const OTHER: (typeof MESSAGE_TYPES)[number] = {
  id: OTHER_OPT_IN,
  name: 'Product Updates',
  channelId: CHANNEL,
  subscriptionPolicy: 'OptIn',
  createdAt: START_MS,
  updatedAt: START_MS,
};
const TYPES = [...MESSAGE_TYPES, OTHER];
const PERSON = 'robin+50%/a@example.com';

const item = (change: ConsentItem['change'], more: Partial<ConsentItem> = {}): ConsentItem => {
  const email = more.email ?? PERSON;
  return { personHash: TEST_HASHER.person(email), email, change, ...more };
};

describe('applyConsent', () => {
  const started: TestConnector[] = [];
  const start = async (options: SandboxOptions = {}): Promise<TestConnector> => {
    const connector = await startConnector({ messageTypes: TYPES, ...options });
    started.push(connector);
    return connector;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map(({ sandbox }) => sandbox.close()));
  });

  const one = async (connector: TestConnector, of: ConsentItem): Promise<ConsentVerdict['verdict']> => {
    const [result] = await connector.apply(of);
    if (result === undefined) throw new Error('no verdict');
    return result.verdict;
  };
  const mailable = ({ sandbox }: TestConnector, email = PERSON): boolean | undefined =>
    sandbox.mailable(email, MARKETING);
  const writes = ({ sandbox }: TestConnector): string[] =>
    sandbox.received().flatMap(({ method, route = '' }) => (method === 'GET' ? [] : [`${method} ${route}`]));
  const failureOf = async (running: Promise<unknown>): Promise<ApplicationFailure> => {
    const error: unknown = await running.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof ApplicationFailure) return error;
    throw new Error('it did not fail');
  };
  /** Everything that is not ours, as somebody else has set it. */
  const PREFERENCES = {
    emailListIds: [LIST],
    unsubscribedMessageTypeIds: [FORBIDDEN, 103],
    subscribedMessageTypeIds: [OTHER_OPT_IN, MARKETING],
  };
  const preferencesOf = ({ sandbox }: TestConnector): object | undefined => {
    const user = sandbox.user(PERSON);
    return (
      user && {
        lists: user.emailListIds,
        channels: user.unsubscribedChannelIds,
        unsubscribed: user.unsubscribedMessageTypeIds,
        subscribed: user.subscribedMessageTypeIds,
      }
    );
  };
  const WITHOUT_MARKETING = {
    lists: [LIST],
    channels: [],
    unsubscribed: [FORBIDDEN, 103],
    subscribed: [OTHER_OPT_IN],
  };

  const MODES: readonly (readonly [string, Partial<SandboxSettings>, string])[] = [
    ['targeted', {}, 'DELETE /api/subscriptions/{group}/{id}/user/{email}'],
    [
      'targeted, empty 202',
      { targetedAnswer: 'accepted' },
      'DELETE /api/subscriptions/{group}/{id}/user/{email}',
    ],
    ['merging', { targetedSubscriptions: false }, 'POST /api/users/updateSubscriptions'],
  ];
  it.each(MODES)('opts out and in again, and touches nothing else: %s', async (_, settings, write) => {
    const connector = await start(settings);
    connector.sandbox.addUser(PERSON, PREFERENCES);
    expect(await one(connector, item('opt-out'))).toEqual({ kind: 'delivered' });
    expect(mailable(connector)).toBe(false);
    expect(preferencesOf(connector)).toEqual(WITHOUT_MARKETING);
    expect(writes(connector).at(-1)).toBe(write);
    expect(await one(connector, item('opt-out'))).toEqual({ kind: 'unchanged' });
    expect(await one(connector, item('opt-in'))).toEqual({ kind: 'delivered' });
    expect(mailable(connector)).toBe(true);
    expect(await one(connector, item('opt-in'))).toEqual({ kind: 'unchanged' });
    expect(preferencesOf(connector)).toEqual({ ...WITHOUT_MARKETING, subscribed: [OTHER_OPT_IN, MARKETING] });
  });

  it.each(MODES)('creates nobody: %s', async (_, settings) => {
    const connector = await start(settings);
    for (const change of ['opt-out', 'opt-in'] as const) {
      expect(await one(connector, item(change))).toEqual({ kind: 'skipped', reason: 'not-in-iterable' });
    }
    expect(connector.sandbox.userCount()).toBe(0);
  });

  it.each(MODES)('leaves a closed channel closed: %s', async (_, settings) => {
    const connector = await start(settings);
    connector.sandbox.addUser(PERSON, { unsubscribedChannelIds: [CHANNEL] });
    expect(await one(connector, item('opt-in'))).toEqual({ kind: 'skipped', reason: 'channel-closed' });
    expect(writes(connector)).toEqual([]);
  });

  it('opts out also of a type whose channel is closed: the channel may be opened again', async () => {
    const connector = await start();
    connector.sandbox.addUser(PERSON, { ...PREFERENCES, unsubscribedChannelIds: [CHANNEL] });
    expect(await one(connector, item('opt-out'))).toEqual({ kind: 'delivered' });
    expect(preferencesOf(connector)).toMatchObject({ channels: [CHANNEL], subscribed: [OTHER_OPT_IN] });
  });

  it('asks for the targeted endpoints again only after an hour', async () => {
    const connector = await start({ targetedSubscriptions: false });
    connector.sandbox.addUser(PERSON, PREFERENCES);
    await one(connector, item('opt-out'));
    await one(connector, item('opt-in'));
    expect(writes(connector).filter((write) => write.startsWith('DELETE'))).toHaveLength(1);
    connector.sandbox.configure({ targetedSubscriptions: true });
    connector.clock.nowMs += 3_600_000;
    await one(connector, item('opt-out'));
    expect(writes(connector).filter((write) => write.startsWith('DELETE'))).toHaveLength(2);
  });

  it.each(['only-adds', 'removes-and-adds'] as const)(
    'merges when the targeted write has not held: %s',
    async (unsubscribeFromOptIn) => {
      const connector = await start({ unsubscribeFromOptIn });
      connector.sandbox.addUser(PERSON, PREFERENCES);
      await one(connector, item('opt-out'));
      const holds = unsubscribeFromOptIn === 'removes-and-adds';
      expect(mailable(connector)).toBe(!holds);
      expect(await one(connector, item('opt-out', { verifies: true }))).toEqual({
        kind: holds ? 'unchanged' : 'delivered',
      });
      expect(mailable(connector)).toBe(false);
      expect(preferencesOf(connector)).toMatchObject({ subscribed: [OTHER_OPT_IN] });
      expect(await one(connector, item('opt-in'))).toEqual({ kind: 'delivered' });
      expect(await one(connector, item('opt-in', { verifies: true }))).toEqual({ kind: 'unchanged' });
      expect(mailable(connector)).toBe(true);
    },
  );

  it.each(MODES)(
    'does not write again an opt-in that is gone when it is verified: %s',
    async (_, settings) => {
      const connector = await start(settings);
      connector.sandbox.addUser(PERSON, {});
      expect(await one(connector, item('opt-in'))).toEqual({ kind: 'delivered' });
      expect(await one(connector, item('opt-in', { verifies: true }))).toEqual({ kind: 'unchanged' });
      const target = { group: 'messageType', id: MARKETING, policy: 'OptIn' } as const;
      connector.sandbox.changePreference(PERSON, target, 'unsubscribe');
      const gone = { kind: 'skipped', reason: 'opted-out-since' };
      expect(await one(connector, item('opt-in', { verifies: true }))).toEqual(gone);
      expect(mailable(connector)).toBe(false);
    },
  );

  it('loses a change of somebody else’s in the window of a merge, and none with a targeted write', async () => {
    for (const targetedSubscriptions of [true, false]) {
      const connector = await start({ targetedSubscriptions });
      connector.sandbox.addUser(PERSON, { subscribedMessageTypeIds: [MARKETING] });
      await one(connector, item('opt-out')); // whether the targeted endpoints are there is known from here on
      await one(connector, item('opt-in'));
      // Somebody subscribes to another type right after our read: the sandbox's clock is asked once per request.
      const other = { group: 'messageType', id: OTHER_OPT_IN, policy: 'OptIn' } as const;
      const before = connector.sandbox.received('/api/users/getByEmail').length;
      connector.sandbox.configure({
        now: () => {
          const hasRead = connector.sandbox.received('/api/users/getByEmail').length > before;
          if (hasRead && !connector.sandbox.mailable(PERSON, OTHER_OPT_IN)) {
            connector.sandbox.configure({ now: () => connector.clock.nowMs });
            connector.sandbox.changePreference(PERSON, other, 'subscribe');
          }
          return connector.clock.nowMs;
        },
      });
      expect(await one(connector, item('opt-out'))).toEqual({ kind: 'delivered' });
      expect(mailable(connector)).toBe(false);
      expect(connector.sandbox.mailable(PERSON, OTHER_OPT_IN)).toBe(targetedSubscriptions);
    }
  });

  it('does not believe a read within the settling time', async () => {
    const connector = await start({ readableAfterMs: { users: 30_000, events: 0 } });
    connector.sandbox.addUser(PERSON, {});
    const writtenAtMs = connector.clock.nowMs;
    expect(await one(connector, item('opt-in'))).toEqual({ kind: 'delivered' });
    connector.clock.nowMs += 1_000;
    // A read still shows nobody subscribed: to take that for opted out would leave the opt-in standing.
    expect(await one(connector, item('opt-out', { writtenAtMs }))).toEqual({ kind: 'delivered' });
    expect(mailable(connector)).toBe(false);
  });

  it('does not merge into what a read shows within the settling time', async () => {
    const connector = await start({
      targetedSubscriptions: false,
      readableAfterMs: { users: 30_000, events: 0 },
    });
    connector.sandbox.addUser(PERSON, {});
    const writtenAtMs = connector.clock.nowMs;
    expect(await one(connector, item('opt-in'))).toEqual({ kind: 'delivered' });
    connector.clock.nowMs += 1_000;
    const settling = { kind: 'retry', reason: 'settling', class: 'unavailable', afterMs: 59_000 };
    expect(await one(connector, item('opt-out', { writtenAtMs }))).toEqual(settling);
    connector.clock.nowMs = writtenAtMs + CONSENT.settleMs;
    expect(await one(connector, item('opt-out', { writtenAtMs }))).toEqual({ kind: 'delivered' });
    expect(mailable(connector)).toBe(false);
  });

  it.each([true, false])(
    'loses and undoes nothing when a write is applied and its answer is lost: targeted %s',
    async (targetedSubscriptions) => {
      const connector = await start({ targetedSubscriptions });
      connector.sandbox.addUser(PERSON, PREFERENCES);
      const lost = { 'applied-then-cut': 1 };
      const rates = {
        '/api/subscriptions/{group}/{id}/user/{email}': targetedSubscriptions ? lost : {},
        '/api/users/updateSubscriptions': lost,
      };
      connector.sandbox.setFaults({ seed: 1, rates });
      expect(await failureOf(connector.apply(item('opt-out')))).toMatchObject({ type: 'unavailable' });
      connector.sandbox.setFaults(undefined);
      expect(await one(connector, item('opt-out'))).toEqual({ kind: 'unchanged' });
      expect(preferencesOf(connector)).toEqual(WITHOUT_MARKETING);
    },
  );

  it.each([true, false])('reads right before it writes: targeted %s', async (targetedSubscriptions) => {
    const connector = await start({ targetedSubscriptions });
    connector.sandbox.addUser(PERSON, PREFERENCES);
    await one(connector, item('opt-out'));
    const [write, read] = connector.sandbox.received().toReversed();
    expect(read?.route).toBe('/api/users/getByEmail');
    expect(write?.method).toBe(targetedSubscriptions ? 'DELETE' : 'POST');
    if (!targetedSubscriptions) {
      expect(write?.body).toEqual({
        email: PERSON,
        subscribedMessageTypeIds: [OTHER_OPT_IN],
        validateChannelAlignment: false,
      });
    }
  });

  it('writes nothing for the forgotten, and says so', async () => {
    const connector = await start({ forgottenEmails: [PERSON] });
    connector.sandbox.addUser(PERSON, PREFERENCES);
    expect(await one(connector, item('opt-out'))).toEqual({ kind: 'skipped', reason: 'forgotten-user' });
  });

  const [marketing, forbidden, transactional] = MESSAGE_TYPES;
  if (marketing === undefined || forbidden === undefined || transactional === undefined) throw new Error();
  const MISMATCHES: readonly (readonly [string, Partial<SandboxSettings>])[] = [
    ['has no message type "GitLab Marketing"', { messageTypes: [forbidden, transactional] }],
    ['has 2 message types named "GitLab Marketing"', { messageTypes: [...TYPES, { ...marketing, id: 9 }] }],
    [
      'has the message type "GitLab Marketing" as OptOut, not OptIn',
      { messageTypes: [{ ...marketing, subscriptionPolicy: 'OptOut' }, forbidden, transactional] },
    ],
    [
      'has the message type "Transactional" in another channel than "Transactional Channel"',
      { messageTypes: [marketing, forbidden, { ...transactional, channelId: CHANNEL }] },
    ],
    ['has no channel "Marketing Channel"', { channels: [] }],
  ];
  it.each(MISMATCHES)('stops when Iterable %s', async (what, settings) => {
    const connector = await start(settings);
    connector.sandbox.addUser(PERSON, PREFERENCES);
    const failure = await failureOf(connector.apply(item('opt-out')));
    expect(failure).toMatchObject({ type: 'auth', nonRetryable: false });
    expect(failure.message).toContain(`schema-mismatch: Iterable ${what}`);
    expect(writes(connector)).toEqual([]);
    connector.sandbox.configure({ messageTypes: TYPES, channels: CHANNELS });
    expect(await one(connector, item('opt-out'))).toEqual({ kind: 'delivered' });
  });

  it('bears that the forbidden type is gone', async () => {
    const connector = await start({ messageTypes: [marketing, transactional] });
    connector.sandbox.addUser(PERSON, { subscribedMessageTypeIds: [MARKETING] });
    expect(await one(connector, item('opt-out'))).toEqual({ kind: 'delivered' });
  });

  it('reads the ids once for many, again after an hour, and when one of them is gone', async () => {
    const connector = await start();
    connector.sandbox.addUser(PERSON, PREFERENCES);
    const reads = (): number => connector.sandbox.received('/api/messageTypes').length;
    await one(connector, item('opt-out'));
    await one(connector, item('opt-in'));
    expect(reads()).toBe(1);
    connector.clock.nowMs += 3_600_000;
    await one(connector, item('opt-out'));
    expect(reads()).toBe(2);
    // The type was deleted and made anew: the id of the same name is another one.
    connector.sandbox.configure({ messageTypes: [{ ...marketing, id: 901 }, forbidden, transactional] });
    expect(await failureOf(connector.apply(item('opt-in')))).toMatchObject({ type: 'auth' });
    expect(await one(connector, item('opt-in'))).toEqual({ kind: 'delivered' });
    expect(connector.sandbox.mailable(PERSON, 901)).toBe(true);
  });

  it('says what became of each, in order, whoever comes how often', async () => {
    const connector = await start({ invalidEmails: ['refused@example.com'] });
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            who: fc.constantFrom('known', 'unknown', 'gone', 'other'),
            change: fc.constantFrom('opt-out', 'opt-in'),
          }),
          { maxLength: 12 },
        ),
        async (asked) => {
          connector.sandbox.reset();
          for (const who of ['known', 'other']) {
            connector.sandbox.addUser(`${who}@example.com`, { subscribedMessageTypeIds: [MARKETING] });
          }
          const items = asked.map(({ who, change }) => item(change, { email: `${who}@example.com` }));
          const verdicts = await connector.apply(...items);
          expect(verdicts.map(({ personHash }) => personHash)).toEqual(
            items.map(({ personHash }) => personHash),
          );
          for (const [index, { who }] of asked.entries()) {
            const kind = verdicts[index]?.verdict.kind;
            if (who === 'known' || who === 'other') expect(['delivered', 'unchanged']).toContain(kind);
            else expect(kind).toBe('skipped');
          }
          for (const who of ['known', 'other']) {
            const last = asked.findLast((each) => each.who === who);
            expect(mailable(connector, `${who}@example.com`)).toBe(last?.change !== 'opt-out');
          }
          expect(connector.sandbox.userCount()).toBe(2);
        },
      ),
      { numRuns: 20 },
    );
  });
});
