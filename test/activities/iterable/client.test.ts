import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createIterableClient, type IterableClient } from '../../../activities/iterable/client.js';
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.js';

const API_KEY = 'a-secret-key';
const never = new AbortController().signal;

describe('one call to Iterable', () => {
  let server: ScriptedServer;
  let client: IterableClient;
  beforeEach(async () => {
    server = await startScriptedServer(() => ({ status: 200, body: { code: 'Success' } }));
    client = createIterableClient({ baseUrl: server.url, apiKey: API_KEY, sockets: 4, timeoutMs: 100 });
  });
  afterEach(() => server.close());

  it('posts JSON with the key in the header', async () => {
    const body = { email: 'zoë@example.com', dataFields: { company: 'Sample Works' } };
    await client.call('updateUser', { body }, never);
    const [request] = server.seen;
    expect(request).toMatchObject({ method: 'POST', url: '/api/users/update' });
    expect(request?.headers).toMatchObject({ 'api-key': API_KEY, 'content-type': 'application/json' });
    expect(JSON.parse(request?.body ?? '')).toEqual(body);
  });

  it.each(['robin+tag@example.com', 'a&b=c@example.com', 'ü @example.com'])(
    'escapes %s in a query',
    async (email) => {
      await client.call('getUserByEmail', { query: { email } }, never);
      const url = new URL(server.seen[0]?.url ?? '', server.url);
      expect(url.pathname).toBe('/api/users/getByEmail');
      expect(url.searchParams.get('email')).toBe(email);
    },
  );

  it.each([
    'robin+tag@example.com',
    'a/b@example.com',
    '50%@example.com',
    'a?b#c@example.com',
    "o'$&@example.com",
  ])('escapes %s in a path', async (email) => {
    await client.call('unsubscribeFromType', { params: { id: 101, email } }, never);
    const [request] = server.seen;
    const parts = new URL(request?.url ?? '', server.url).pathname.split('/');
    expect([request?.method, request?.body]).toEqual(['DELETE', '']);
    expect(parts.slice(1, -1).join('/')).toBe('api/subscriptions/messageType/101/user');
    expect(parts.at(-1)).not.toMatch(/[@+]/);
    expect(decodeURIComponent(parts.at(-1) ?? '')).toBe(email);
  });

  it.each([
    ['JSON', '{"code":"Success"}', { code: 'Success' }],
    ['text', 'Rate limit exceeded', 'Rate limit exceeded'],
    ['nothing', '', ''],
  ])('hands over %s', async (_, sent, body) => {
    server.script(() => ({ status: 418, body: sent, headers: { 'retry-after': '3' } }));
    expect(await update()).toEqual({ kind: 'answer', status: 418, body, retryAfter: '3' });
  });

  it('tries once, whatever comes back', async () => {
    for (const answer of [{ status: 500 }, { status: 429 }, 'cut'] as const) {
      server.script(() => answer);
      await client.call('getUserByEmail', { query: { email: 'robin@example.com' } }, never);
    }
    expect(server.seen).toHaveLength(3);
  });

  it('follows no redirect: the key stays with the host it is for', async () => {
    server.script(() => ({ status: 302, headers: { location: 'http://127.0.0.1:1/elsewhere' } }));
    expect(await update()).toMatchObject({ status: 302 });
  });

  it('says why there is no answer', async () => {
    server.script(() => 'hang');
    expect(await update()).toEqual({ kind: 'no-answer', cause: 'timeout' });
    server.script(() => 'cut');
    expect(await update()).toEqual({ kind: 'no-answer', cause: 'connection' });
  });

  it('says that nobody listens', async () => {
    const nobody = createIterableClient({ baseUrl: 'http://127.0.0.1:1', apiKey: API_KEY, sockets: 1 });
    const reply = await nobody.call('getUserByEmail', { query: { email: 'robin@example.com' } }, never);
    expect(reply).toEqual({ kind: 'no-answer', cause: 'unsent' });
  });

  it('ends at once when told to', async () => {
    server.script(() => 'hang');
    const controller = new AbortController();
    const reply = client.call('getUserByEmail', { query: { email: 'robin@example.com' } }, controller.signal);
    controller.abort();
    expect(await reply).toEqual({ kind: 'no-answer', cause: 'cancelled' });
  });

  it('keeps its connections', async () => {
    await update();
    await update();
    expect(server.seen.map(({ headers }) => headers['connection'])).toEqual(['keep-alive', 'keep-alive']);
  });

  function update(): ReturnType<IterableClient['call']> {
    return client.call('updateUser', { body: { email: 'robin@example.com' } }, never);
  }
});
