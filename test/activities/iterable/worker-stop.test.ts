/** On a real Temporal server: what the SDK and the server do with our last heartbeat cannot be mocked. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createIterableActivities } from '../../../activities/iterable/activities.js';
import { startSandboxIterable, type SandboxIterable } from '../../../sandbox/iterable/index.js';
import { FORWARD_EVENTS, type ForwardEventsInput } from '../../../workflows/forward-events/messages.js';
import { testConverter } from '../../support/converter.js';
import { acceptedEvent, TEST_HASHER } from '../../support/events.js';
import { localEnv, workflowBundlePath } from '../../support/temporal.js';

const PEOPLE = 30;

let env: TestWorkflowEnvironment;
let sandbox: SandboxIterable;
beforeAll(async () => {
  [env, sandbox] = await Promise.all([localEnv(), startSandboxIterable({ limits: 'off' })]);
});
afterAll(() => Promise.all([env.teardown(), sandbox.close()]));

/** A worker of its own process, as far as this connector can tell: client, limiter and memory are new. */
async function startWorker(): Promise<{ stop: () => Promise<void> }> {
  const shared = { connection: env.nativeConnection, dataConverter: testConverter, shutdownGraceTime: 50 };
  const activities = createIterableActivities({
    baseUrl: sandbox.url,
    apiKey: sandbox.apiKey,
    limitShare: 1,
    hasher: TEST_HASHER,
    // Slow enough that much is done after the first heartbeat; the next one is a minute away.
    tuning: { graceMs: 20, perSecond: { 'users/update': 60 } },
  });
  const workers = await Promise.all([
    Worker.create({ ...shared, taskQueue: 'recipes', workflowBundle: { codePath: workflowBundlePath() } }),
    Worker.create({ ...shared, taskQueue: 'iterable', activities, maxHeartbeatThrottleInterval: 60_000 }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

it('the worker that goes on repeats nothing that the stopped one has done', async () => {
  sandbox.setFaults({ seed: 2, rates: { '/api/events/track': { hang: 0.5 } } });
  const first = await startWorker();
  const events = Array.from({ length: PEOPLE }, (_, n) => acceptedEvent(n, {}, Date.now()));
  const input: ForwardEventsInput = { events, environment: 'test' };
  const handle = await env.client.workflow.start(FORWARD_EVENTS, {
    args: [input],
    taskQueue: 'recipes',
    workflowId: 'events/worker-stop',
  });
  await until(() => sandbox.received('/api/events/track').length === PEOPLE);
  const tracked = sandbox.events().length;
  await first.stop();
  sandbox.setFaults(undefined);

  const second = await startWorker();
  expect(await handle.result()).toEqual({
    outcomes: events.map(({ eventId }) => ({ eventId, status: 'delivered' })),
  });
  await second.stop();
  expect(tracked).toBeGreaterThan(0);
  expect(sandbox.received('/api/users/update')).toHaveLength(PEOPLE);
  expect(sandbox.received('/api/events/track')).toHaveLength(2 * PEOPLE - tracked);
  expect(sandbox.events().every(({ writes }) => writes === 1)).toBe(true);
});
