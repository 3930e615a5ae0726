/** Every wrong request gets the status of the interface and a message that says what to do. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { z } from 'zod';
import { createTokens } from '../../gateway/tokens.js';
import { IntakeUnavailable } from '../../gateway/group-commit.js';
import { FieldErrors, OAuthError } from '../../gateway/schemas.js';
import { basic, startGateway, TOKEN_SECRET } from './support.js';
import type { Answer, Call, TestGateway } from './support.js';

const EVENT = { work_email: 'canary@example.com', uid: 1001, product_interaction: 'SaaS Trial' };
const JSON_TYPE = { 'content-type': 'application/json' };
const EVENTS = '/v1/product-events';
const nested = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
const eventOf = (more: string): string => `{"work_email":"canary@example.com",${more}}`;

let gateway: TestGateway;
let readOnly: string;
let writeOnly: string;
let expired: string;
/** `POST /v1/product-events 422`, for everything the table produced. */
const produced = new Set<string>();

beforeAll(async () => {
  gateway = await startGateway();
  readOnly = await gateway.token('product-events:read');
  writeOnly = await gateway.token('product-events:write');
  const twoHoursAgo = createTokens(TOKEN_SECRET, () => Date.now() - 2 * 3_600_000);
  expired = twoHoursAgo.issue({ clientId: 'backend', scopes: ['product-events:write'] });
});
afterAll(() => gateway.app.close());

interface Row {
  readonly name: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly says: RegExp;
}

const TABLE: readonly Row[] = [
  { name: 'broken JSON', body: '{"work_email": "canary@example.com"', status: 400, says: /not valid JSON/ },
  { name: 'NaN', body: eventOf('"uid":NaN'), status: 400, says: /not valid JSON/ },
  { name: 'an empty body', body: '', status: 400, says: /body is empty/ },
  {
    name: 'a body that is no UTF-8',
    body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
    status: 400,
    says: /UTF-8/,
  },
  { name: 'a bare string', body: '"hello"', status: 422, says: /JSON object/ },
  { name: 'null', body: 'null', status: 422, says: /JSON object/ },
  { name: 'no e-mail address', body: '{"uid": 1}', status: 422, says: /e-mail address is required/ },
  { name: 'a wrong type', body: eventOf('"opt_in":"yes"'), status: 422, says: /true, false or null/ },
  { name: 'a bad address', body: '{"work_email":"canary"}', status: 422, says: /not an e-mail address/ },
  { name: '21 levels', body: eventOf(`"x":${nested(20)}`), status: 422, says: /at most 20 levels/ },
  { name: '500,000 open brackets', body: '['.repeat(500_000), status: 422, says: /at most 20 levels/ },
  { name: 'a 2 MB body', body: eventOf(`"x":"${'x'.repeat(2_000_000)}"`), status: 413, says: /at most 1 MB/ },
  {
    name: 'a chunked 2 MB body',
    body: eventOf(`"x":"${'x'.repeat(2_000_000)}"`),
    headers: { 'transfer-encoding': 'chunked' },
    status: 413,
    says: /at most 1 MB/,
  },
  { name: '1,001 items', body: JSON.stringify(Array(1_001).fill(EVENT)), status: 413, says: /at most 1000/ },
  {
    name: 'numbers that grow when written',
    body: eventOf(`"x":[${Array(180_000).fill('1e20').join()}]`),
    status: 422,
    says: /at most 1048576 bytes/,
  },
  {
    name: 'text',
    body: 'hello',
    headers: { 'content-type': 'text/plain' },
    status: 415,
    says: /Content-Type: application\/json/,
  },
  {
    name: 'a nonsense type',
    body: '{}',
    headers: { 'content-type': '*' },
    status: 415,
    says: /application\/json/,
  },
  {
    name: 'another charset',
    body: '{}',
    headers: { 'content-type': 'application/json; charset=utf-16' },
    status: 415,
    says: /UTF-8/,
  },
  {
    name: 'gzip',
    body: Buffer.from([0x1f, 0x8b]),
    headers: { 'content-encoding': 'gzip' },
    status: 415,
    says: /without Content-Encoding/,
  },
  { name: 'no token', headers: { authorization: '' }, status: 401, says: /Authorization: Bearer/ },
  {
    name: 'Basic credentials',
    headers: { authorization: basic('backend', 'new-secret') },
    status: 401,
    says: /POST \/oauth\/token/,
  },
  {
    name: 'a forged token',
    headers: { authorization: 'Bearer a.b.c' },
    status: 401,
    says: /none of this gateway/,
  },
];

async function send(call: Call): Promise<Answer> {
  const answer = await gateway.call(call);
  const path = (call.path ?? '').replace(/\?.*/, '').replace(/(product-events)\/.+/, '$1/{eventId}');
  produced.add(`${call.method ?? 'GET'} ${path} ${answer.status}`);
  return answer;
}

function messagesOf(answer: Answer): string {
  return FieldErrors.parse(answer.json)
    .errors.map(({ message }) => message)
    .join('\n');
}

