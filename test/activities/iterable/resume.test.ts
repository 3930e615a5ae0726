import { afterEach, describe, expect, it } from '@jest/globals';
import { ActivityCancellationDetails, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { SIDE_BY_SIDE } from '../../../activities/iterable/attempt.js';
import type { DeliveryItem } from '../../../activities/iterable/contract.js';
import { acceptedEvent } from '../../support/events.js';
import { eventually } from '../../support/eventually.js';
import { expectValidRequest } from '../../support/iterable-contract.js';
import {
  itemsOf,
  QUIET,
  START_MS,
  startConnector,
  type TestConnector,
} from '../../support/iterable-connector.js';

const people = (count: number): DeliveryItem[] =>
  itemsOf(...Array.from({ length: count }, (_, n) => acceptedEvent(n, {}, START_MS)));

let connector: TestConnector;
async function start(...args: Parameters<typeof startConnector>): Promise<TestConnector> {
  connector = await startConnector(...args);
  return connector;
}
afterEach(async () => {
  connector.sandbox.received().forEach(expectValidRequest);
  await connector.sandbox.close();
});

/** An activity whose heartbeats can be read. */
function watched(): {
  env: MockActivityEnvironment;
  beats: unknown[];
  beatWith: (entries: number) => Promise<unknown>;
} {
  const env = new MockActivityEnvironment({}, { logger: QUIET });
  const beats: unknown[] = [];
  env.on('heartbeat', (details: unknown) => beats.push(details));
  const beatWith = (entries: number): Promise<unknown> =>
    new Promise((resolve) => {
      env.on('heartbeat', (details: unknown) => {
        if (Array.isArray(details) && details.length >= entries) resolve(details);
      });
    });
  return { env, beats, beatWith };
}

/** How many entries of a heartbeat have a verdict. */
function settledIn(details: unknown): number {
  return Array.isArray(details)
    ? details.filter((entry: unknown) => Array.isArray(entry) && entry.length === 3).length
    : 0;
}

function stopWorker(env: MockActivityEnvironment): void {
  env.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
}
/** Retryable, and not a cancellation: the SDK then sends the last heartbeat first. */
const INTERRUPTED = { name: 'ApplicationFailure', type: 'interrupted', nonRetryable: false };

describe('after a crash', () => {
  it('the next attempt sends only what was under way', async () => {
    const { runIn, run, sandbox, paths } = await start({
      faults: { seed: 3, rates: { '/api/events/track': { hang: 0.4 } } },
    });
    const items = people(20);
    const { env, beats } = watched();
    const crashed = runIn(env, items).catch(() => 'gone');
    // All profiles are written, some events tracked, the others hang; and the last heartbeat says so.
    await eventually(() => {
      expect(paths().filter((path) => path === 'events/track')).toHaveLength(20);
      expect(settledIn(beats.at(-1))).toBe(sandbox.events().length);
    });
    const heartbeatDetails = beats.at(-1);
    const tracked = new Set(sandbox.events().map(({ id }) => id));
    const asked = paths().length;
    sandbox.setFaults(undefined);

    const verdicts = await run(items, { attempt: 2, heartbeatDetails });
    expect(verdicts.map(({ eventId }) => eventId)).toEqual(items.map(({ event }) => event.eventId));
    expect(verdicts.every(({ verdict }) => verdict.kind === 'delivered')).toBe(true);
    expect(verdicts.every(({ profileWrittenAtMs }) => profileWrittenAtMs === START_MS)).toBe(true);
    expect(tracked.size).toBeGreaterThan(0);
    expect(tracked.size).toBeLessThan(20);
    expect(paths().slice(asked)).toEqual(Array.from({ length: 20 - tracked.size }, () => 'events/track'));
    expect(sandbox.events().every(({ writes }) => writes === 1)).toBe(true);
    await sandbox.close();
    await crashed;
    await start();
  });

  it('what an earlier attempt has achieved is returned even when this one achieves nothing', async () => {
    const { run } = await start({ faults: { seed: 1, rates: { '*': { '503': 1 } } } });
    const verdicts = await run(people(2), {
      attempt: 2,
      heartbeatDetails: [[0, START_MS, { kind: 'delivered' }]],
    });
    expect(verdicts.map(({ verdict }) => verdict.kind)).toEqual(['delivered', 'retry']);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'rubbish'],
    ['an object', { done: [1] }],
    [
      'entries of other shapes',
      [1, null, {}, ['0', 1], [-1, null], [0.5, null], [0, 'then'], [0, null, { kind: 'retry' }]],
    ],
    ['unknown reasons', [[0, null, { kind: 'rejected', reason: 'because', class: 'rejected' }]]],
    ['places that no item has', [[99, null, { kind: 'delivered' }]]],
  ])('details that cannot be read count as none: %s', async (_, heartbeatDetails) => {
    const { run, sandbox } = await start();
    const verdicts = await run(people(2), { attempt: 2, heartbeatDetails });
    expect(verdicts.map(({ verdict }) => verdict.kind)).toEqual(['delivered', 'delivered']);
    expect(sandbox.events()).toHaveLength(2);
  });

  it('reads the entries that can be read', async () => {
    const { run, paths } = await start();
    const heartbeatDetails = [
      'rubbish',
      [1, START_MS, { kind: 'delivered' }],
      [0, 7, { kind: 'rejected', reason: 'invalid-email', class: 'rejected' }],
    ];
    const verdicts = await run(people(2), { attempt: 2, heartbeatDetails });
    expect(verdicts.map(({ verdict }) => verdict.kind)).toEqual(['rejected', 'delivered']);
    expect(paths()).toEqual([]);
  });
});

