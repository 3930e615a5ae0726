import { afterEach, describe, expect, it } from '@jest/globals';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createIterableActivities } from '../../../activities/iterable/activities.js';
import { acceptedEvent, TEST_HASHER } from '../../support/events.js';
import { startScriptedServer } from '../../support/scripted-server.js';
import { expectValidRequest } from '../../support/iterable-contract.js';
import {
  itemsOf,
  QUIET,
  START_MS,
  startConnector,
  stillOpen,
  type TestConnector,
} from '../../support/iterable-connector.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const SUBSCRIPTION = /subscri|channelIds|messageTypeIds|listIds/i;

let connector: TestConnector;
async function start(...args: Parameters<typeof startConnector>): Promise<TestConnector> {
  connector = await startConnector(...args);
  return connector;
}
afterEach(async () => {
  for (const request of connector.sandbox.received()) {
    expectValidRequest(request);
    expect(request.path + JSON.stringify(request.body ?? null)).not.toMatch(SUBSCRIPTION);
  }
  await connector.sandbox.close();
});

/** The failure of an attempt that has achieved nothing. */
async function failureOf(attempt: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ApplicationFailure) return error;
  throw new Error('the attempt did not fail as it should');
}

describe('delivering one event', () => {
  it('writes the profile, then tracks the event under its own id and time', async () => {
    const { run, event, sandbox } = await start();
    const trial = event(1, {
      work_email: ' Robin@Example.com ',
      first_name: 'Robin',
      country: 'US',
      setup_for_company: true,
      opt_in: true,
    });
    const verdicts = await run(itemsOf(trial));
    expect(verdicts).toEqual([
      { eventId: trial.eventId, verdict: { kind: 'delivered' }, profileWrittenAtMs: START_MS },
    ]);
    expect(sandbox.received().map(({ method, path, body }) => [method, path, body])).toEqual([
      [
        'POST',
        '/api/users/update',
        {
          email: 'robin@example.com',
          dataFields: { firstName: 'Robin', companyNamespace: true, country: 'United States', optIn: true },
        },
      ],
      [
        'POST',
        '/api/events/track',
        {
          email: 'robin@example.com',
          eventName: 'SaaS Trials Event',
          id: trial.eventId,
          createdAt: START_MS / 1000,
          dataFields: { firstName: 'Robin', companyNamespace: true, country: 'United States' },
        },
      ],
    ]);
  });

  it('has one effect however often it is delivered', async () => {
    const { run, event, sandbox } = await start();
    const trial = event(1);
    for (let n = 0; n < 3; n += 1) await run(itemsOf(trial));
    expect(sandbox.events()).toHaveLength(1);
    expect(sandbox.events()[0]).toMatchObject({ id: trial.eventId, createdAt: START_MS / 1000 });
  });

  it('is refused without a call when no recipe maps it', async () => {
    const { run, event, sandbox } = await start();
    const unknown = event(1, { product_interaction: 'Something New' });
    expect(await run(itemsOf(unknown))).toEqual([
      {
        eventId: unknown.eventId,
        verdict: { kind: 'rejected', reason: 'unknown-product-interaction', class: 'invalid-input' },
      },
    ]);
    expect(sandbox.received()).toHaveLength(0);
  });

  it.each([
    ['forgotten-user', { forgottenEmails: ['person-1@example.com'] }, ['users/update']],
    ['invalid-email', { invalidEmails: ['person-1@example.com'] }, ['users/update']],
    [
      'event-name-disallowed',
      { disallowedEventNames: ['SaaS Trials Event'] },
      ['users/update', 'events/track'],
    ],
  ])('is refused for good by Iterable: %s', async (reason, settings, calls) => {
    const { run, event, paths } = await start(settings);
    const [result] = await run(itemsOf(event(1)));
    expect(result?.verdict).toEqual({ kind: 'rejected', reason, class: 'rejected' });
    expect(paths()).toEqual(calls);
  });
});