describe('POST /v1/product-events refuses', () => {
  it.each(TABLE)('$name with $status', async ({ body, headers, status, says }) => {
    const authorization = `Bearer ${writeOnly}`;
    const answer = await send({
      method: 'POST',
      path: EVENTS,
      headers: { ...JSON_TYPE, authorization, ...headers },
      body: body ?? JSON.stringify(EVENT),
    });
    expect({ status: answer.status, message: messagesOf(answer) }).toEqual({
      status,
      message: expect.stringMatching(says),
    });
    expect(answer.text).not.toContain('canary');
    expect(answer.headers['x-request-id']).toMatch(/^[\w.-]+$/);
  });

  it('an expired token, and says so in the standard header', async () => {
    const answer = await gateway.post(EVENT, { authorization: `Bearer ${expired}` });
    expect(answer.status).toBe(401);
    expect(messagesOf(answer)).toMatch(/expired.*POST \/oauth\/token/);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer .*error="invalid_token"/);
  });

  it('a token of another scope', async () => {
    const answer = await send({
      method: 'POST',
      path: EVENTS,
      headers: { ...JSON_TYPE, authorization: `Bearer ${readOnly}` },
      body: JSON.stringify(EVENT),
    });
    expect(answer.status).toBe(403);
    expect(messagesOf(answer)).toContain('product-events:write');
    expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"');
  });

  it('what it cannot make durable, with 503', async () => {
    const full = await startGateway({
      intake: {
        accept: () => Promise.reject(new IntakeUnavailable('overloaded')),
        drain: () => Promise.resolve(),
      },
    });
    const answer = await full.post(EVENT);
    produced.add(`POST ${EVENTS} ${answer.status}`);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toMatch(/^[12]$/);
    expect(messagesOf(answer)).toMatch(/Send it again/);
    await full.app.close();
  });

  it('with 500 and no word of the payload when something unexpected breaks', async () => {
    const intake = {
      accept: () => Promise.reject(new Error('cannot digest canary@example.com')),
      drain: () => Promise.resolve(),
    };
    const broken = await startGateway({ intake });
    const answer = await broken.post(EVENT, { 'x-request-id': 'from-the-sender' });
    produced.add(`POST ${EVENTS} ${answer.status}`);
    expect(answer.status).toBe(500);
    expect(answer.headers['x-request-id']).toBe('from-the-sender');
    expect(messagesOf(answer)).toContain('X-Request-Id');
    await broken.app.close();
    const log = broken.logLines.join('');
    expect(log).toContain('from-the-sender');
    expect(log).toContain('unexpected error');
    expect(log).not.toContain('canary');
  });

  it('a body that does not arrive in time, with 408', async () => {
    const hasty = await startGateway({ requestTimeoutMs: 100 });
    const authorization = `Bearer ${await hasty.token()}`;
    const head = `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: ${authorization}\r\nContent-Length: 100\r\n\r\n{"work_`;
    const answer = await bareAnswer(hasty.port, head);
    produced.add(`POST ${EVENTS} 408`);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toMatch(/within 30 seconds; send it again/);
    expect(hasty.metrics.lines).toContain('rejected too-slow');
    await hasty.app.close();
  });
});

/** Sends raw bytes, and reads until the gateway closes the connection. */
function bareAnswer(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('utf8')));
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(text);
    });
  });
}

