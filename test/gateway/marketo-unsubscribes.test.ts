/** Marketo's Call Webhook step as it really behaves, against a gateway whose way to `personConsent` is scripted. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import { Agent } from 'node:http';
import { z } from 'zod';
import { hashSecret } from '../../config/gateway-clients.js';
import type { ConsentRequest } from '../../domain/consent.js';
import { UnsubscribeTaken } from '../../gateway/schemas.js';
import { TEST_HASHER } from '../support/events.js';
import { idle, startGateway, until, type Answer, type TestGateway } from './support.js';

const PATH = '/v1/marketo/unsubscribes';
const NEW = 'new-webhook-token';
const OLD = 'old-webhook-token';
const agent = new Agent({ keepAlive: true });

/** What Temporal has taken since the test began, and what has to happen before it takes more. */
let taken: ConsentRequest[] = [];
let begun: () => Promise<void>;
let gateway: TestGateway;

const start = async (requests: readonly ConsentRequest[]): Promise<void> => {
  await begun();
  taken.push(...requests);
};

beforeAll(async () => {
  const tokenHashes = [hashSecret(NEW), hashSecret(OLD)];
  gateway = await startGateway({ webhook: { tokenHashes, starter: { start } } });
});
afterAll(async () => {
  agent.destroy();
  await gateway.app.close();
});
const calm = (): void => {
  taken = [];
  begun = () => Promise.resolve();
  gateway.metrics.lines.splice(0);
};
beforeAll(calm);
afterEach(calm);

/** Statuses that any test of this file has seen. */
const produced = new Set<number>();

async function call(body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const answer = await gateway.call({
    method: 'POST',
    path: PATH,
    headers: { 'x-webhook-token': NEW, ...headers },
    body,
    agent,
  });
  produced.add(answer.status);
  return answer;
}

