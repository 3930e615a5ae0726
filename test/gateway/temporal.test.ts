/** The gateway on a real Temporal server: what it starts, finds again, and says when the server is away. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { noopMetricMeter } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { z } from 'zod';
import { hashSecret } from '../../config/gateway-clients.js';
import type { IntakeLimits } from '../../gateway/limits.js';
import { buildTemporalGateway } from '../../gateway/on-temporal.js';
import { EventStatus, TakenItem, UnsubscribeTaken } from '../../gateway/schemas.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { TEST_HASHER } from '../support/events.js';
import { localEnv } from '../support/temporal.js';
import { CLIENTS, httpCall, TOKEN_SECRET } from './support.js';
import { createTokens } from '../../gateway/tokens.js';

const headers = {
  'content-type': 'application/json',
  authorization: `Bearer ${createTokens(TOKEN_SECRET).issue({
    clientId: 'backend',
    scopes: ['product-events:write', 'product-events:read'],
  })}`,
};
const WEBHOOK_TOKEN = 'a webhook token for tests only';
const event = (uid: number): object => ({
  work_email: `person-${uid}@example.com`,
  uid,
  product_interaction: 'Invited User',
});

interface Running {
  readonly post: (body: unknown) => Promise<{ readonly status: number; readonly json: unknown }>;
  readonly get: (path: string) => Promise<{ readonly status: number; readonly json: unknown }>;
  readonly unsubscribe: (body: string) => Promise<{ readonly status: number; readonly json: unknown }>;
  readonly close: () => Promise<void>;
}

async function gatewayOn(client: Client, intakeLimits: Partial<IntakeLimits> = {}): Promise<Running> {
  const app = buildTemporalGateway({
    client,
    environment: 'test',
    clients: CLIENTS,
    tokenSecret: TOKEN_SECRET,
    hasher: TEST_HASHER,
    meter: noopMetricMeter,
    logger: pino({ level: 'silent' }),
    intakeLimits,
    webhookTokenHashes: [hashSecret(WEBHOOK_TOKEN)],
  });
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
  return {
    post: (body) =>
      httpCall(port, { method: 'POST', path: '/v1/product-events', headers, body: JSON.stringify(body) }),
    get: (path) => httpCall(port, { path, headers }),
    unsubscribe: (body) =>
      httpCall(port, {
        method: 'POST',
        path: '/v1/marketo/unsubscribes',
        headers: { 'x-webhook-token': WEBHOOK_TOKEN },
        body,
      }),
    close: () => app.close(),
  };
}

describe('on a Temporal server', () => {
  let env: TestWorkflowEnvironment;
  let client: Client;
  let gateway: Running;
  beforeAll(async () => {
    env = await localEnv();
    client = env.client;
    gateway = await gatewayOn(client);
  });
  afterAll(async () => {
    await gateway.close();
    await env.teardown();
  });

  const statusAt = async (location: string): Promise<string> =>
    EventStatus.parse((await gateway.get(location)).json).status;

  it('an event alone is a workflow of its own, which re-sends find, also at another gateway', async () => {
    const taken = TakenItem.parse((await gateway.post(event(1))).json);
    const description = await client.workflow.getHandle(`event/${taken.eventId}`).describe();
    expect(description).toMatchObject({ type: 'forwardEvents', taskQueue: 'recipes' });
    expect(await description.staticSummary()).toBe('1 product event: 1 Invited User');
    expect(description.typedSearchAttributes.get(searchAttributes.outcome)).toBe('accepted');
    expect(await statusAt(taken.location)).toBe('accepted');

    const another = await gatewayOn(client);
    const again = TakenItem.parse((await another.post(event(1))).json);
    expect(again).toEqual({ ...taken, status: 'duplicate' });
    await another.close();
  });

  it('a group is one workflow, found by its location, and by the search attribute without it', async () => {
    const items = z.array(TakenItem).parse((await gateway.post([event(2), event(3), event(2)])).json);
    expect(items.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'duplicate']);
    const location = items[1]?.location ?? '';
    expect(await statusAt(location)).toBe('accepted');
    const bare = location.replace(/\?.*/, '');
    let found = await gateway.get(bare);
    while (found.status === 404) found = await gateway.get(bare); // search lags behind
    expect(EventStatus.parse(found.json).status).toBe('accepted');
  });

  it('an event whose workflow was stopped has failed, and is taken anew by a gateway that starts', async () => {
    const taken = TakenItem.parse((await gateway.post(event(4))).json);
    await client.workflow.getHandle(`event/${taken.eventId}`).terminate('by the test');
    expect(await statusAt(taken.location)).toBe('failed');
    const restarted = await gatewayOn(client);
    expect(TakenItem.parse((await restarted.post(event(4))).json).status).toBe('accepted');
    await restarted.close();
  });

  it('a gateway that starts knows the events of groups from before', async () => {
    const before = z.array(TakenItem).parse((await gateway.post([event(5), event(6)])).json);
    const bare = (before[1]?.location ?? '').replace(/\?.*/, '');
    while ((await gateway.get(bare)).status === 404); // search lags behind
    const restarted = await gatewayOn(client);
    const again = z.array(TakenItem).parse((await restarted.post([event(5), event(6)])).json);
    expect(again).toEqual(before.map((item) => ({ ...item, status: 'duplicate' })));
    await restarted.close();
  });

  it('an unsubscribe is a signal to the one workflow of its person, however often it comes', async () => {
    const body = 'email=Robin%2Bnews%40example.com&activityDate=2026-11-24T08%3A00%3A00Z';
    const answers = [await gateway.unsubscribe(body), await gateway.unsubscribe(body)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const [first, second] = answers.map(({ json }) => UnsubscribeTaken.parse(json).workflowId);
    expect(second).toBe(first);
    const description = await client.workflow.getHandle(first ?? '').describe();
    expect(description).toMatchObject({ type: 'personConsent', taskQueue: 'recipes' });
    expect(first).toBe(`personConsent/${TEST_HASHER.person('robin+news@example.com')}`);
  });

  it('is ready', async () => {
    expect((await gateway.get('/readyz')).status).toBe(200);
  });
});

describe('without a Temporal server', () => {
  it('nothing is acknowledged, and nothing is ready', async () => {
    const connection = Connection.lazy({ address: '127.0.0.1:1' });
    const gateway = await gatewayOn(new Client({ connection }), {
      startDeadlineMs: 0,
      startAttemptTimeoutMs: 200,
    });
    const answers = await Promise.all([gateway.post(event(1)), gateway.get('/readyz')]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    await gateway.close();
    await connection.close();
  });
});