describe('any path', () => {
  it.each([
    ['GET', '/'],
    ['POST', '/v1/product-event'],
    ['POST', '/v1/product-events/'],
    ['GET', '/v1/product-events/a/b'],
    ['PROPFIND', '/nowhere'],
  ])('%s %s is 404 when it does not exist', async (method, path) => {
    const answer = await gateway.call({ method, path, headers: { 'content-type': 'text/plain' } });
    expect(answer.status).toBe(404);
    expect(messagesOf(answer)).toContain('/openapi.json');
  });

  it.each([
    ['GET', EVENTS, 'POST'],
    ['PUT', EVENTS, 'POST'],
    ['OPTIONS', EVENTS, 'POST'],
    ['DELETE', `${EVENTS}/x-aaaaaaaaaaaaaaaa?group=1`, 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['GET', '/oauth/token', 'POST'],
  ])('%s %s is 405 with the methods it takes', async (method, path, allow) => {
    const answer = await gateway.call({ method, path, headers: { 'content-type': 'text/plain' } });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(messagesOf(answer)).toContain(`takes ${allow}`);
  });

  it('answers HEAD like GET, without a body', async () => {
    const answer = await gateway.call({ method: 'HEAD', path: '/healthz' });
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  it.each([
    ['a broken escape', '/v1/product-events/%zz', 400, /% escapes/],
    ['a very long address', `/v1/product-events/${'a'.repeat(5_000)}`, 404, /openapi|No such event/],
  ])('with %s is answered in the same shape', async (_name, path, status, says) => {
    const answer = await gateway.call({ path, headers: { authorization: `Bearer ${readOnly}` } });
    expect(answer.status).toBe(status);
    expect(messagesOf(answer)).toMatch(says);
    expect(answer.headers['x-request-id']).toBeDefined();
    expect(gateway.metrics.lines).toContain(`unknown ${status}`);
  });

  it('with headers beyond all measure is 431', async () => {
    const answer = await gateway.call({ path: '/healthz', headers: { 'x-long': 'x'.repeat(100_000) } });
    expect(answer.status).toBe(431);
    expect(messagesOf(answer)).toMatch(/headers are too large/);
  });

  it('in something that is no HTTP is 400', async () => {
    expect(await bareAnswer(gateway.port, 'hello\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*well-formed HTTP/,
    );
  });
});

describe('GET /v1/product-events/<eventId> refuses', () => {
  it.each([
    ['no token', '', 401],
    ['a token of another scope', 'write', 403],
    ['an unknown event', 'read', 404],
  ])('%s', async (_name, token, status) => {
    const bearer = { write: writeOnly, read: readOnly }[token];
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    const answer = await send({ path: `${EVENTS}/saas-trial-aaaaaaaaaaaaaaaa`, headers });
    expect(answer.status).toBe(status);
    expect(messagesOf(answer)).not.toBe('');
  });

  it('to guess while Temporal does not answer', async () => {
    const blind = await startGateway({
      statusReader: { read: () => Promise.reject(new Error('canary is away')) },
    });
    const authorization = `Bearer ${await blind.token()}`;
    const path = `${EVENTS}/saas-trial-aaaaaaaaaaaaaaaa`;
    const answer = await blind.call({ path, headers: { authorization } });
    produced.add(`GET ${EVENTS}/{eventId} ${answer.status}`);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toMatch(/^[12]$/);
    await blind.app.close();
    expect(blind.logLines.join('')).not.toContain('canary');
  });
});

describe('POST /oauth/token refuses', () => {
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
  const GRANT = 'grant_type=client_credentials';
  const auth = { ...FORM, authorization: basic('backend', 'new-secret') };
  const as = (authorization: string): Readonly<Record<string, string>> => ({ ...FORM, authorization });
  const twice = `${GRANT}&client_id=backend&client_secret=new-secret`;

  interface TokenRow extends Omit<Row, 'says'> {
    readonly error: OAuthError['error'];
  }
  const rows: readonly TokenRow[] = [
    { name: 'a wrong secret', headers: as(basic('backend', 'x')), status: 401, error: 'invalid_client' },
    { name: 'an unknown client', headers: as(basic('nobody', 'x')), status: 401, error: 'invalid_client' },
    { name: 'no client', headers: FORM, status: 401, error: 'invalid_client' },
    { name: 'another scheme', headers: as('Bearer x'), status: 401, error: 'invalid_client' },
    { name: 'another grant', body: 'grant_type=password', status: 400, error: 'unsupported_grant_type' },
    { name: 'no grant', body: '', status: 400, error: 'invalid_request' },
    { name: 'scopes that do not exist', body: `${GRANT}&scope=all`, status: 400, error: 'invalid_scope' },
    { name: 'a parameter sent twice', body: `${GRANT}&${GRANT}`, status: 400, error: 'invalid_request' },
    { name: 'a secret sent twice', body: twice, status: 400, error: 'invalid_request' },
    {
      name: 'broken JSON',
      headers: { ...auth, ...JSON_TYPE },
      body: '{',
      status: 400,
      error: 'invalid_request',
    },
    { name: 'a list', headers: { ...auth, ...JSON_TYPE }, body: '[]', status: 400, error: 'invalid_request' },
    {
      name: 'text',
      headers: { ...auth, 'content-type': 'text/plain' },
      status: 415,
      error: 'invalid_request',
    },
    { name: 'a long body', body: `${GRANT}&x=${'x'.repeat(20_000)}`, status: 413, error: 'invalid_request' },
  ];

  it.each(rows)('$name with $status', async ({ headers = auth, body = GRANT, status, error }) => {
    const answer = await send({ method: 'POST', path: '/oauth/token', headers, body });
    const refusal = OAuthError.parse(answer.json);
    expect({ status: answer.status, error: refusal.error }).toEqual({ status, error });
    expect(refusal.error_description).not.toBe('');
    expect(answer.headers['www-authenticate']).toEqual(
      status === 401 ? expect.stringMatching(/^Basic /) : undefined,
    );
  });
});

describe('the interface description', () => {
  const Described = z.object({
    paths: z.record(
      z.string(),
      z.record(z.string(), z.object({ responses: z.record(z.string(), z.unknown()) })),
    ),
  });

  it('promises only refusals that this table has produced, and leaves none out', async () => {
    const { paths } = Described.parse((await gateway.call({ path: '/openapi.json' })).json);
    const promised = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
      ),
    );
    // Readiness, draining and the webhook have stories of their own; a slow body is the same on every path.
    const elsewhere = ['GET /readyz 503', 'POST /oauth/token 503', 'POST /oauth/token 408'];
    const refusals = promised.filter(
      (each) => !/ 2\d\d$/.test(each) && !elsewhere.includes(each) && !each.includes('/v1/marketo/'),
    );
    expect([...produced].sort()).toEqual(refusals.sort());
  });
});