/** Lets Temporal take requests only when the test says so. */
function doors(): (() => void)[] {
  const durable: (() => void)[] = [];
  begun = () => new Promise((resolve) => durable.push(resolve));
  return durable;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

describe('an unsubscribe that Marketo reports', () => {
  it('becomes an opt-out request, and is answered with JSON once that is durable', async () => {
    const durable = doors();
    const body = { email: 'Robin@Example.com', leadId: 1001, activityDate: '2026-11-24T08:00:00Z' };
    let answered = false;
    const answer = call(JSON.stringify(body), JSON_TYPE).finally(() => (answered = true));
    await until(() => durable.length === 1);
    await idle();
    expect(answered).toBe(false);
    durable[0]?.();
    const { status, json } = await answer;
    expect(status).toBe(200);
    expect(UnsubscribeTaken.parse(json).workflowId).toBe(
      `personConsent/${TEST_HASHER.person('robin@example.com')}`,
    );
    expect(taken).toEqual([
      {
        reference: expect.stringMatching(/^webhook-[a-z2-7]{16}$/),
        change: 'opt-out',
        source: 'marketo-webhook',
        sourceAtMs: Date.parse('2026-11-24T08:00:00.999Z'),
        receivedAtMs: expect.any(Number),
        email: 'robin@example.com',
        leadId: 1001,
      },
    ]);
  });

  it.each([
    [
      'JSON',
      '{"email":"robin+news@example.com","leadId":"1001","reason":"said \\"no\\"\\nand left"}',
      JSON_TYPE,
    ],
    ['a form', 'email=robin%2Bnews%40example.com&leadId=1001&reason=said+%22no%22%0Aand+left', FORM_TYPE],
    ['JSON without a type', '{"email":"robin+news@example.com","leadId":1001}', {}],
    ['a form without a type', 'leadId=1001&email=robin%2Bnews@example.com', {}],
    ['a form that calls itself JSON', 'email=robin%2Bnews@example.com&leadId=1001', JSON_TYPE],
    [
      'JSON of an odd type',
      '{"email":"robin+news@example.com","leadId":1001}',
      { 'content-type': 'webhook' },
    ],
    ['JSON with a byte order mark', '\uFEFF {"email":" robin+news@example.com ","leadId":1001.0}\n', {}],
    ['a damaged +, as JSON', '{"email":"robin news@example.com","leadId":1001}', JSON_TYPE],
    ['a damaged +, as a form', 'email=robin+news@example.com&leadId=1001', FORM_TYPE],
  ])('is read from %s', async (_name, body, headers) => {
    expect((await call(body, headers)).status).toBe(200);
    expect(taken).toMatchObject([{ email: 'robin+news@example.com', leadId: 1001 }]);
  });

  it('counts the addresses that it mended', async () => {
    await call('{"email":"robin news@example.com"}');
    await call('{"email":"robin+news@example.com"}');
    expect(gateway.metrics.lines).toEqual(['repaired', `${PATH} 200`, `${PATH} 200`]);
  });

  it.each([
    ['nothing', {}],
    ['empty values', { leadId: '', activityDate: '', reason: '' }],
    ['null, and keys that nobody knows', { leadId: null, activityDate: null, score: [1], __proto__: {} }],
    ['values that are none', { leadId: 'none', activityDate: 'last week', reason: {} }],
  ])('needs an address only: beside it %s', async (_name, others) => {
    const fromMs = Date.now();
    expect((await call(JSON.stringify({ email: 'robin@example.com', ...others }), JSON_TYPE)).status).toBe(
      200,
    );
    const [request] = taken;
    expect(request).not.toHaveProperty('leadId');
    expect(request?.sourceAtMs).toBe(request?.receivedAtMs);
    expect(request?.sourceAtMs).toBeGreaterThanOrEqual(fromMs);
    expect(request?.reference).toMatch(/^webhook-[0-9a-f-]{36}$/);
  });

  it('is not dated into the future: what the person does next counts as later', async () => {
    const future = new Date(Date.now() + 3_600_000).toISOString();
    await call(JSON.stringify({ email: 'robin@example.com', activityDate: future }));
    expect(taken[0]?.sourceAtMs).toBe(taken[0]?.receivedAtMs);
  });

  it('has the same reference however often and in whatever spelling it comes, and another one for another act', async () => {
    const act = { email: 'robin@example.com', leadId: 1001, activityDate: '2026-11-24T08:00:00Z' };
    for (const body of [
      act,
      act,
      {
        ...act,
        email: 'Robin@example.com',
        leadId: '1001',
        activityDate: '2026-11-24 08:00:00',
        reason: 'x',
      },
      { ...act, activityDate: '2026-11-25T08:00:00Z' },
      { ...act, leadId: 1002 },
    ])
      await call(JSON.stringify(body));
    const references = taken.map(({ reference }) => reference);
    expect(new Set(references.slice(0, 3)).size).toBe(1);
    expect(new Set(references).size).toBe(3);
  });
});

describe('what is not taken', () => {
  it.each<[string, string | Buffer, Record<string, string>, string]>([
    ['no token', '{}', { 'x-webhook-token': '' }, '401 no-webhook-token'],
    ['a wrong token', '{}', { 'x-webhook-token': 'guess' }, '401 wrong-webhook-token'],
    ['two tokens in one', '{}', { 'x-webhook-token': `${NEW}, ${OLD}` }, '401 wrong-webhook-token'],
    ['nothing', '', {}, '400 empty-webhook-body'],
    ['blanks', ' \n', {}, '400 empty-webhook-body'],
    [
      'a quote in a value',
      '{"email":"a@example.com","reason":"said "no""}',
      JSON_TYPE,
      '400 broken-webhook-body',
    ],
    [
      'a newline in a value',
      '{"email":"a@example.com","reason":"one\ntwo"}',
      JSON_TYPE,
      '400 broken-webhook-body',
    ],
    ['quotes twice', '{"email": ""a@example.com""}', {}, '400 broken-webhook-body'],
    ['a list', '[{"email":"a@example.com"}]', JSON_TYPE, '400 broken-webhook-body'],
    ['other bytes', Buffer.from([0x7b, 0xff, 0xfe]), JSON_TYPE, '400 broken-utf8'],
    ['too much', `{"email":"a@example.com","x":"${'x'.repeat(17_000)}"}`, {}, '413 webhook-body-too-large'],
    ['packed bytes', 'x', { 'content-encoding': 'gzip' }, '415 content-encoding'],
    ['no address', '{"leadId":1001}', JSON_TYPE, '422 no-email'],
    ['an empty address', 'email=&leadId=1001', FORM_TYPE, '422 no-email'],
    ['another text', 'email=robin', FORM_TYPE, '422 invalid-email'],
    ['two addresses', 'email=a%40example.com,b%40example.com', FORM_TYPE, '422 invalid-email'],
  ])('%s', async (_name, body, headers, answered) => {
    const { status, json } = await call(body, headers);
    const rejections = gateway.metrics.lines.filter((line) => line.startsWith('rejected '));
    expect(`${status} ${rejections.join().replace('rejected ', '')}`).toBe(answered);
    const field = status === 422 ? 'email' : '';
    expect(json).toEqual({ errors: [{ field, message: expect.any(String) }] });
    expect(taken).toEqual([]);
  });

  it('names the token encoding to choose when the JSON is broken', async () => {
    expect((await call('{"email":"a@example.com","reason":"said "no""}')).text).toContain(
      'Choose Request Token Encoding: JSON',
    );
  });

  it('is said before the body is read, and takes either of two tokens while they are exchanged', async () => {
    expect((await call('x'.repeat(100_000), { 'x-webhook-token': 'guess' })).status).toBe(401);
    expect((await call('email=a@example.com', { 'x-webhook-token': OLD })).status).toBe(200);
  });

  it('everything, where Marketo is not configured', async () => {
    const other = await startGateway();
    const answer = await other.call({ method: 'POST', path: PATH, body: 'email=a@example.com' });
    produced.add(answer.status);
    expect([answer.status, answer.text]).toEqual([404, expect.stringContaining('MARKETO_WEBHOOK_TOKEN')]);
    expect((await other.call({ path: PATH })).headers.allow).toBe('POST');
    await other.app.close();
  });
});

describe('a Temporal that does not take it', () => {
  it('is 503 with Retry-After, and a line in the log with its code and nobody’s address', async () => {
    begun = () =>
      Promise.reject(ApplicationFailure.create({ message: 'Temporal did not take 1 of 1: grpc-14' }));
    const answer = await call('email=robin@example.com');
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, expect.stringMatching(/^[12]$/)]);
    expect(gateway.logLines.join('')).toContain('grpc-14');
    expect(gateway.logLines.join('')).not.toContain('robin');
  });
});

