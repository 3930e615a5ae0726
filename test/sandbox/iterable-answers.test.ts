import { describe, expect, it } from '@jest/globals';
import { clock, useSandboxes } from './ask-iterable.js';
import type { Subject } from './ask-iterable.js';

const start = useSandboxes();

interface Odd {
  readonly name: string;
  readonly request: readonly [method: string, path: string, body?: unknown];
  readonly status: number;
  readonly code?: string;
  readonly msg?: RegExp;
  readonly params?: unknown;
}

const track = (event: object): Odd['request'] => ['POST', '/api/events/track', { eventName: 'E', ...event }];
const update = (user: object): Odd['request'] => ['POST', '/api/users/update', user];
const ada = { email: 'ada@example.com' };

const ODD_ANSWERS: readonly Odd[] = [
  {
    name: 'an unknown address',
    request: track({ email: 'who@example.com' }),
    status: 400,
    code: 'UnknownEmailError',
  },
  { name: 'an unknown user id', request: track({ userId: '99' }), status: 400, code: 'UnknownUserIdError' },
  {
    name: 'no identity',
    request: track({}),
    status: 400,
    code: 'InvalidEmailAddressError',
    msg: /^Invalid email: none$/,
  },
  { name: 'null as address', request: track({ email: null }), status: 400, msg: /^Invalid email: none$/ },
  {
    name: 'an address without domain',
    request: track({ email: 'sayan' }),
    status: 400,
    msg: /^Invalid email: sayan$/,
  },
  {
    name: 'an address of no public domain',
    request: update({ email: 'a@host.invalid' }),
    status: 400,
    code: 'InvalidEmailAddressError',
  },
  {
    name: 'an address on the list',
    request: update({ email: 'Refused@example.com' }),
    status: 400,
    code: 'InvalidEmailAddressError',
  },
  { name: 'an empty user id', request: update({ userId: '' }), status: 400, code: 'InvalidUserIdError' },
  {
    name: 'a user id with a blank at its end',
    request: update({ userId: 'x ' }),
    status: 400,
    code: 'InvalidUserIdError',
  },
  {
    name: 'a user id that is not ASCII',
    request: update({ userId: 'zoë' }),
    status: 400,
    code: 'InvalidUserIdError',
  },
  {
    name: 'an event of a forgotten person',
    request: track({ email: 'gone@example.com' }),
    status: 400,
    code: 'ForgottenUserError',
  },
  {
    name: 'a profile of a forgotten person',
    request: update({ email: 'GONE@example.com' }),
    status: 409,
    code: 'ForgottenUserError',
  },
  {
    name: 'a person whom Iterable fails on',
    request: track({ email: 'sick@example.com' }),
    status: 500,
    code: 'GenericError',
  },
  {
    name: 'milliseconds as time',
    request: track({ ...ada, createdAt: 1_767_225_600_000 }),
    status: 400,
    code: 'BadParams',
  },
  {
    name: 'an id of 513 bytes',
    request: track({ ...ada, id: `${'é'.repeat(256)}x` }),
    status: 400,
    code: 'BadParams',
  },
  {
    name: 'a disallowed event',
    request: track({ ...ada, eventName: 'Nope' }),
    status: 200,
    code: 'Success',
    msg: /is disallowed from tracking/,
  },
  {
    name: 'a text as time',
    request: track({ ...ada, createdAt: 'now' }),
    status: 400,
    code: 'BadJsonBody',
    params: { 'obj.createdAt': 'Number value expected' },
  },
  {
    name: 'broken JSON',
    request: ['POST', '/api/users/update', '{"email":'],
    status: 400,
    code: 'BadJsonBody',
    msg: /^\[\/api\/users\/update\] Invalid JSON body$/,
  },
  {
    name: 'a wrong flag in a batch',
    request: ['POST', '/api/users/bulkUpdate', { users: [ada, { ...ada, preferUserId: 'yes' }] }],
    status: 400,
    code: 'BadJsonBody',
    params: { 'obj.users[1].preferUserId': 'Boolean value expected' },
  },
  {
    name: '1001 rows',
    request: ['POST', '/api/events/trackBulk', { events: Array(1001).fill({ ...ada, eventName: 'E' }) }],
    status: 400,
    code: 'BatchTooLarge',
  },
  {
    name: 'a person to delete who is unknown',
    request: ['DELETE', '/api/users/who%40example.com'],
    status: 400,
    code: 'BadParams',
    msg: /^User does not exist\. Email: /,
  },
  {
    name: 'a list that does not exist',
    request: ['POST', '/api/lists/subscribe', { listId: 999, subscribers: [] }],
    status: 400,
    code: 'Success',
    msg: /^error\.lists\.invalidListId\(999\)$/,
    params: { projectId: 4711, listId: 999 },
  },
  {
    name: 'a dynamic list',
    request: ['POST', '/api/lists/subscribe', { listId: 302, subscribers: [] }],
    status: 400,
    code: 'BadParams',
  },
  { name: 'a list in use', request: ['DELETE', '/api/lists/302'], status: 409 },
  {
    name: 'more than 200 events',
    request: ['GET', '/api/events/ada%40example.com?limit=201'],
    status: 400,
    code: 'BadParams',
  },
  { name: 'a read of nobody', request: ['GET', '/api/users/getByEmail'], status: 400, code: 'BadParams' },
  {
    name: 'hashed user ids of an email-based project',
    request: ['GET', '/api/users/forgottenUserIds'],
    status: 400,
    code: 'BadParams',
  },
  {
    name: 'a targeted group that does not exist',
    request: ['DELETE', '/api/subscriptions/phone/1/user/ada%40example.com'],
    status: 400,
    code: 'error.subscriptions.invalidGroup',
  },
  {
    name: 'a message type that does not exist',
    request: ['DELETE', '/api/subscriptions/messageType/1/user/ada%40example.com'],
    status: 404,
    code: 'error.subscriptions.notFound',
  },
];

