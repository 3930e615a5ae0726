/** Client credentials for tokens: every way to send them, rotation, and what a token is worth. */
import { describe, expect, it } from '@jest/globals';
import { createSigner } from 'fast-jwt';
import { hashSecret } from '../../config/gateway-clients.js';
import { createClientRegister } from '../../gateway/clients.js';
import { TokenAnswer } from '../../gateway/schemas.js';
import { createTokens } from '../../gateway/tokens.js';
import { basic, CLIENTS, gatewaysOfEachTest, TOKEN_SECRET } from './support.js';
import type { Answer, TestGateway } from './support.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = { 'content-type': 'application/json' };
const EVENT = { work_email: 'robin@example.com', uid: 1001, product_interaction: 'SaaS Trial' };

const gatewayWith = gatewaysOfEachTest();

function ask(gateway: TestGateway, headers: Readonly<Record<string, string>>, body: string): Promise<Answer> {
  return gateway.call({ method: 'POST', path: '/oauth/token', headers, body });
}

describe('a client gets a token', () => {
  const GRANT = 'grant_type=client_credentials';
  it.each([
    ['with Basic credentials', { ...FORM, authorization: basic('backend', 'new-secret') }, GRANT],
    [
      'with form-encoded Basic credentials',
      { ...FORM, authorization: basic('back%65nd', 'new%2Dsecret') },
      GRANT,
    ],
    ['with a form', FORM, `${GRANT}&client_id=backend&client_secret=new-secret`],
    [
      'with JSON',
      JSON_TYPE,
      '{"grant_type":"client_credentials","client_id":"backend","client_secret":"new-secret"}',
    ],
    ['with the older secret', { ...FORM, authorization: basic('backend', 'old-secret') }, GRANT],
  ])('%s', async (_name, headers: Readonly<Record<string, string>>, body) => {
    const gateway = await gatewayWith();
    const answer = await ask(gateway, headers, body);
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const token = TokenAnswer.parse(answer.json);
    expect(token).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3_600,
      scope: 'product-events:write product-events:read',
    });
    const taken = await gateway.post(EVENT, { authorization: `bearer ${token.access_token}` });
    expect(taken.status).toBe(202);
  });

  it('for the scopes it asks for, as far as they exist', async () => {
    const gateway = await gatewayWith();
    const headers = { ...FORM, authorization: basic('backend', 'new-secret') };
    const answer = await ask(gateway, headers, `${GRANT}&scope=product-events:read+everything`);
    expect(TokenAnswer.parse(answer.json).scope).toBe('product-events:read');
  });
});

describe('secrets rotate', () => {
  it('old and new are valid side by side, and a secret that is taken out is not', () => {
    const both = createClientRegister(CLIENTS);
    expect(both.authenticate('backend', 'old-secret')).toBe(true);
    expect(both.authenticate('backend', 'new-secret')).toBe(true);
    const rotated = createClientRegister([{ id: 'backend', secretHashes: [hashSecret('new-secret')] }]);
    expect(rotated.authenticate('backend', 'old-secret')).toBe(false);
    expect(rotated.authenticate('backend', 'new-secret')).toBe(true);
  });

  it("no client passes with another's secret, an empty one, or a hash", () => {
    const register = createClientRegister(CLIENTS);
    for (const secret of ['other-secret', '', hashSecret('new-secret').toString('hex')]) {
      expect(register.authenticate('backend', secret)).toBe(false);
    }
    expect(register.authenticate('', '')).toBe(false);
    expect(createClientRegister([]).authenticate('backend', 'new-secret')).toBe(false);
  });
});

describe('a token', () => {
  it('is good at every gateway with the same secret, also after a restart', async () => {
    const first = await gatewayWith();
    const authorization = `Bearer ${await first.token()}`;
    const second = await gatewayWith();
    expect((await second.post(EVENT, { authorization })).status).toBe(202);
    const stranger = await gatewayWith({ tokenSecret: 'another secret, just as long as the first one' });
    expect((await stranger.post(EVENT, { authorization })).status).toBe(401);
  });

  it('of a client that was removed is good for nothing', async () => {
    const before = await gatewayWith();
    const authorization = `Bearer ${await before.token()}`;
    const after = await gatewayWith({ clients: CLIENTS.filter(({ id }) => id !== 'backend') });
    expect((await after.post(EVENT, { authorization })).status).toBe(401);
  });

  it('is refused when it is unsigned, signed otherwise, tampered with or made for something else', () => {
    const tokens = createTokens(TOKEN_SECRET);
    const good = tokens.issue({ clientId: 'backend', scopes: ['product-events:read'] });
    const [header = '', payload = '', signature = ''] = good.split('.');
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1_000);
    const claims = { sub: 'backend', scope: 'product-events:write', iat: now, exp: now + 60 };
    const forgeries = [
      `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      `${header}.${encode({ ...claims, aud: 'iterable-recipes/gateway', iss: 'iterable-recipes' })}.${signature}`,
      createSigner({ algorithm: 'HS256', key: TOKEN_SECRET })(claims),
      createSigner({ algorithm: 'HS512', key: 'k'.repeat(64) })(claims),
      '',
      '..',
      'x'.repeat(20_000),
    ];
    expect(tokens.check(good)).toEqual({
      ok: true,
      holder: { clientId: 'backend', scopes: ['product-events:read'] },
    });
    for (const forgery of forgeries) expect(tokens.check(forgery)).toEqual({ ok: false, problem: 'invalid' });
  });

  it('expires after an hour', () => {
    let nowMs = Date.now() - 3_590_000;
    const tokens = createTokens(TOKEN_SECRET, () => nowMs);
    const holder = { clientId: 'backend', scopes: ['product-events:read'] } as const;
    const nearlyOver = tokens.issue(holder);
    expect(tokens.check(nearlyOver).ok).toBe(true);
    nowMs = Date.now() - 3_601_000;
    expect(tokens.check(tokens.issue(holder))).toEqual({ ok: false, problem: 'expired' });
  });
});