describe('delivering a batch', () => {
  it('answers nothing for nothing', async () => {
    const { run, sandbox } = await start();
    expect(await run([])).toEqual([]);
    expect(sandbox.received()).toHaveLength(0);
  });

  it('gives each item its verdict, in the order of the items, and one refusal stops nobody else', async () => {
    const { run, event } = await start({ invalidEmails: ['person-2@example.com'] });
    const events = [
      event(1),
      event(2),
      event(3, { product_interaction: 'New' }),
      event(4),
      event(1, { namespace_id: 5, product_interaction: 'Hand Raise PQL' }),
    ];
    const verdicts = await run(itemsOf(...events));
    expect(verdicts.map(({ eventId }) => eventId)).toEqual(events.map(({ eventId }) => eventId));
    expect(verdicts.map(({ verdict }) => verdict.kind)).toEqual([
      'delivered',
      'rejected',
      'rejected',
      'delivered',
      'delivered',
    ]);
  });

  it("sends one person's events strictly one after another, in their order", async () => {
    const { run, event, paths, sandbox } = await start();
    await run(
      itemsOf(
        event(1, { state: 'CA', country: 'US' }),
        event(1, { product_interaction: 'Invited User', state: 'OR', country: 'US' }),
      ),
    );
    expect(paths()).toEqual(['users/update', 'events/track', 'users/update', 'events/track']);
    expect(sandbox.user('person-1@example.com')?.dataFields).toMatchObject({ state: 'Oregon' });
  });

  it('sends an event that stands in it twice once', async () => {
    const { run, event, sandbox } = await start();
    const trial = event(1);
    const verdicts = await run(itemsOf(trial, event(2), trial));
    expect(verdicts.map(({ verdict }) => verdict.kind)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(sandbox.events({ id: trial.eventId })[0]?.writes).toBe(1);
  });

  it('lets what follows wait with what has to wait, so that the order is kept', async () => {
    const { run, event, paths } = await start({ readableAfterMs: { users: MINUTE_MS, events: 0 } });
    const items = itemsOf(
      event(1),
      event(1, { product_interaction: 'Invited User' }),
      event(2, { product_interaction: 'New' }),
    );
    const verdicts = await run(items);
    const wait = { kind: 'retry', reason: 'profile-not-visible', class: 'unavailable', afterMs: MINUTE_MS };
    expect(verdicts.map(({ verdict }) => verdict)).toEqual([
      wait,
      wait,
      expect.objectContaining({ kind: 'rejected' }),
    ]);
    expect(verdicts.map(({ profileWrittenAtMs }) => profileWrittenAtMs)).toEqual([
      START_MS,
      undefined,
      undefined,
    ]);
    expect(paths()).toEqual(['users/update', 'events/track']);
  });
});

describe('a profile that cannot be seen yet', () => {
  it('is waited for, and not written again', async () => {
    const { run, event, paths, clock } = await start({ readableAfterMs: { users: MINUTE_MS, events: 0 } });
    const items = itemsOf(event(1));
    const open = stillOpen(items, await run(items));
    expect(open).toEqual([{ ...items[0], profileWrittenAtMs: START_MS }]);
    clock.nowMs += MINUTE_MS;
    expect((await run(open))[0]?.verdict).toEqual({ kind: 'delivered' });
    expect(paths()).toEqual(['users/update', 'events/track', 'events/track']);
  });

  it('is handed back to the workflow, whose waits grow, however often it is asked for', async () => {
    const { run, event, clock, paths } = await start({ readableAfterMs: { users: MINUTE_MS, events: 0 } });
    const items = itemsOf(event(1));
    const open = stillOpen(items, await run(items));
    clock.nowMs += MINUTE_MS / 2;
    const [again] = await run(open);
    expect(again).toMatchObject({
      verdict: { kind: 'retry', reason: 'profile-not-visible', afterMs: MINUTE_MS },
      profileWrittenAtMs: open[0]?.profileWrittenAtMs,
    });
    expect(paths()).toEqual(['users/update', 'events/track', 'events/track']);
  });

  it('is written once more after ten minutes, with a new time', async () => {
    const { run, event, paths, clock, sandbox } = await start();
    const item = { event: event(1), profileWrittenAtMs: START_MS }; // says so, but Iterable has lost it
    clock.nowMs += 10 * MINUTE_MS;
    const [result] = await run([item]);
    expect(result).toMatchObject({
      verdict: { kind: 'retry', reason: 'profile-not-visible' },
      profileWrittenAtMs: clock.nowMs,
    });
    expect(paths()).toEqual(['events/track', 'users/update']);
    expect(sandbox.user('person-1@example.com')).toBeDefined();
  });
});

describe('an event that comes late', () => {
  const late = { company_name: 'Old Works', first_name: 'Robin', role: 'other' };

  it('fills gaps and restores nothing', async () => {
    const { run, event, clock, sandbox } = await start();
    const trial = event(1, late);
    sandbox.addUser('person-1@example.com', { company: 'New Works', firstName: null });
    clock.nowMs += HOUR_MS + 1;
    expect((await run(itemsOf(trial)))[0]?.verdict).toEqual({ kind: 'delivered' });
    expect(sandbox.received('/api/users/update')[0]?.body).toEqual({
      email: 'person-1@example.com',
      dataFields: { firstName: 'Robin', userRole: 'other' },
    });
    expect(sandbox.events()[0]?.dataFields).toMatchObject({ company: 'Old Works' });
  });

  it('writes no profile that has everything', async () => {
    const { run, event, clock, sandbox, paths } = await start();
    const trial = event(1, late);
    sandbox.addUser('person-1@example.com', { company: 'New Works', firstName: 'Sam', userRole: 'other' });
    clock.nowMs += HOUR_MS + 1;
    await run(itemsOf(trial));
    expect(paths()).toEqual(['users/getByEmail', 'events/track']);
  });

  it.each(['empty-body', 'empty-user', 'error'] as const)(
    'gives somebody new everything (%s)',
    async (unknownUserAnswer) => {
      const { run, event, clock, sandbox } = await start({ unknownUserAnswer });
      const trial = event(1, late);
      clock.nowMs += HOUR_MS + 1;
      expect((await run(itemsOf(trial)))[0]?.verdict).toEqual({ kind: 'delivered' });
      expect(sandbox.user('person-1@example.com')?.dataFields).toMatchObject({
        company: 'Old Works',
        firstName: 'Robin',
      });
    },
  );

  it('is not late within the first hour', async () => {
    const { run, event, clock, paths } = await start();
    const trial = event(1, late);
    clock.nowMs += HOUR_MS;
    await run(itemsOf(trial));
    expect(paths()).toEqual(['users/update', 'events/track']);
  });
});

describe('when Iterable is down', () => {
  const crowd = (size: number): ReturnType<typeof itemsOf> =>
    itemsOf(...Array.from({ length: size }, (_, n) => acceptedEvent(n, {}, START_MS)));

  it.each(['503', '500', 'cut', 'hang'] as const)(
    'a batch of 100 asks no more than ten times (%s)',
    async (fault) => {
      const { run, sandbox } = await start(
        { faults: { seed: 1, rates: { '*': { [fault]: 1 } } } },
        { callTimeoutMs: 80 },
      );
      const failure = await failureOf(run(crowd(100), { attempt: 4 }));
      expect(failure).toMatchObject({ type: 'unavailable', nonRetryable: false, nextRetryDelay: 4_000 });
      expect(failure.category).toBe(ApplicationFailureCategory.BENIGN);
      expect(sandbox.received().length).toBeLessThanOrEqual(10);
    },
  );

  it.each(['429', '429-text'] as const)('nor does it when Iterable is busy (%s)', async (fault) => {
    const { run, sandbox } = await start({ faults: { seed: 1, rates: { '*': { [fault]: 1 } } } });
    expect(await failureOf(run(crowd(100)))).toMatchObject({ type: 'rate-limited', nonRetryable: false });
    expect(sandbox.received().length).toBeLessThanOrEqual(10);
  });

  it('a long wait that Iterable asks for is kept by the whole worker', async () => {
    const { event } = await start();
    const server = await startScriptedServer(() => ({ status: 429, headers: { 'retry-after': '60' } }));
    const { deliverEvents } = createIterableActivities({
      baseUrl: server.url,
      apiKey: 'a-key',
      limitShare: 1,
      hasher: TEST_HASHER,
    });
    for (const n of [1, 2, 3]) {
      const env = new MockActivityEnvironment({}, { logger: QUIET });
      const failure = await failureOf(env.run(deliverEvents, itemsOf(event(n))));
      expect(failure.type).toBe('rate-limited');
      expect(Number(failure.nextRetryDelay)).toBeGreaterThan(50_000);
    }
    expect(server.seen).toHaveLength(1);
    await server.close();
  });

  it('a wrong key is an alert, and is tried again in five minutes', async () => {
    const { run, sandbox } = await start({}, {}, 'another-key');
    const failure = await failureOf(run(crowd(100)));
    expect(failure).toMatchObject({ type: 'auth', nonRetryable: false, nextRetryDelay: 5 * MINUTE_MS });
    expect(failure.category).not.toBe(ApplicationFailureCategory.BENIGN);
    expect(failure.message).toBe('none of 100 got through: 100 bad-credentials; next attempt in 300 s');
    expect(sandbox.received()).toHaveLength(10);
  });

  it('an outage in the middle keeps what was done before it', async () => {
    const { run, sandbox } = await start();
    sandbox.setFaults({ seed: 1, rates: { '/api/events/track': { '503': 1 } } });
    const verdicts = await run(crowd(60));
    const written = verdicts.filter(({ profileWrittenAtMs }) => profileWrittenAtMs !== undefined);
    expect(verdicts.every(({ verdict }) => verdict.kind === 'retry')).toBe(true);
    expect(written).toHaveLength(sandbox.users().length);
  });

  it('many batches do not come back at once: the draw of each spreads its next attempt', async () => {
    const delays = new Set<unknown>();
    for (const draw of [0, 0.5, 1]) {
      const { run, sandbox } = await start(
        { faults: { seed: 1, rates: { '*': { '503': 1 } } } },
        { random: () => draw },
      );
      const failure = await failureOf(run(crowd(1), { attempt: 20 }));
      delays.add(failure.nextRetryDelay);
      await sandbox.close();
    }
    expect([...delays]).toEqual([150_000, 253_125, 375_000]);
    await start();
  });
});
