/** What senders see of events that are taken, and what nobody sees: personal data outside the events themselves. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { EventStatus } from '../../gateway/schemas.js';
import { gatewaysOfEachTest, promptStarter } from './support.js';

const FLAT = { work_email: 'robin@example.com', uid: 1001, product_interaction: 'Invited User' };
const LEAD = {
  email: 'Robin@Example.com ',
  user_id: '1001',
  product_interaction: 'Invited User',
  newer_key: [1],
};
const Taken = z.object({ eventId: z.string(), status: z.string(), location: z.string() });

const gatewayWith = gatewaysOfEachTest();

describe('one event', () => {
  it('is 202 with its id and where to ask for it', async () => {
    const starter = promptStarter();
    const gateway = await gatewayWith({ starter });
    const answer = await gateway.post(FLAT);
    expect(answer.status).toBe(202);
    const { eventId, status, location } = Taken.parse(answer.json);
    expect({ status, location }).toEqual({ status: 'accepted', location: `/v1/product-events/${eventId}` });
    expect(answer.headers.location).toBe(location);
    expect(eventId).toMatch(/^invited-user-[a-z2-7]{16}$/);
    expect(starter.requests.map(({ workflowId }) => workflowId)).toEqual([`event/${eventId}`]);
  });

  it('is one event in every shape, wrapped or not, with whatever other keys', async () => {
    const starter = promptStarter();
    const gateway = await gatewayWith({ starter });
    const answers = [
      await gateway.post(FLAT),
      await gateway.post(LEAD),
      await gateway.post({ trial_user: LEAD }),
    ];
    const taken = answers.map(({ json }) => Taken.parse(json));
    expect(taken.map(({ status }) => status)).toEqual(['accepted', 'duplicate', 'duplicate']);
    expect(new Set(taken.map(({ location }) => location)).size).toBe(1);
    expect(starter.requests).toHaveLength(1);
    expect(gateway.metrics.lines.filter((line) => line === 'duplicate')).toHaveLength(2);
  });

  it('keeps unknown keys, and takes values that nobody has mapped', async () => {
    const starter = promptStarter();
    const gateway = await gatewayWith({ starter });
    const answer = await gateway.post({ ...FLAT, product_interaction: 'Brand New', plan_code: 'x' });
    expect(Taken.parse(answer.json).eventId).toMatch(/^unmapped-/);
    expect(starter.requests[0]?.events[0]?.unknown).toEqual({ plan_code: 'x' });
  });

  it.each([
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'Application/JSON',
    'application/vnd.events+json',
  ])('is read as %s', async (type) => {
    const gateway = await gatewayWith();
    expect((await gateway.post(FLAT, { 'content-type': type })).status).toBe(202);
  });

  it.each([
    ['a byte order mark', `\ufeff${JSON.stringify(FLAT)}`],
    ['duplicate keys', `{"uid":7,${JSON.stringify(FLAT).slice(1)}`],
    [
      'a prototype',
      `{"__proto__":{"work_email":7},"constructor":{"prototype":{"uid":7}},${JSON.stringify(FLAT).slice(1)}`,
    ],
    ['a lone surrogate', `{"note":"\\ud800",${JSON.stringify(FLAT).slice(1)}`],
    ['20 levels', `{"note":${'['.repeat(19)}${']'.repeat(19)},${JSON.stringify(FLAT).slice(1)}`],
  ])('with %s is harmless', async (_name, body) => {
    const starter = promptStarter();
    const gateway = await gatewayWith({ starter });
    expect((await gateway.post(body)).status).toBe(202);
    expect(starter.requests[0]?.events[0]?.fields).toMatchObject({
      work_email: 'robin@example.com',
      uid: 1001,
    });
    expect(Object.getPrototypeOf(starter.requests[0]?.events[0]?.unknown)).toBe(Object.prototype);
  });

  it('may come in pieces', async () => {
    const gateway = await gatewayWith();
    expect((await gateway.post(FLAT, { 'transfer-encoding': 'chunked' })).status).toBe(202);
  });
});

describe('several events', () => {
  it('are answered item by item, in order; invalid ones keep nobody back', async () => {
    const starter = promptStarter();
    const gateway = await gatewayWith({ starter });
    const answer = await gateway.post([FLAT, { uid: 5 }, 7, LEAD, { ...FLAT, uid: 1002 }]);
    expect(answer.status).toBe(202);
    const items = z.array(z.looseObject({ status: z.string() })).parse(answer.json);
    expect(items.map(({ status }) => status)).toEqual([
      'accepted',
      'invalid',
      'invalid',
      'duplicate',
      'accepted',
    ]);
    expect(items[1]).toEqual({
      status: 'invalid',
      errors: [{ field: 'work_email', message: expect.stringContaining('required') }],
    });
    expect(Taken.parse(items[0]).location).toMatch(/\?group=[0-9a-f-]{36}$/);
    expect(Taken.parse(items[3]).location).toBe(Taken.parse(items[0]).location);
    expect(gateway.metrics.lines.filter((line) => line === 'rejected invalid-item')).toHaveLength(2);
  });

  it('may be none, or a thousand', async () => {
    const starter = promptStarter();
    const gateway = await gatewayWith({ starter });
    const none = await gateway.post([]);
    expect([none.status, none.json]).toEqual([202, []]);
    const thousand = await gateway.post(Array.from({ length: 1_000 }, (_, uid) => ({ ...FLAT, uid })));
    expect(thousand.status).toBe(202);
    expect(starter.requests.map(({ events }) => events.length)).toEqual(Array(10).fill(100));
  });

  it('are 503 together when one of them could not be started; sent again, all are answered', async () => {
    let refuse = true;
    const starter = promptStarter(({ events }) =>
      refuse && events.some(({ fields }) => fields.uid === 150)
        ? { kind: 'refused', problem: 'grpc-3' }
        : { kind: 'started' },
    );
    const gateway = await gatewayWith({ starter });
    const body = Array.from({ length: 200 }, (_, uid) => ({ ...FLAT, uid }));
    expect((await gateway.post(body)).status).toBe(503);
    refuse = false;
    const again = z.array(Taken).parse((await gateway.post(body)).json);
    const duplicates = again.findIndex(({ status }) => status === 'accepted');
    expect(duplicates).toBe(100);
    expect(new Set(again.slice(100).map(({ status }) => status))).toEqual(new Set(['accepted']));
  });
});

describe('the location', () => {
  const EVENT_ID = 'invited-user-aaaaaaaaaaaaaaaa';
  const parked: EventStatus = {
    eventId: EVENT_ID,
    status: 'parked',
    reason: 'gave-up',
    class: 'unavailable',
  };

  it('answers what became of the event', async () => {
    const asked: unknown[] = [];
    const statusReader = {
      read: (...args: readonly unknown[]) => {
        asked.push(args);
        return Promise.resolve(parked);
      },
    };
    const gateway = await gatewayWith({ statusReader });
    const headers = { authorization: `Bearer ${await gateway.token()}` };
    const group = '0b6b1a3e-7f0d-4c8e-9a52-3f1f6f1f2a11';
    const alone = await gateway.call({ path: `/v1/product-events/${EVENT_ID}`, headers });
    const grouped = await gateway.call({ path: `/v1/product-events/${EVENT_ID}?group=${group}`, headers });
    expect([alone.status, alone.json, grouped.json]).toEqual([200, parked, parked]);
    expect(asked).toEqual([
      [EVENT_ID, undefined],
      [EVENT_ID, group],
    ]);
  });

  it.each([`${EVENT_ID}'%20OR%201=1`, `${EVENT_ID}?group=x'`, `${EVENT_ID}?group=a&group=b`, 'parked%2Fx'])(
    'with %s never reaches Temporal',
    async (address) => {
      const statusReader = { read: () => Promise.reject(new Error('must not be asked')) };
      const gateway = await gatewayWith({ statusReader });
      const headers = { authorization: `Bearer ${await gateway.token()}` };
      expect((await gateway.call({ path: `/v1/product-events/${address}`, headers })).status).toBe(404);
    },
  );
});

describe('logs and metrics', () => {
  it('hold ids, routes and codes of what went wrong, and nothing at all of what went well', async () => {
    const gateway = await gatewayWith();
    await gateway.post({ ...FLAT, first_name: 'Canaryname' });
    const quiet = gateway.logLines.filter((line) => !line.includes('Server listening'));
    expect(quiet).toEqual([]);
    await gateway.post({ ...FLAT, opt_in: 'Canaryname' }, { 'x-request-id': 'trace-1' });
    await gateway.post('{"broken": "Canaryname"', { 'x-request-id': 'Canaryname <robin@example.com>' });
    await gateway.call({ path: '/v1/product-events/robin@example.com?email=robin@example.com' });
    const log = gateway.logLines.join('');
    expect(log).toMatch(/"requestId":"trace-1".*"status":422,"reason":"invalid-event"/);
    expect(log).toMatch(/"route":"\/v1\/product-events\/:eventId","status":401,"reason":"no-token"/);
    expect(log + gateway.metrics.lines.join()).not.toMatch(/Canaryname|robin/);
    expect(gateway.metrics.lines).toEqual(
      expect.arrayContaining([
        'group 1',
        '/v1/product-events 202',
        '/v1/product-events 422',
        'rejected broken-json',
      ]),
    );
  });
});
