/** The sandbox Marketo's identity, limits and faults, on a clock that moves only when told. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { Fault } from '../../sandbox/marketo/index.js';
import { clock } from './ask-iterable.js';
import { useMarketos } from './ask-marketo.js';
import type { MarketoReply } from './ask-marketo.js';

const start = useMarketos();
const IDENTITY = '/identity/oauth/token';
const types = '/rest/v1/activities/types.json';
const tokenOf = ({ text }: MarketoReply): unknown => {
  const body: unknown = JSON.parse(text);
  return body;
};

describe('identity', () => {
  it('gives the same token with what is left of it, and a new one afterwards', async () => {
    const time = clock();
    const { login, get } = await start({ now: time.now });
    const first = tokenOf(await login());
    time.forward(600_000);
    const early = tokenOf(await login());
    expect(first).toMatchObject({ token_type: 'bearer', expires_in: 3600 });
    expect(early).toEqual({ ...Object(first), expires_in: 3000 });
    time.forward(3_000_000);
    expect((await get(types)).said).toBe('602');
    expect((await get(types)).said).toBe('601');
    await login();
    expect((await get(types)).said).toBe('success');
  });

  it('refuses bad credentials with 401 and no envelope', async () => {
    const { get, sandbox } = await start();
    const parameters = {
      grant_type: 'client_credentials',
      client_id: sandbox.clientId,
      client_secret: 'wrong',
    };
    const reply = await get(IDENTITY, parameters);
    expect([reply.status, reply.body.success]).toEqual([401, undefined]);
    expect(tokenOf(reply)).toEqual({ error: 'invalid_client', error_description: 'Bad client credentials' });
  });

  it('takes a form too, and can say that nothing is left', async () => {
    const { ask, sandbox, login, get } = await start();
    const { clientId, clientSecret } = sandbox;
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    });
    expect((await ask(IDENTITY, { method: 'POST', body })).status).toBe(200);
    sandbox.failNext(IDENTITY, 'expires-in-0');
    expect(tokenOf(await login())).toMatchObject({ expires_in: 0 });
    expect((await get(types)).said).toBe('602');
    expect(tokenOf(await login())).toMatchObject({ expires_in: 3600 });
    expect(sandbox.callsUsed()).toBe(0);
  });

  it('knows no token but the bearer', async () => {
    const { ask, login, get } = await start();
    const { access_token: token } = z.object({ access_token: z.string() }).parse(tokenOf(await login()));
    const query = `${types}?access_token=${token}`;
    expect((await ask(query, { headers: { authorization: '' } })).said).toBe('603');
    expect((await get(query)).said).toBe('603');
    expect((await ask(types, { headers: { authorization: 'Bearer stranger' } })).said).toBe('601');
  });
});

describe('limits', () => {
  it('let so many calls through in any 20 s, failures not counted', async () => {
    const time = clock();
    const { get } = await start({ now: time.now, limits: { callsPer20Seconds: 20 } });
    for (let n = 0; n < 12; n += 1) expect((await get(types)).said).toBe('success');
    for (let n = 0; n < 25; n += 1) expect((await get('/rest/v1/lead/1.json')).said).toBe('1004');
    time.forward(15_000);
    for (let n = 0; n < 8; n += 1) expect((await get(types)).said).toBe('success');
    expect((await get(types)).said).toBe('606');
    time.forward(5000);
    for (let n = 0; n < 12; n += 1) expect((await get(types)).said).toBe('success');
    expect((await get(types)).said).toBe('606');
  });

  it('let 10 calls be under way, hanging ones included', async () => {
    const { sandbox, get, ask } = await start();
    const end = new AbortController();
    sandbox.failNext(types, ...Array.from({ length: 10 }, () => 'hang' as const));
    const hanging = Array.from({ length: 10 }, () => ask(types, { signal: end.signal }).catch(() => 'ended'));
    while (sandbox.received(types).length < 10) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await get(types)).said).toBe('615');
    end.abort();
    await Promise.all(hanging);
    while ((await get(types)).said !== 'success') await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it.each([
    ['winter', Date.UTC(2026, 0, 5, 12), Date.UTC(2026, 0, 6, 6)],
    ['summer', Date.UTC(2026, 6, 5, 12), Date.UTC(2026, 6, 6, 5)],
  ])('end the day at midnight in Chicago (%s), or a little later', async (_season, noonMs, midnightMs) => {
    const time = clock(noonMs);
    const { sandbox, get, login } = await start({ now: time.now, limits: { callsPerDay: 5 } });
    const sayAt = async (atMs: number): Promise<string> => {
      time.forward(atMs - time.now());
      await login();
      return (await get(types)).said;
    };
    sandbox.useCalls(4);
    expect([(await get(types)).said, (await get(types)).said]).toEqual(['success', '607']);
    expect(await sayAt(midnightMs - 1)).toBe('607');
    sandbox.configure({ quotaResetLateMs: 300_000 });
    expect(await sayAt(midnightMs)).toBe('607');
    expect(await sayAt(midnightMs + 300_000)).toBe('success');
    const usage = await get('/rest/v1/stats/usage.json');
    // The question itself is one.
    expect(usage.body.result).toMatchObject([{ total: 2 }]);
  });
});

describe('faults', () => {
  it.each<[Fault, number, RegExp]>([
    ['604', 200, /"success":false,"errors":\[\{"code":"604"/],
    ['500', 200, /"code":"500"/],
    ['719', 200, /"code":"719"/],
    ['1003', 200, /"code":"1003"/],
    ['http-502', 502, /<html>/],
    ['http-429', 429, /Too Many/],
    ['truncated-json', 200, /^\{.*[^}]$/],
    ['doubled-quotes', 200, /""102938""/],
    ['no-success', 200, /^(?!.*success)\{.*"result"/],
    ['two-errors', 200, /"1003".*"611"/],
  ])('%s', async (fault, status, text) => {
    const { sandbox, get, tokenSince } = await start();
    sandbox.unsubscribe(sandbox.addLead(), 'link');
    const asked = { activityTypeIds: '9', nextPageToken: await tokenSince() };
    const path = '/rest/v1/activities.json';
    sandbox.failNext(path, fault);
    const reply = await get(path, asked);
    expect(reply.status).toBe(status);
    expect(reply.text).toMatch(text);
    expect((await get(path, asked)).said).toBe('success');
  });

  it('cut the connection before the answer, or in the middle of it', async () => {
    const { sandbox, get } = await start();
    sandbox.failNext(types, 'cut', 'cut-midway');
    await expect(get(types)).rejects.toThrow();
    await expect(get(types)).rejects.toThrow();
    expect((await get(types)).said).toBe('success');
  });

  it('come by rates, the same for the same seed', async () => {
    const { sandbox, get } = await start({ limits: 'off' });
    const said = async (): Promise<readonly string[]> => {
      sandbox.setFaults({ seed: 7, rates: { [types]: { '611': 0.3, '608': 0.2 } } });
      const all: string[] = [];
      for (let n = 0; n < 40; n += 1) all.push((await get(types)).said);
      return all;
    };
    const first = await said();
    expect(new Set(first)).toEqual(new Set(['success', '611', '608']));
    expect(await said()).toEqual(first);
    const errors = await get('/rest/v1/stats/errors.json');
    expect(errors.body.result?.[0]?.['total']).toBe(2 * first.filter((one) => one !== 'success').length);
  });
});