async function prepared(): Promise<Subject> {
  const subject = await start({
    forgottenEmails: ['gone@example.com'],
    failingUsers: ['sick@example.com'],
    invalidEmails: ['refused@example.com'],
    disallowedEventNames: ['Nope'],
  });
  subject.sandbox.addUser('ada@example.com');
  return subject;
}

async function send(
  { ask, post }: Subject,
  [method, path, body]: Odd['request'],
): ReturnType<Subject['ask']> {
  return method === 'POST' ? post(path, body) : ask(method, path);
}

describe('odd requests', () => {
  it.each(ODD_ANSWERS)('$name: $status', async ({ request, status, code, msg, params }) => {
    const subject = await prepared();
    const reply = await send(subject, request);
    expect(reply.status).toBe(status);
    if (code !== undefined) expect(reply.body).toMatchObject({ code });
    if (msg !== undefined) expect(reply.body).toMatchObject({ msg: expect.stringMatching(msg) });
    if (params !== undefined) expect(reply.body).toMatchObject({ params });
    expect(subject.sandbox.received()[0]).toMatchObject({ status, applied: false });
  });

  it('counts rows from one where told to', async () => {
    const { post } = await start({ badJsonIndexBase: 1 });
    const { body } = await post('/api/users/bulkUpdate', { users: [{ email: 5 }] });
    expect(body).toMatchObject({ params: { 'obj.users[1].email': 'String value expected' } });
  });

  it('can give refusals the code of a success', async () => {
    const { post, ask } = await start({ successCodeOnRefusal: true });
    expect(await post('/api/users/update', { email: 'bad' })).toMatchObject({
      status: 400,
      body: { code: 'Success' },
    });
    expect(await ask('GET', '/api/lists', { headers: {} })).toMatchObject({
      status: 401,
      body: { code: 'Success' },
    });
  });
});

describe('addresses that Iterable does not have', () => {
  it.each([
    ['GET', '/api/nowhere'],
    ['PUT', '/api/users/update'],
    ['GET', '/api/events/%E0%A4%A'],
  ])('%s %s is a page in HTML', async (method, path) => {
    const { ask } = await start();
    const { status, body, headers } = await ask(method, path);
    expect(status).toBe(404);
    expect(body).toContain('<title>Action not found</title>');
    expect(headers.get('content-type')).toContain('text/html');
  });

  it('is JSON where told to', async () => {
    const { get } = await start({ htmlNotFound: false });
    expect(await get('/api/nowhere')).toMatchObject({ status: 404, body: { code: 'NotFound' } });
  });
});

