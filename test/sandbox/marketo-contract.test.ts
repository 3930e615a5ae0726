/** The sandbox Marketo held against the published contract, and the helper that holds clients to it. */
import { describe, expect, it } from '@jest/globals';
import { ROUTES } from '../../sandbox/marketo/routes/index.js';
import { expectValidMarketoAnswer } from '../support/marketo-contract-answers.js';
import { COVERED_MARKETO, expectValidMarketoRequest } from '../support/marketo-contract.js';
import { useMarketos } from './ask-marketo.js';
import type { MarketoSubject } from './ask-marketo.js';

const start = useMarketos();
const createdAt = { startAt: '2026-01-01T00:00:00Z', endAt: '2026-01-31T00:00:00Z' };
const lookUp = { filterType: 'email', filterValues: 'ada@example.com,bob@example.com' };

/** An instance in which something of every kind has happened. */
async function busy(options: Parameters<typeof start>[0] = {}): Promise<MarketoSubject> {
  const subject = await start({ exportStepMs: 0, limits: 'off', ...options });
  const { sandbox } = subject;
  const ada = sandbox.addLead({ email: 'ada@example.com', firstName: 'Ada' });
  const bob = sandbox.addLead({ email: 'bob@example.com', unsubscribed: true });
  const cleo = sandbox.addLead({ email: null });
  sandbox.unsubscribe(ada, 'form', { reason: 'enough' });
  sandbox.changeEmail(cleo, 'bob@example.com');
  sandbox.mergeLeads(ada, bob);
  sandbox.deleteLead(cleo);
  return subject;
}

const SHAPES = [
  {},
  { dates: 'mixed', activityIds: 'beyond-int32', changedBooleans: 'mixed', pagingTokens: 'dated' },
  {
    dates: 'no-zone',
    warnings: 'strings',
    activityIds: 'repeated',
    attributeValues: 'strings',
    emptyResult: 'array',
  },
  { fieldsPerChange: 'one', mergeIds: 'brackets', leadsTellMore: true, nullFields: 'left-out' },
] as const;

async function askEverything({ get, post, tokenSince }: MarketoSubject): Promise<void> {
  const nextPageToken = await tokenSince();
  await get('/rest/v1/activities.json', { nextPageToken, activityTypeIds: '9,12,13,32' });
  await get('/rest/v1/activities/leadchanges.json', { nextPageToken, fields: 'unsubscribed,email' });
  await get('/rest/v1/activities/deletedleads.json', { nextPageToken, batchSize: '10' });
  await get('/rest/v1/leads.json', { ...lookUp, batchSize: '1' });
  await get('/rest/v1/lead/1.json', { fields: 'email,unsubscribed' });
  await get('/rest/v1/leads/schema/fields/email.json');
  for (const path of ['activities/types', 'leads/describe']) await get(`/rest/v1/${path}.json`);
  for (const path of ['usage', 'errors', 'usage/last7days', 'errors/last7days']) {
    await get(`/rest/v1/stats/${path}.json`);
  }
  for (const kind of ['activities', 'leads']) {
    const fields = kind === 'leads' ? { fields: ['id', 'email'] } : {};
    const created = await post(`/bulk/v1/${kind}/export/create.json`, { ...fields, filter: { createdAt } });
    const job = `/bulk/v1/${kind}/export/${String(created.body.result?.[0]?.['exportId'])}`;
    await post(`${job}/enqueue.json`);
    for (const path of [`${job}/status`, `${job}/file`, `/bulk/v1/${kind}/export`]) await get(`${path}.json`);
    await post(`${job}/cancel.json`);
  }
}

