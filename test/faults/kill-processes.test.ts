import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { Got } from 'got';
import PQueue from 'p-queue';
import { z } from 'zod';
import { startSandboxIterable, type SandboxIterable } from '../../sandbox/iterable/index.js';
import { burstOf } from '../../sandbox/samples/product-events.js';
import { connectGateway } from '../../scripts/recipes/gateway-client.js';
import { CLIENT, startTestStage, type TestStage } from '../support/stage.js';

const EVENTS = 200;
const SENDERS = 40;
const Accepted = z.object({ eventId: z.string(), location: z.string() });
const Status = z.object({ status: z.string() });

/** A sender as the product backend is: sends again until it has a 202. */
async function sendUntilAccepted(gateway: Got, body: unknown): Promise<z.infer<typeof Accepted>> {
  for (;;) {
    const reply = await gateway.post('v1/product-events', { json: body }).catch(() => undefined);
    if (reply?.statusCode === 202) return Accepted.parse(JSON.parse(reply.body));
    await delay(100);
  }
}

/** What became of it, once that is known: one question after another, since each has the worker look it up. */
async function endOf(gateway: Got, location: string): Promise<string> {
  for (;;) {
    const reply = await gateway.get(location.slice(1));
    if (reply.statusCode !== 200) return String(reply.statusCode);
    const { status } = Status.parse(JSON.parse(reply.body));
    if (status !== 'accepted') return status;
    await delay(100);
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(20);
}

describe('processes that are killed', () => {
  let iterable: SandboxIterable;
  let stage: TestStage;
  beforeAll(async () => {
    const faulty = { 'applied-then-cut': 0.05, '503': 0.1 };
    iterable = await startSandboxIterable({
      faults: { seed: 20_26, rates: { '/api/users/update': faulty, '/api/events/track': faulty } },
    });
    stage = await startTestStage(iterable);
  });
  afterAll(async () => {
    await stage.close();
    await iterable.close();
  });

  it('lose nothing that was accepted, and write no event under two ids', async () => {
    const [firstGateway, firstWorker] = await Promise.all([stage.start('gateway'), stage.start('worker')]);
    const gateway = await connectGateway({ url: stage.gatewayUrl, ...CLIENT });

    const senders = new PQueue({ concurrency: SENDERS });
    const sending = Promise.all(
      burstOf(EVENTS).map((body) => senders.add(() => sendUntilAccepted(gateway, body))),
    );

    await until(() => iterable.events().length >= 20);
    await firstWorker.end('SIGKILL');
    await firstGateway.end('SIGKILL');
    const [secondWorker] = await Promise.all([stage.start('worker'), stage.start('gateway')]);
    await until(() => iterable.events().length >= 80);
    await secondWorker.end('SIGKILL');
    await stage.start('worker');

    const accepted = await sending;
    expect(new Set(accepted.map(({ eventId }) => eventId)).size).toBe(EVENTS);
    const ends = new Map<string, number>();
    for (const { location } of accepted) {
      const status = await endOf(gateway, location);
      ends.set(status, (ends.get(status) ?? 0) + 1);
    }

    const repeated = iterable.received('/api/events/track').filter(({ applied }) => applied).length - EVENTS;
    process.stdout.write(
      `${String(EVENTS)} events, 2 workers and 1 gateway killed: ${[...ends].map(([status, count]) => `${String(count)} ${status}`).join(', ')}; ${String(repeated)} requests repeated after they had taken effect\n`,
    );
    expect(Object.fromEntries(ends)).toEqual({ delivered: EVENTS });
    const events = iterable.events();
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(new Set(events.map(({ id }) => id))).toEqual(new Set(accepted.map(({ eventId }) => eventId)));
    expect(iterable.users()).toHaveLength(EVENTS);
  }, 180_000);
});
