/** 10,000 random bodies: every one gets an answer of the interface, none breaks the gateway. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Agent } from 'node:http';
import { startGateway } from './support.js';
import type { TestGateway } from './support.js';

const BODIES = 10_000;
const CONNECTIONS = 20;
const EXPECTED = new Set([202, 400, 413, 415, 422]);

const keys = fc.oneof(
  fc.constantFrom(
    'work_email',
    'email',
    'uid',
    'user_id',
    'product_interaction',
    'opt_in',
    'namespace_id',
    'created_at',
  ),
  fc.constantFrom(
    'trial_user',
    'trial_start_date',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'length',
    '',
  ),
  fc.string({ maxLength: 10 }),
);
const values = fc.oneof(
  fc.constantFrom(
    'robin@example.com',
    'SaaS Trial',
    'Hand Raise PQL',
    '1001',
    '2023-06-11',
    '\ud800',
    '\u0000',
    '💥@example.com',
  ),
  fc.constantFrom(null, true, 0, -1, 1e308, 1.5, Number.MAX_SAFE_INTEGER + 2),
  fc.jsonValue({ maxDepth: 3 }),
);
const objects = fc.array(fc.tuple(keys, values), { maxLength: 8 }).map(
  // By hand, so that keys may repeat.
  (pairs) => `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`,
);
const texts = fc.oneof(
  { weight: 6, arbitrary: objects },
  { weight: 2, arbitrary: fc.array(objects, { maxLength: 5 }).map((items) => `[${items.join()}]`) },
  { weight: 1, arbitrary: objects.map((inner) => `{"trial_user":${inner}}`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.nat(300).map((depth) => '{"a":['.repeat(depth)) },
);
/** Some texts are cut short or get a byte exchanged on the way. */
const bodies = fc
  .tuple(
    texts,
    fc.option(fc.nat(200), { freq: 4 }),
    fc.option(fc.tuple(fc.nat(100), fc.nat(255)), { freq: 6 }),
  )
  .map(([text, cutAt, exchange]) => {
    const body = Buffer.from(text);
    if (exchange !== null && exchange[0] < body.length) body[exchange[0]] = exchange[1];
    return cutAt === null ? body : body.subarray(0, cutAt);
  });
const types = fc.oneof(
  { weight: 20, arbitrary: fc.constant('application/json') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'text/plain',
      'application/json;;',
      '/',
      'application/x+json; charset=latin1',
      'multipart/form-data',
    ),
  },
);

describe('random bodies', () => {
  let gateway: TestGateway;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(async () => {
    agent.destroy();
    await gateway.app.close();
  });

  it(`are all answered as the interface says: ${BODIES} of them`, async () => {
    const authorization = `Bearer ${await gateway.token()}`;
    const samples = fc.sample(fc.tuple(bodies, types), { numRuns: BODIES, seed: 20_260_101 });
    const counts = new Map<number, number>();
    const queue = samples.values();
    const sender = async (): Promise<void> => {
      for (const [body, type] of queue) {
        const headers = { 'content-type': type, authorization, 'content-length': String(body.length) };
        const { status } = await gateway.call({
          method: 'POST',
          path: '/v1/product-events',
          headers,
          body,
          agent,
        });
        counts.set(status, (counts.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, sender));
    expect([...counts.keys()].filter((status) => !EXPECTED.has(status))).toEqual([]);
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(BODIES);
    // The generator must reach past the parser, or the test proves nothing.
    for (const status of [202, 400, 415, 422]) expect(counts.get(status)).toBeGreaterThan(100);
    expect(gateway.logLines.join('')).not.toContain('robin');
    expect((await gateway.call({ path: '/healthz', agent })).status).toBe(200);
  });
});
