import { createConnection } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { startSandboxIterable } from '../../sandbox/iterable/index.js';
import type { FaultPlan } from '../../sandbox/iterable/index.js';
import { useSandboxes } from './ask-iterable.js';
import type { Subject } from './ask-iterable.js';

const start = useSandboxes();
const ada = { email: 'ada@example.com' };

async function statuses({ post, sandbox }: Subject, calls: number): Promise<readonly unknown[]> {
  for (let call = 0; call < calls; call += 1) await post('/api/users/update', ada).catch(() => undefined);
  return sandbox.received('/api/users/update').map(({ status }) => status);
}

describe('faults', () => {
  it.each([
    ['500', { status: 500, body: { code: 'GenericError' } }],
    ['503', { status: 503, body: 'Service Unavailable' }],
    ['429', { status: 429, body: { code: 'RateLimitExceeded', params: { rateLimitReset: 1 } } }],
    ['429-text', { status: 429, body: 'Rate limit exceeded. Please try again later.' }],
  ])('%s is answered, and nothing is applied', async (fault, expected) => {
    const { post, sandbox } = await start({ faults: { seed: 1, rates: { '*': { [fault]: 1 } } } });
    expect(await post('/api/users/update', ada)).toMatchObject(expected);
    expect(sandbox.userCount()).toBe(0);
    expect(sandbox.received()).toMatchObject([{ applied: false }]);
  });

  it.each([
    ['cut', 0, false],
    ['applied-then-cut', 1, true],
  ])('%s ends the connection without an answer', async (fault, users, applied) => {
    const { post, sandbox } = await start({
      faults: { seed: 1, rates: { '/api/users/update': { [fault]: 1 } } },
    });
    await expect(post('/api/users/update', ada)).rejects.toThrow('fetch failed');
    expect(sandbox.userCount()).toBe(users);
    expect(sandbox.received()).toMatchObject([{ status: 'cut', applied, body: ada }]);
    expect(await post('/api/users/bulkUpdate', { users: [] })).toMatchObject({ status: 200 });
  });

  it('hang is never answered, and ends with the server', async () => {
    const { post, sandbox } = await start({ faults: { seed: 1, rates: { '*': { hang: 1 } } } });
    const answer = post('/api/users/update', ada).then(
      () => 'answered',
      () => 'ended',
    );
    while (sandbox.received().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(sandbox.received()).toMatchObject([{ status: 'hang', applied: false }]);
    await sandbox.close();
    expect(await answer).toBe('ended');
  });

  it('come in the same order for the same seed, and in another for another', async () => {
    const plan = (seed: number): FaultPlan => ({ seed, rates: { '*': { '500': 0.3, '503': 0.3 } } });
    const runs = await Promise.all(
      [7, 7, 8].map(async (seed) => statuses(await start({ faults: plan(seed) }), 30)),
    );
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).not.toEqual(runs[2]);
    expect(new Set(runs[0])).toEqual(new Set([200, 500, 503]));
  });

  it('of one endpoint do not depend on calls of others', async () => {
    const faults: FaultPlan = { seed: 7, rates: { '*': { '500': 0.5 } } };
    const alone = await statuses(await start({ faults }), 20);
    const busy = await start({ faults });
    for (let call = 0; call < 7; call += 1) await busy.get('/api/channels');
    expect(await statuses(busy, 20)).toEqual(alone);
  });

  it('can be set and lifted while it runs, by exact path, by endpoint, or for the rest', async () => {
    const { get, sandbox } = await start();
    sandbox.setFaults({
      seed: 1,
      rates: { '/api/users/a%40example.com': { '500': 1 }, '/api/users/{email}': {}, '*': { '503': 1 } },
    });
    expect(await get('/api/users/a%40example.com')).toMatchObject({ status: 500 });
    expect(await get('/api/users/b%40example.com')).toMatchObject({ status: 200 });
    expect(await get('/api/channels')).toMatchObject({ status: 503 });
    sandbox.setFaults(undefined);
    expect(await get('/api/channels')).toMatchObject({ status: 200 });
  });

  it('are refused with rates that make no sense', async () => {
    const faults = { seed: 1, rates: { '*': { '500': 0.6, '503': 0.6 } } };
    await expect(startSandboxIterable({ faults })).rejects.toThrow(/add up to 1.2/);
  });
});

describe('records', () => {
  it('keep requests in order, by path as sent or by endpoint', async () => {
    const { get, post, sandbox } = await start({ now: () => 123 });
    await post('/api/users/update', ada);
    await get('/api/users/a%2Bb%40example.com?x=1&y=2');
    await get('/api/nowhere');
    expect(sandbox.received().map(({ method, path, status }) => [method, path, status])).toEqual([
      ['POST', '/api/users/update', 200],
      ['GET', '/api/users/a%2Bb%40example.com', 200],
      ['GET', '/api/nowhere', 404],
    ]);
    expect(sandbox.received('/api/users/update')).toMatchObject([
      { body: ada, rawBytes: 27, atMs: 123, applied: true },
    ]);
    const [read] = sandbox.received('/api/users/{email}');
    expect(read).toMatchObject({
      query: { x: '1', y: '2' },
      body: undefined,
      headers: { 'api-key': sandbox.apiKey },
    });
    expect(sandbox.received('/api/users/a%2Bb%40example.com')).toEqual([read]);
  });

  it('can leave bodies out', async () => {
    const { post, sandbox } = await start({ recordBodies: 'none' });
    await post('/api/users/update', ada);
    expect(sandbox.received()).toMatchObject([{ body: undefined, rawBytes: 27 }]);
    expect(sandbox.userCount()).toBe(1);
  });

  it('are forgotten by reset, as are people, events, fields and used-up limits', async () => {
    const limits = { '/api/users/update': { perSecond: 0.001, burst: 1 } };
    const { post, sandbox } = await start({ limits });
    await post('/api/users/update', { ...ada, dataFields: { n: 1 } });
    await post('/api/events/track', { ...ada, eventName: 'E' });
    sandbox.reset();
    expect([sandbox.received(), sandbox.users(), sandbox.events()]).toEqual([[], [], []]);
    expect(await post('/api/users/update', { ...ada, dataFields: { n: 'text' } })).toMatchObject({
      status: 200,
    });
  });
});

describe('the server', () => {
  it('outlives a client that goes away in the middle of a body', async () => {
    const { get, sandbox } = await start();
    const socket = createConnection(Number(new URL(sandbox.url).port), '127.0.0.1');
    socket.write('POST /api/users/update HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"email"', () => {
      socket.destroy();
    });
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await get('/api/channels')).toMatchObject({ status: 200 });
    expect(sandbox.received('/api/users/update')).toEqual([]);
  });

  it('closes twice, and says so when its port is taken', async () => {
    const { sandbox } = await start();
    const port = Number(new URL(sandbox.url).port);
    await expect(startSandboxIterable({ port })).rejects.toThrow('EADDRINUSE');
    await sandbox.close();
    await expect(sandbox.close()).resolves.toBeUndefined();
  });
});