describe('a Temporal that does not answer', () => {
  it('is 503 long before Marketo stops waiting', async () => {
    const never = { start: () => new Promise<void>(() => undefined) };
    const other = await startGateway({
      webhook: { tokenHashes: [hashSecret(NEW)], starter: never, answerWithinMs: 20 },
    });
    const headers = { 'x-webhook-token': NEW };
    const { status } = await other.call({ method: 'POST', path: PATH, headers, body: 'email=a@example.com' });
    expect(status).toBe(503);
    await other.app.close();
  });
});

describe('a gateway that stops', () => {
  it('answers what is under way', async () => {
    const durable = doors();
    const tokenHashes = [hashSecret(NEW)];
    const stopping = await startGateway({ webhook: { tokenHashes, starter: { start } } });
    const headers = { 'x-webhook-token': NEW };
    const underWay = stopping.call({ method: 'POST', path: PATH, headers, body: 'email=robin@example.com' });
    await until(() => durable.length === 1);
    const closed = stopping.app.close();
    durable[0]?.();
    expect((await underWay).status).toBe(200);
    await closed;
  });
});

describe('random bodies', () => {
  const value = fc.oneof(
    fc.constantFrom('robin@example.com', 'robin news@example.com', '2026-11-24T08:00:00Z', '', '\ud800', '"'),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const fields = fc.dictionary(
    fc.constantFrom('email', 'leadId', 'activityDate', 'reason', '__proto__', 'toString'),
    value,
  );
  const form = fields.map((each) =>
    String(
      new URLSearchParams(
        Object.entries(each).map(([name, of]): [string, string] => [name, JSON.stringify(of)]),
      ),
    ),
  );
  const bodies = fc.oneof(
    fields.map((each) => JSON.stringify(each)),
    form,
    fc.string({ unit: 'binary', maxLength: 40 }),
    fields.map((each) => JSON.stringify(each).slice(0, -2)),
  );
  const types = fc.constantFrom('application/json', 'text/plain;;', '/', 'application/x-www-form-urlencoded');

  it('are answered as the interface says, and never repeated', async () => {
    const seen = new Set<number>();
    for (const [body, type] of fc.sample(fc.tuple(bodies, types), { numRuns: 500, seed: 20_260_101 })) {
      const { status, text } = await call(Buffer.from(body), { 'content-type': type });
      seen.add(status);
      expect(text).not.toMatch(/robin|2026-11-24/);
    }
    expect([...seen].sort()).toEqual([200, 400, 422]);
    expect(gateway.logLines.join('')).not.toContain('robin');
  });
});

describe('the interface description', () => {
  it('promises exactly what was answered here', async () => {
    const Described = z.object({
      paths: z.object({
        [PATH]: z.object({ post: z.object({ responses: z.record(z.string(), z.unknown()) }) }),
      }),
    });
    const { paths } = Described.parse((await gateway.call({ path: '/openapi.json', agent })).json);
    // The same on every path: a body that is slow, and what nobody has thought of.
    const elsewhere = ['408', '500'];
    const promised = Object.keys(paths[PATH].post.responses).filter((each) => !elsewhere.includes(each));
    expect([...produced].map(String).sort()).toEqual(promised.sort());
  });
});
