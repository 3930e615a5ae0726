import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { TokenBucket } from '../../sandbox/iterable/buckets.js';
import { Delayed } from '../../sandbox/iterable/delayed.js';
import { NO_SUBSCRIPTIONS, applyTargeted, isMailable } from '../../sandbox/iterable/subscriptions.js';
import { namedIn, useSandboxes } from './ask-iterable.js';

const start = useSandboxes();
const Counts = z.object({ successCount: z.number(), failCount: z.number() });
const quick = { numRuns: 60 };

const email = fc.constantFrom(
  'ada@example.com',
  'ADA@example.com',
  'bob@example.com',
  'gone@example.com',
  'bad',
  'sick@example.com',
  '',
);
const userId = fc.constantFrom('1', '2', 'zoë', '');
const identity = fc.oneof(
  fc.record({ email }),
  fc.record({ userId }),
  fc.record({ email, userId }),
  fc.constant({}),
);
const settings = {
  limits: 'off',
  forgottenEmails: ['gone@example.com'],
  failingUsers: ['sick@example.com'],
  disallowedEventNames: ['Nope'],
} as const;

describe('bulk answers', () => {
  it.each(['email', 'userId', 'hybrid'] as const)(
    'account for every row of users/bulkUpdate (%s)',
    async (projectType) => {
      const { post, sandbox } = await start({ ...settings, projectType });
      const dataFields = fc.constantFrom(
        {},
        { n: 1 },
        { userId: '3' },
        { email: 'bob@example.com' },
        { email: 'bad' },
      );
      const user = fc
        .tuple(identity, fc.record({ dataFields, preferUserId: fc.boolean() }))
        .map(([who, what]) => ({ ...who, ...what }));
      const body = fc.record({ users: fc.array(user, { maxLength: 12 }), updateOnly: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(body, async (sent) => {
          const reply = await post('/api/users/bulkUpdate', sent);
          const { successCount, failCount } = Counts.parse(reply.body);
          expect(successCount + failCount).toBe(sent.users.length);
          expect(Object.values(namedIn(reply.body)).flat().length).toBeLessThanOrEqual(2 * failCount);
          const known = sandbox.users();
          const emails = known.flatMap((stored) => (stored.email === '' ? [] : stored.email));
          const userIds = known.flatMap((stored) => stored.userId ?? []);
          if (projectType !== 'userId') expect(new Set(emails).size).toBe(emails.length);
          if (projectType !== 'email') expect(new Set(userIds).size).toBe(userIds.length);
          expect(emails.filter((stored) => stored !== stored.toLowerCase())).toEqual([]);
          expect(emails).not.toContain('gone@example.com');
        }),
        quick,
      );
    },
  );

  it('account for every row of events/trackBulk, and every success with an id is one write', async () => {
    const { post, sandbox } = await start(settings);
    const eventName = fc.constantFrom('E', 'F', 'Nope');
    const id = fc.constantFrom('e1', 'e2', 'e3');
    const event = fc
      .tuple(identity, fc.record({ eventName, id }))
      .map(([who, what]) => ({ ...who, ...what }));
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 12 }), async (events) => {
        sandbox.reset();
        sandbox.addUser('ada@example.com');
        const { body } = await post('/api/events/trackBulk', { events });
        const { successCount, failCount } = Counts.parse(body);
        expect(successCount + failCount).toBe(events.length);
        const writes = sandbox.events().reduce((sum, stored) => sum + stored.writes, 0);
        const disallowed = events.filter((sent) => sent.eventName === 'Nope').length;
        expect(writes).toBe(successCount - disallowed);
      }),
      quick,
    );
  });

  it('account for every row of users/bulkUpdateSubscriptions', async () => {
    const { post } = await start(settings);
    const arrays = fc.record({ emailListIds: fc.constantFrom([], [301], [999], null) });
    const row = fc.tuple(identity, arrays).map(([who, what]) => ({ ...who, ...what }));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (updateSubscriptionsRequests) => {
        const { body } = await post('/api/users/bulkUpdateSubscriptions', { updateSubscriptionsRequests });
        const { successCount, failCount } = Counts.parse(body);
        expect(successCount + failCount).toBe(updateSubscriptionsRequests.length);
      }),
      quick,
    );
  });
});