describe('every endpoint', () => {
  it.each(SHAPES)('answers as documented, with %j', async (shape) => {
    const subject = await busy(shape);
    const { get, sandbox } = subject;
    await askEverything(subject);
    const asked = sandbox.received();
    for (const request of asked) expectValidMarketoRequest(request);
    const routes = asked.map(({ method, route }) => `${method} ${route ?? ''}`);
    expect(new Set(routes)).toEqual(new Set([...COVERED_MARKETO, 'GET /identity/oauth/token']));
    expect(ROUTES.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([...COVERED_MARKETO].sort());
    // What was answered, asked once more.
    const inEnvelopes = asked.filter(
      ({ method, path }) => method === 'GET' && /^\/(rest|bulk)/.test(path) && !path.endsWith('file.json'),
    );
    for (const { path, query } of inEnvelopes) {
      expectValidMarketoAnswer(path, JSON.parse((await get(path, query)).text));
    }
  });

  it('keeps secrets out of what it recorded', async () => {
    const { sandbox, login } = await start();
    await login();
    expect(JSON.stringify(sandbox.received())).not.toContain(sandbox.clientSecret);
  });

  it('takes a long list in the body of a POST that stands for a GET', async () => {
    const { sandbox, ask, get } = await start();
    const emails = Array.from({ length: 300 }, (_, n) => `somebody.with.a.long.name.${n}@example.com`);
    sandbox.addLeads(300, (n) => ({ email: emails[n] }));
    const asked = new URLSearchParams({ filterType: 'email', filterValues: emails.join(',') });
    expect((await get('/rest/v1/leads.json', Object.fromEntries(asked))).status).toBe(414);
    const reply = await ask('/rest/v1/leads.json?_method=GET', { method: 'POST', body: asked });
    expect(reply.body.result).toHaveLength(300);
    const last = sandbox.received('/rest/v1/leads.json').at(-1);
    expect(last).toBeDefined();
    if (last !== undefined) expectValidMarketoRequest(last);
    const big = new URLSearchParams({ filterValues: 'x'.repeat(1_000_001) });
    expect((await ask('/rest/v1/leads.json?_method=GET', { method: 'POST', body: big })).status).toBe(413);
  });
});

describe('what is wrong is refused inside HTTP 200', () => {
  const numbers = (count: number): string => Array.from({ length: count }, (_, n) => n + 1).join(',');
  it.each([
    ['activities without a token', 'activities.json?activityTypeIds=9', '1002'],
    ['a blank token', 'activities.json?activityTypeIds=9&nextPageToken=', '701'],
    ['a broken token', 'activities.json?activityTypeIds=9&nextPageToken=ABCDEFGH', '1003'],
    ['activities without types', 'activities.json?nextPageToken=TOKEN', '1002'],
    ['too many types', `activities.json?nextPageToken=TOKEN&activityTypeIds=${numbers(11)}`, '1003'],
    [
      'too many leads',
      `activities.json?nextPageToken=TOKEN&activityTypeIds=9&leadIds=${numbers(31)}`,
      '1003',
    ],
    ['a type that is no number', 'activities.json?nextPageToken=TOKEN&activityTypeIds=nine', '1001'],
    ['too large a batch', 'activities.json?nextPageToken=TOKEN&activityTypeIds=9&batchSize=301', '1003'],
    [
      'assets of several types',
      'activities.json?nextPageToken=TOKEN&activityTypeIds=9,10&assetIds=1',
      '1003',
    ],
    ['changes of unknown fields', 'activities/leadchanges.json?nextPageToken=TOKEN&fields=nope', '1006'],
    ['a date without a zone', 'activities/pagingtoken.json?sinceDatetime=2026-01-01T00:00:00', '704'],
    [
      'a plus that is not encoded',
      'activities/pagingtoken.json?sinceDatetime=2026-01-01T00:00:00+0000',
      '704',
    ],
    ['too many ids', `leads.json?filterType=id&filterValues=${numbers(301)}`, '1003'],
    ['a filter on a flag', 'leads.json?filterType=unsubscribed&filterValues=true', '1003'],
    ['a lead that is not there', 'lead/999.json', '1004'],
    ['a lead id that is none', 'lead/x.json', '1001'],
    ['a field that is not there', 'leads/schema/fields/nope.json', '1013'],
    ['an unknown address', 'nothing.json', '610'],
    ['two slashes', '/leads/describe.json', '610'],
  ])('%s', async (_what, path, code) => {
    const { get, tokenSince } = await start({ limits: 'off' });
    const token = encodeURIComponent(await tokenSince());
    const reply = await get(`/rest/v1/${path.replace('TOKEN', token)}`);
    expect([reply.status, reply.said]).toEqual([200, code]);
  });

  it('refuses a list that more than a thousand match', async () => {
    const { sandbox, get } = await start();
    sandbox.addLeads(1001, () => ({ email: 'shared@example.com' }));
    const reply = await get('/rest/v1/leads.json', { ...lookUp, filterValues: 'shared@example.com' });
    expect(reply.said).toBe('1003');
  });

  it('another method', async () => {
    const { post } = await start();
    expect((await post('/rest/v1/leads/describe.json', {})).said).toBe('605');
  });
});

describe('the helper complains of', () => {
  const good = {
    method: 'GET',
    path: '/rest/v1/leads.json',
    route: '/rest/v1/leads.json',
    query: lookUp,
    headers: { authorization: 'Bearer x' },
    body: undefined,
    uriBytes: 100,
    rawBytes: 0,
  };
  it.each([
    ['no bearer', { headers: {} }, /not Bearer/],
    ['a token in the query', { query: { ...lookUp, access_token: 'x' } }, /in the query/],
    ['two slashes', { path: '//rest/v1/leads.json' }, /\/\//],
    ['a long address', { uriBytes: 8001 }, /8 KB/],
    ['an unknown parameter', { query: { ...lookUp, filter: 'x' } }, /unrecognized_keys/],
    ['an address that is not there', { route: undefined }, /no such endpoint/],
  ])('%s', (_what, change, complaint) => {
    expect(() => {
      expectValidMarketoRequest(good);
    }).not.toThrow();
    expect(() => {
      expectValidMarketoRequest({ ...good, ...change });
    }).toThrow(complaint);
  });
});
