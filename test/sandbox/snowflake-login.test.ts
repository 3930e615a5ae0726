import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSandboxSnowflake, type SandboxSnowflake } from '../../sandbox/snowflake/index.js';
import { accountInToken } from '../../sandbox/snowflake/key-pair.js';
import { newKeyPair, sharedKeyPair } from '../support/snowflake.js';
import { Refused } from '../support/snowflake-contract.js';
import { ask, submit, tokenFor, type Claims } from './ask-snowflake.js';

let sandbox: SandboxSnowflake;
beforeAll(async () => {
  sandbox = await startSandboxSnowflake({ publicKeys: [sharedKeyPair().publicKey] });
});
afterAll(() => sandbox.close());

const nowSeconds = Math.floor(Date.now() / 1000);
const select = { json: { statement: 'select 1 as one' } };

describe('a login to the sandbox Snowflake', () => {
  it.each<[string, Claims]>([
    ['in seconds', {}],
    ['in milliseconds', { iat: nowSeconds * 1000, exp: (nowSeconds + 3_540) * 1000 }],
  ])('takes times %s', async (_, claims) => {
    const token = tokenFor(sandbox, claims);
    expect(await ask(sandbox, 'POST', '/api/v2/statements', { token, ...select })).toMatchObject({
      status: 200,
    });
  });

  it.each<[string, Claims, string]>([
    ['of somebody else', { sub: 'SANDBOX-SNOWFLAKE.OTHER' }, '394300'],
    ['of another account', { sub: 'OTHER.ITERABLE_RECIPES' }, '394307'],
    ['in lower case', { sub: 'sandbox-snowflake.iterable_recipes' }, '394307'],
    ['of another key', { iss: 'SANDBOX-SNOWFLAKE.ITERABLE_RECIPES.SHA256:x' }, '394304'],
    ['that has expired', { iat: nowSeconds - 120, exp: nowSeconds - 60 }, '394303'],
    ['that is older than an hour', { iat: nowSeconds - 3_601, exp: nowSeconds + 3_600 }, '394303'],
    ['of the future', { iat: nowSeconds + 600 }, '394302'],
  ])('refuses a token %s, and tells the cause only by its uuid', async (_, claims, cause) => {
    const said = await ask(sandbox, 'POST', '/api/v2/statements', {
      token: tokenFor(sandbox, claims),
      ...select,
    });
    expect(said).toMatchObject({ status: 401, body: { code: '390144' } });
    const { message } = Refused.parse(said.body);
    const [, uuid = ''] = /^JWT token is invalid\. \[(.+)\]$/.exec(message) ?? [];
    expect(sandbox.loginFailure(uuid)).toBe(cause);
  });

  it('refuses a token that the key did not sign, with an algorithm of its own, or none at all', async () => {
    const right = tokenFor(sandbox);
    const tokens = [
      tokenFor(sandbox, {}, { algorithm: 'PS256' }),
      `${right.slice(0, -8)}AAAAAAAA`,
      'nonsense',
    ];
    for (const token of tokens) {
      expect(await ask(sandbox, 'POST', '/api/v2/statements', { token, ...select })).toMatchObject({
        status: 401,
      });
    }
  });

  it('accepts both keys during a rotation, then only the new one', async () => {
    const next = newKeyPair();
    const login = async (keys = sharedKeyPair()): Promise<number> =>
      (
        await ask(sandbox, 'POST', '/api/v2/statements', {
          token: tokenFor(sandbox, {}, { keys }),
          ...select,
        })
      ).status;
    expect([await login(), await login(next)]).toEqual([200, 401]);
    sandbox.setKeys(sharedKeyPair().publicKey, next.publicKey);
    expect([await login(), await login(next)]).toEqual([200, 200]);
    sandbox.setKeys(next.publicKey);
    expect([await login(), await login(next)]).toEqual([401, 200]);
    sandbox.setKeys(sharedKeyPair().publicKey);
  });

  it('knows how tokens name accounts', () => {
    expect(['myorg-my_acct', 'MyOrg.MyAcct', 'myorg-a.b', 'xy123.eu-west-1.aws'].map(accountInToken)).toEqual(
      ['MYORG-MY_ACCT', 'MYORG', 'MYORG-A-B', 'XY123'],
    );
  });

  it.each([
    ['accept', undefined, 406],
    ['content-type', 'text/plain', 415],
    ['x-snowflake-authorization-token-type', undefined, 401],
    ['x-snowflake-authorization-token-type', 'OAUTH', 401],
  ])('refuses the header %s: %s', async (name, value, status) => {
    const said = await ask(sandbox, 'POST', '/api/v2/statements', { ...select, headers: { [name]: value } });
    expect(said.status).toBe(status);
  });

  it('looks at the token where the header is missing, if told to', async () => {
    sandbox.configure({ tokenType: 'inspected' });
    const headers = { 'x-snowflake-authorization-token-type': undefined };
    const said = await ask(sandbox, 'POST', '/api/v2/statements', { ...select, headers });
    sandbox.configure({ tokenType: 'required' });
    expect(said.status).toBe(200);
  });

  it('knows no other paths and methods, and no body that is not JSON', async () => {
    expect((await ask(sandbox, 'GET', '/api/v2/nothing')).status).toBe(404);
    expect((await ask(sandbox, 'PUT', '/api/v2/statements')).status).toBe(405);
    expect(await ask(sandbox, 'POST', '/api/v2/statements')).toMatchObject({
      status: 400,
      body: { code: '390142' },
    });
    expect((await submit(sandbox, 'select 1 as one')).status).toBe(200);
  });
});
