import { afterEach, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { createDecoder } from 'fast-jwt';
import { z } from 'zod';
import {
  accountInToken,
  createTokens,
  fingerprintOf,
  readPrivateKey,
} from '../../../activities/warehouse/snowflake/jwt.js';
import { fingerprintOf as fingerprintOfPublic, loginFailure } from '../../../sandbox/snowflake/key-pair.js';
import { keyFile, newKeyPair, sharedKeyPair, type KeyFile } from '../../support/snowflake.js';

const Claims = z.strictObject({ iss: z.string(), sub: z.string(), iat: z.number(), exp: z.number() });
const decode = createDecoder();
const files: KeyFile[] = [];
afterEach(() => {
  for (const file of files.splice(0)) file.remove();
});
function file(text: string): KeyFile {
  const made = keyFile(text);
  files.push(made);
  return made;
}

const START_MS = Date.UTC(2026, 10, 25);
const MINUTE_MS = 60_000;

describe('tokens for Snowflake', () => {
  it('name account, user and key, in seconds, for an hour, and are accepted', () => {
    const { privateKey, publicKey } = sharedKeyPair();
    const tokens = createTokens(
      { account: 'myorg-acct', user: 'svc', privateKeyPath: file(privateKey).path },
      () => START_MS,
    );
    const { token, isNew } = tokens.current();
    const claims = Claims.parse(decode(token));
    expect(claims).toEqual({
      iss: `MYORG-ACCT.SVC.${fingerprintOfPublic(publicKey)}`,
      sub: 'MYORG-ACCT.SVC',
      iat: START_MS / 1000,
      exp: START_MS / 1000 + 3_600,
    });
    expect(isNew).toBe(true);
    const account = { account: 'myorg-acct', user: 'svc', publicKeys: [publicKey] };
    expect(loginFailure(token, account, { nowMs: START_MS, strict: true })).toBeUndefined();
  });

  it('serve for 55 minutes, unless they were refused or the clock was set back', () => {
    let nowMs = START_MS;
    const path = file(sharedKeyPair().privateKey).path;
    const tokens = createTokens({ account: 'a-b', user: 'u', privateKeyPath: path }, () => nowMs);
    const first = tokens.current();
    nowMs += 55 * MINUTE_MS - 1;
    expect(tokens.current()).toEqual({ token: first.token, isNew: false });
    nowMs += 1;
    const second = tokens.current();
    expect(second.isNew).toBe(true);
    tokens.discard(first.token);
    expect(tokens.current().isNew).toBe(false);
    tokens.discard(second.token);
    nowMs += 1_000;
    expect(tokens.current().isNew).toBe(true);
    nowMs -= MINUTE_MS;
    expect(tokens.current().isNew).toBe(true);
  });

  it('are signed with the key that is in the file by then', () => {
    const key = file(sharedKeyPair().privateKey);
    const tokens = createTokens({ account: 'a-b', user: 'u', privateKeyPath: key.path });
    const { token } = tokens.current();
    const next = newKeyPair();
    key.write(next.privateKey);
    tokens.discard(token);
    const { iss } = Claims.parse(decode(tokens.current().token));
    expect(iss).toBe(`A-B.U.${fingerprintOf(readPrivateKey(key.path))}`);
    expect(iss).toContain(fingerprintOfPublic(next.publicKey));
  });

  it.each([
    ['myorg-myaccount', 'MYORG-MYACCOUNT'],
    ['myorg-my.account', 'MYORG-MY-ACCOUNT'],
    ['xy12345', 'XY12345'],
    ['xy12345.eu-west-1', 'XY12345'],
    ['xy12345.us-east-2.aws', 'XY12345'],
  ])('call the account %s %s', (account, name) => {
    expect(accountInToken(account)).toBe(name);
  });

  it('need a key that is there, unencrypted, RSA, and long enough, and tell nothing of another', () => {
    const encrypted = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary' },
    }).privateKey;
    const elliptic = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }).privateKey;
    const problem = (path: string): string => {
      try {
        createTokens({ account: 'a-b', user: 'u', privateKeyPath: path });
        return 'none';
      } catch (error) {
        return String(error);
      }
    };
    expect(problem('/nowhere/key.p8')).toMatch(
      /SNOWFLAKE_PRIVATE_KEY_PATH: \/nowhere\/key.p8 cannot be read/,
    );
    expect(problem(file(encrypted).path)).toMatch(/is encrypted; store it without a passphrase/);
    expect(problem(file(elliptic).path)).toMatch(/no RSA key of at least 2048 bits/);
    expect(problem(file(newKeyPair(1_024).privateKey).path)).toMatch(/no RSA key of at least 2048 bits/);
    expect(problem(file('canary').path)).toMatch(/holds no private key in PEM form/);
    expect(problem(file('canary').path)).not.toContain('canary');
  });
});