describe('events sent until answered', () => {
  it('exist once each, and have as many writes as requests were applied', async () => {
    const { post, sandbox } = await start({ limits: 'off' });
    const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(ids, fc.integer(), async (sent, seed) => {
        sandbox.reset();
        sandbox.addUser('ada@example.com');
        sandbox.setFaults({ seed, rates: { '*': { 'applied-then-cut': 0.3, '503': 0.2, cut: 0.1 } } });
        for (const id of sent) {
          const send = async (): Promise<boolean> => {
            const reply = await post('/api/events/track', {
              email: 'ada@example.com',
              eventName: 'E',
              id,
            }).catch(() => undefined);
            return reply?.status === 200;
          };
          while (!(await send()));
        }
        expect(sandbox.events().map(({ id }) => id)).toEqual(sent);
        const applied = sandbox.received().filter((request) => request.applied).length;
        expect(sandbox.events().reduce((sum, { writes }) => sum + writes, 0)).toBe(applied);
      }),
      { numRuns: 25 },
    );
  });
});

describe('field types', () => {
  it('leave no trace of a refused batch', async () => {
    const { post, get, sandbox } = await start(settings);
    const value = fc.constantFrom<unknown>(
      1,
      1.5,
      'x',
      true,
      '2026-01-05',
      null,
      [],
      [1, 'x'],
      { a: 1 },
      { a: 'x' },
      [{ a: 1 }],
    );
    const fields = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value);
    await fc.assert(
      fc.asyncProperty(fc.array(fields, { minLength: 1, maxLength: 4 }), async (rows) => {
        const before = [sandbox.users(), (await get('/api/users/getFields')).body];
        const users = rows.map((dataFields, row) => ({ email: `u${row}@example.com`, dataFields }));
        const { status } = await post('/api/users/bulkUpdate', { users });
        if (status === 400)
          expect([sandbox.users(), (await get('/api/users/getFields')).body]).toEqual(before);
        // What was taken once is taken again: types do not change.
        else
          expect(await post('/api/users/bulkUpdate', { users })).toMatchObject({
            status: 200,
            body: { failCount: 0 },
          });
      }),
      quick,
    );
  });
});

describe('parts', () => {
  it('a bucket lets through no more than its burst and what comes back in time', () => {
    const step = fc.nat({ max: 400 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 20 }), (steps, calls) => {
        const bucket = new TokenBucket({ perSecond: calls, burst: calls });
        let nowMs = 0;
        let passed = 0;
        for (const waitMs of steps) {
          nowMs += waitMs;
          const refill = bucket.take(nowMs);
          if (refill === undefined) passed += 1;
          else expect(refill.resetSeconds).toBeGreaterThanOrEqual(1);
        }
        expect(passed).toBeLessThanOrEqual(calls + (nowMs * calls) / 1000 + 1e-6);
      }),
    );
  });

  it('a delayed value reads as the last write that is old enough', () => {
    const write = fc.record({ waitMs: fc.nat({ max: 50 }), delayMs: fc.constant(30) });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 20 }), fc.nat({ max: 60 }), (writes, laterMs) => {
        const value = new Delayed(0, 0);
        const model = [{ number: 0, readableAtMs: 0 }];
        let nowMs = 0;
        for (const [index, { waitMs, delayMs }] of writes.entries()) {
          nowMs += waitMs;
          value.write(index + 1, nowMs, nowMs + delayMs);
          model.push({ number: index + 1, readableAtMs: nowMs + delayMs });
          const atMs = nowMs;
          expect(value.readable(atMs)).toBe(
            model.findLast(({ readableAtMs }) => readableAtMs <= atMs)?.number,
          );
        }
        const endMs = nowMs + laterMs;
        expect(value.readable(endMs)).toBe(
          model.findLast(({ readableAtMs }) => readableAtMs <= endMs)?.number,
        );
        expect(value.latest).toBe(writes.length);
      }),
    );
  });

  it('a targeted action decides mailability, whatever came before, and touches nothing else', () => {
    const policy = fc.constantFrom('OptIn' as const, 'OptOut' as const);
    const action = fc.constantFrom('subscribe' as const, 'unsubscribe' as const);
    const step = fc.record({ id: fc.constantFrom(1, 2), action });
    fc.assert(
      fc.property(policy, fc.array(step), step, (subscriptionPolicy, before, last) => {
        const type = { name: 'T', channelId: 9, subscriptionPolicy, createdAt: 0, updatedAt: 0 };
        const apply = (stored: typeof NO_SUBSCRIPTIONS, { id, action: act }: typeof last): typeof stored =>
          applyTargeted(stored, { group: 'messageType', id, policy: subscriptionPolicy }, act);
        const prior = before.reduce(apply, NO_SUBSCRIPTIONS);
        const after = apply(prior, last);
        expect(isMailable(after, { ...type, id: last.id })).toBe(last.action === 'subscribe');
        const other = { ...type, id: 3 - last.id };
        expect(isMailable(after, other)).toBe(isMailable(prior, other));
        expect(after.unsubscribedChannelIds).toEqual([]);
      }),
    );
  });
});