describe('when the worker stops', () => {
  it('no call starts any more, those under way end within the grace, and what is done is told', async () => {
    const { runIn, sandbox, paths } = await start(
      { faults: { seed: 1, rates: { '/api/events/track': { hang: 1 } } } },
      { graceMs: 20 },
    );
    const { env, beats, beatWith } = watched();
    const running = runIn(env, people(60));
    // Everybody who is served side by side is written, and hangs now. One fewer, and the last write could be under way:
    // applied, but cut off after the grace before its answer is there, which no heartbeat can tell.
    await beatWith(SIDE_BY_SIDE);
    stopWorker(env);
    await expect(running).rejects.toMatchObject(INTERRUPTED);
    expect(sandbox.users()).toHaveLength(SIDE_BY_SIDE);
    expect(beats.at(-1)).toHaveLength(SIDE_BY_SIDE);
    expect(paths().filter((path) => path === 'users/update')).toHaveLength(SIDE_BY_SIDE);
  });

  it('a call under way that is answered in time counts', async () => {
    const { runIn, sandbox } = await start();
    const { env, beats } = watched();
    const running = runIn(env, people(1));
    stopWorker(env); // while the profile is being written
    await expect(running).rejects.toMatchObject(INTERRUPTED);
    expect(beats).toEqual([[[0, START_MS]]]);
    expect(sandbox.users()).toHaveLength(1);
    expect(sandbox.events()).toHaveLength(0);
  });

  it('a batch that is done is returned all the same', async () => {
    const { runIn } = await start();
    const { env } = watched();
    stopWorker(env);
    const unmapped = itemsOf(acceptedEvent(1, { product_interaction: 'Something New' }, START_MS));
    expect(await runIn(env, unmapped)).toHaveLength(1);
  });

  it('nothing is sent by an attempt that the workflow has cancelled', async () => {
    const { runIn, sandbox } = await start();
    const { env } = watched();
    env.cancel();
    await expect(runIn(env, people(3))).rejects.toBeInstanceOf(CancelledFailure);
    expect(sandbox.received()).toHaveLength(0);
  });
});

describe('when time runs out', () => {
  it('an attempt ends by itself before its timeout, with what it has', async () => {
    const slow = { perSecond: { 'users/update': 10, 'events/track': 1e6 } }; // 1 per 125 ms
    const { runIn } = await start({}, slow);
    const env = new MockActivityEnvironment({ startToCloseTimeoutMs: 40_400 }, { logger: QUIET });
    const verdicts = await runIn(env, people(20));
    const kinds = new Set(verdicts.map(({ verdict }) => verdict.kind));
    expect(kinds).toEqual(new Set(['delivered', 'retry']));
    expect(verdicts.at(-1)?.verdict).toMatchObject({ kind: 'retry', class: 'rate-limited', afterMs: 1_000 });
  });
});
