import { afterEach, describe, expect, it } from '@jest/globals';
import { createMarketoClient, type MarketoClient, type Reply } from '../../../activities/marketo/client.js';
import type { MarketoRequest } from '../../../activities/marketo/endpoints.js';
import { startScriptedServer, type Scripted, type ScriptedServer } from '../../support/scripted-server.js';

let server: ScriptedServer;
afterEach(() => server.close());

async function startClient(answer: Scripted): Promise<MarketoClient> {
  server = await startScriptedServer(() => answer);
  const credentials = { clientId: 'an id', clientSecret: 'a+secret&more' };
  return createMarketoClient({ baseUrl: server.url, ...credentials, sockets: 1, timeoutMs: 200 });
}
const never = new AbortController().signal;
const USAGE: MarketoRequest = { endpoint: 'usage' };
const leads = (filterValues: string): MarketoRequest => ({
  endpoint: 'leads',
  query: { filterType: 'email', filterValues },
});

describe('the Marketo client', () => {
  it('asks by GET, escapes what it has to, and shows its token in the header alone', async () => {
    const client = await startClient({ status: 200, body: { success: true } });
    await client.call(leads('a+b@example.com,ü@example.com'), 'a-token:int', never);
    expect(server.seen).toMatchObject([
      {
        method: 'GET',
        url: '/rest/v1/leads.json?filterType=email&filterValues=a%2Bb%40example.com%2C%C3%BC%40example.com',
        headers: { authorization: 'Bearer a-token:int' },
      },
    ]);
  });

  it('puts a long list into the body of a POST that counts as GET', async () => {
    const client = await startClient({ status: 200, body: { success: true } });
    const list = Array.from({ length: 300 }, (_, n) => `person-${String(n)}@example.com`).join(',');
    await client.call(leads(list), 'a-token:int', never);
    expect(server.seen).toMatchObject([
      {
        method: 'POST',
        url: '/rest/v1/leads.json?_method=GET',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ filterType: 'email', filterValues: list }).toString(),
      },
    ]);
  });

  it('identifies itself with what it was given', async () => {
    const client = await startClient({ status: 200, body: {} });
    await client.identify();
    expect(server.seen[0]?.url).toBe(
      '/identity/oauth/token?grant_type=client_credentials&client_id=an+id&client_secret=a%2Bsecret%26more',
    );
  });

  it.each<[name: string, answer: Scripted, reply: Partial<Reply>]>([
    ['JSON', { status: 200, body: '{"a":1}' }, { kind: 'answer', status: 200, body: { a: 1 } }],
    ['text', { status: 404, body: 'Not Found' }, { kind: 'answer', status: 404, body: 'Not Found' }],
    [
      'a redirect, which it does not follow',
      { status: 302, headers: { location: '/' }, body: '' },
      { kind: 'answer', status: 302 },
    ],
    [
      'doubled quotes',
      { status: 200, body: '{"a":[{"value":""102938""},{"value":""-7"" }],"b":""}' },
      { kind: 'answer', body: { a: [{ value: '102938' }, { value: '-7' }], b: '' }, isRepaired: true },
    ],
    [
      'doubled quotes in JSON that breaks off as well, which stays as it is',
      { status: 200, body: '{"value":""102938"",' },
      { kind: 'answer', body: '{"value":""102938"",' },
    ],
    ['nothing', 'hang', { kind: 'no-answer', cause: 'timeout' }],
    ['a cut', 'cut', { kind: 'no-answer', cause: 'connection' }],
  ])('takes an answer as it comes: %s', async (_, answer, reply) => {
    const client = await startClient(answer);
    expect(await client.call(USAGE, 'a-token:int', never)).toMatchObject(reply);
    expect(server.seen).toHaveLength(1);
  });

  it('ends at once when it is told to', async () => {
    const client = await startClient('hang');
    const controller = new AbortController();
    const calling = client.call(USAGE, 'a-token:int', controller.signal);
    controller.abort();
    expect(await calling).toEqual({ kind: 'no-answer', cause: 'cancelled' });
  });
});