describe('keys', () => {
  it.each([
    ['none', {}],
    ['a wrong one', { 'Api-Key': 'other' }],
  ])('%s is refused', async (_name, headers) => {
    const { ask } = await start();
    const { status, body } = await ask('GET', '/api/channels', { headers });
    expect(status).toBe(401);
    expect(body).toMatchObject({
      code: 'BadApiKey',
      msg: 'Invalid API key',
      params: { endpoint: '/api/channels' },
    });
  });

  it('may be spelled with an underscore', async () => {
    const { ask, sandbox } = await start();
    expect(await ask('GET', '/api/channels', { headers: { Api_Key: sandbox.apiKey } })).toMatchObject({
      status: 200,
    });
  });

  it('can be disabled while it runs', async () => {
    const { get, sandbox } = await start({ apiKey: 'mine' });
    expect(await get('/api/channels')).toMatchObject({ status: 200 });
    sandbox.configure({ apiKeyState: 'disabled' });
    expect(await get('/api/channels')).toMatchObject({ status: 401, body: { code: 'Unauthorized' } });
  });
});

describe('limits', () => {
  it('lets five users/bulkUpdate through in a second, then says how long to wait', async () => {
    const time = clock();
    const { post, sandbox } = await start({ now: time.now });
    const call = (): ReturnType<typeof post> => post('/api/users/bulkUpdate', { users: [] });
    for (let calls = 0; calls < 5; calls += 1) expect(await call()).toMatchObject({ status: 200 });
    expect(await call()).toMatchObject({
      status: 429,
      body: {
        msg: 'Exceeded rate limit for endpoint: /api/users/bulkUpdate, project: 4711 ',
        code: 'RateLimitExceeded',
        params: { rateLimitLimit: 5, rateLimitRemaining: 0, rateLimitReset: 1 },
      },
    });
    time.forward(200);
    expect(await call()).toMatchObject({ status: 200 });
    expect(sandbox.received('/api/users/bulkUpdate').filter(({ status }) => status === 429)).toHaveLength(1);
  });

  it.each([
    ['json-params', { params: {} }, null],
    ['json-bare', { code: 'RateLimitExceeded', params: {} }, null],
    ['text', 'Rate limit exceeded. Please try again later.', null],
    ['retry-after', { code: 'RateLimitExceeded' }, '1'],
  ] as const)('answers %s elsewhere', async (rateLimitAnswer, body, retryAfter) => {
    const limit = { perSecond: 1, burst: 1 };
    const { get } = await start({ now: clock().now, rateLimitAnswer, limits: { '/api/channels': limit } });
    await get('/api/channels');
    const reply = await get('/api/channels');
    expect(reply.status).toBe(429);
    if (typeof body === 'string') expect(reply.body).toBe(body);
    else expect(reply.body).toMatchObject(body);
    expect(reply.headers.get('retry-after')).toBe(retryAfter);
  });

  it('can tell the wait as text', async () => {
    const limits = { '/api/users/update': { perSecond: 0.1, burst: 1 } };
    const { post } = await start({ now: clock().now, rateLimitParamsAs: 'strings', limits });
    await post('/api/users/update', ada);
    expect(await post('/api/users/update', ada)).toMatchObject({
      body: { params: { rateLimitReset: '10' } },
    });
  });

  it('counts each endpoint by itself, whoever is asked about', async () => {
    const limits = { '/api/users/{email}': { perSecond: 1, burst: 1 } };
    const { get } = await start({ now: clock().now, limits });
    expect(await get('/api/users/a%40example.com')).toMatchObject({ status: 200 });
    expect(await get('/api/users/b%40example.com')).toMatchObject({ status: 429 });
    expect(await get('/api/users/getByEmail?email=b%40example.com')).toMatchObject({ status: 200 });
  });

  it('forgets at most so many people a day', async () => {
    const time = clock();
    const { post } = await start({ now: time.now, forgetsPerDay: 2 });
    const forget = (name: string): ReturnType<typeof post> =>
      post('/api/users/forget', { email: `${name}@example.com` });
    expect(await forget('a')).toMatchObject({ status: 200 });
    expect(await forget('b')).toMatchObject({ status: 200 });
    time.forward(60_000);
    expect(await forget('c')).toMatchObject({ status: 429 });
    time.forward(24 * 3_600_000);
    expect(await forget('c')).toMatchObject({ status: 200 });
  });

  it('refuses bodies over 4 MB, and reads bodies up to it', async () => {
    const { post, sandbox } = await start();
    const frame = JSON.stringify({ users: [], filler: '' });
    const body = (bytes: number): string => frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`);
    expect(await post('/api/users/bulkUpdate', body(4_000_000))).toMatchObject({ status: 200 });
    expect(await post('/api/users/bulkUpdate', body(4_000_001))).toMatchObject({ status: 413 });
    expect(sandbox.received().map(({ rawBytes }) => rawBytes)).toEqual([4_000_000, 4_000_001]);
  });
});
