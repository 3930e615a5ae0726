/** The first recipe as one whole: HTTP in, Temporal between, Iterable's stand-in at the end. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { noopMetricMeter } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { FastifyInstance } from 'fastify';
import type { Got } from 'got';
import { pino } from 'pino';
import { z } from 'zod';
import { createIterableActivities } from '../../activities/iterable/activities.js';
import { hashSecret } from '../../config/gateway-clients.js';
import { buildTemporalGateway } from '../../gateway/on-temporal.js';
import { startSandboxIterable, type SandboxIterable } from '../../sandbox/iterable/index.js';
import { connectGateway } from '../../scripts/recipes/gateway-client.js';
import { productEventFixtures } from '../fixtures/product-events/load.js';
import { TEST_HASHER } from '../support/events.js';
import { expectValidRequest } from '../support/iterable-contract.js';
import { startRecipes, type Recipes } from '../support/recipes-worker.js';
import { localEnv } from '../support/temporal.js';

const CLIENT = { clientId: 'product-backend', clientSecret: 'a secret for tests only' };
const Taken = z.object({ eventId: z.string(), status: z.string(), location: z.string() });
type Taken = z.infer<typeof Taken>;
const Status = z.object({ status: z.string(), reason: z.string().optional() });

/** The same body about somebody new, so that no two stories are about one event. */
function about(person: number, body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(body).map(([key, value]): [string, unknown] => {
    if (key === 'work_email' || key === 'email') return [key, `person-${String(person)}@example.com`];
    if (key === 'uid' || key === 'user_id') return [key, person];
    if (key === 'trial_user' && typeof value === 'object') return [key, about(person, { ...value })];
    return [key, value];
  });
  return Object.fromEntries(entries);
}

describe('product events, end to end', () => {
  let env: TestWorkflowEnvironment;
  let recipes: Recipes;
  let iterable: SandboxIterable;
  let app: FastifyInstance;
  let gateway: Got;
  let lastPerson = 50_000;

  beforeAll(async () => {
    env = await localEnv();
    recipes = await startRecipes(env);
    iterable = await startSandboxIterable();
    const { url: baseUrl, apiKey } = iterable;
    recipes.use(createIterableActivities({ baseUrl, apiKey, limitShare: 1, hasher: TEST_HASHER }));
    app = buildTemporalGateway({
      client: env.client,
      environment: 'test',
      clients: [{ id: CLIENT.clientId, secretHashes: [hashSecret(CLIENT.clientSecret)] }],
      tokenSecret: 'a token secret for tests only',
      hasher: TEST_HASHER,
      meter: noopMetricMeter,
      logger: pino({ level: 'silent' }),
    });
    gateway = await connectGateway({ url: await app.listen({ host: '127.0.0.1', port: 0 }), ...CLIENT });
  });
  beforeEach(() => {
    iterable.reset();
  });
  afterAll(async () => {
    await app.close();
    await recipes.stop();
    await env.teardown();
    await iterable.close();
  });

  async function send(json: unknown): Promise<Taken> {
    const reply = await gateway.post('v1/product-events', { json });
    expect(reply.statusCode).toBe(202);
    return Taken.parse(JSON.parse(reply.body));
  }

  async function outcome({ location }: Taken): Promise<z.infer<typeof Status>> {
    for (;;) {
      const status = Status.parse(JSON.parse((await gateway.get(location.slice(1))).body));
      if (status.status !== 'accepted') return status;
      await delay(20);
    }
  }

  it.each([1, 2, 100])('one event, sent %i times at once, is written once', async (copies) => {
    const body = {
      work_email: 'rae@example.com',
      uid: (lastPerson += 1),
      product_interaction: 'Invited User',
    };
    const taken = await Promise.all(Array.from({ length: copies }, (_, n) => send({ ...body, attempt: n })));
    expect(taken.filter(({ status }) => status === 'accepted')).toHaveLength(1);
    expect(new Set(taken.map(({ eventId }) => eventId)).size).toBe(1);
    const outcomes = await Promise.all(taken.map(outcome));
    expect(outcomes.every(({ status }) => status === 'delivered')).toBe(true);
    expect(iterable.events()).toMatchObject([{ eventName: 'SaaS Invited Registration', writes: 1 }]);
    expect(iterable.received('/api/users/update')).toHaveLength(1);
  });

  it('one event, sent again after it was delivered, is written once', async () => {
    const body = { work_email: 'rei@example.com', uid: (lastPerson += 1), product_interaction: 'SaaS Trial' };
    await outcome(await send(body));
    const lead = {
      email: 'Rei@Example.com',
      user_id: lastPerson,
      product_interaction: 'SaaS Trial',
      sent_at: null,
    };
    expect(await send(lead)).toMatchObject({ status: 'duplicate' });
    expect(iterable.events()).toMatchObject([{ writes: 1 }]);
  });

  it.each(productEventFixtures().map((fixture) => [fixture.name, fixture] as const))(
    '%s: exactly the documented event and fields',
    async (_name, { body, expected }) => {
      const person = (lastPerson += 1);
      const email = `person-${String(person)}@example.com`;
      const receivedFromS = Math.floor(Date.now() / 1000);
      const taken = await send(about(person, body));
      const became = await outcome(taken);
      if ('reason' in expected) {
        expect(became).toMatchObject({ status: 'parked', reason: expected.reason });
        expect(iterable.received()).toEqual([]);
        return;
      }
      expect(became).toEqual({ status: 'delivered' });
      expect(iterable.user(email)?.dataFields).toEqual(expected.profile);
      const [event] = iterable.events();
      expect(event).toMatchObject({ id: taken.eventId, email, eventName: expected.eventName, writes: 1 });
      expect(event?.dataFields).toEqual(expected.eventData);
      expect(event?.createdAt).toBeGreaterThanOrEqual(receivedFromS);
      expect(event?.createdAt).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
    },
  );

  it('sends nothing that Iterable does not document, and never a subscription', async () => {
    const bodies = productEventFixtures().map(({ body }) => about((lastPerson += 1), body));
    await Promise.all((await Promise.all(bodies.map(send))).map(outcome));
    const requests = iterable.received();
    for (const request of requests) expectValidRequest(request);
    expect([...new Set(requests.map(({ path }) => path))].sort()).toEqual([
      '/api/events/track',
      '/api/users/update',
    ]);
    expect(JSON.stringify(requests.map(({ body }) => body))).not.toMatch(
      /subscri|channelId|messageType|emailListIds/i,
    );
    expect(iterable.users().every((user) => user.subscribedMessageTypeIds.length === 0)).toBe(true);
  });
});
