/**
 * Tokens signed with a key pair. A bad one is refused without its cause, which an administrator looks up by the uuid
 * in the answer.
 * @see https://docs.snowflake.com/en/developer-guide/sql-api/authenticating#using-key-pair-authentication
 */
import { createHash, createPublicKey } from 'node:crypto';
import { createDecoder, createVerifier } from 'fast-jwt';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

export interface Account {
  /** `ORG-ACCOUNT` or a locator, as in the URL; case and dots do not matter. */
  readonly account: string;
  readonly user: string;
  /** PEM, `RSA_PUBLIC_KEY` and, during a rotation, `RSA_PUBLIC_KEY_2`. */
  readonly publicKeys: readonly string[];
}

/** As SYSTEM$GET_LOGIN_FAILURE_DETAILS names them. */
export type LoginFailure =
  | '394300' // user
  | '394301' // iat or exp missing
  | '394302' // issue time
  | '394303' // expired
  | '394304' // fingerprint
  | '394305' // not RS256
  | '394306' // signature
  | '394307'; // account

const Claims = z.object({
  iss: z.string(),
  sub: z.string(),
  iat: z.number().optional(),
  exp: z.number().optional(),
});
const Decoded = z.object({ header: z.object({ alg: z.string() }), payload: Claims });

const decode = createDecoder({ complete: true });
const LONGEST_LIFE_MS = 3_600_000;
const STRICT_AGE_MS = 60_000;
const CLOCK_TOLERANCE_MS = 60_000;

/** What remains of an account's name in a token: `xy123.eu-west-1.aws` is `XY123`, dots of an organisation are hyphens. */
export function accountInToken(account: string): string {
  const name =
    account.includes('-') && !isLocator(account) ? account.replaceAll('.', '-') : account.replace(/\..*/, '');
  return name.toUpperCase();
}

/** A locator has its region behind a dot; an organisation's account has a hyphen before any. */
const isLocator = (account: string): boolean => /^[^-.]+\./.test(account);

interface ReadKey {
  readonly fingerprint: string;
  /** @throws when the token is not signed with it */
  readonly verify: (token: string) => unknown;
}

/** By PEM: reading one takes longer than all the rest of a small statement. */
const readKeys = new LRUCache<string, ReadKey>({ max: 10 });

/** @throws for what is no key */
function readKey(pem: string): ReadKey {
  const known = readKeys.get(pem);
  if (known !== undefined) return known;
  const der = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  const key = {
    fingerprint: `SHA256:${createHash('sha256').update(der).digest('base64')}`,
    verify: createVerifier({
      key: pem,
      algorithms: ['RS256'],
      ignoreExpiration: true,
      ignoreNotBefore: true,
    }),
  };
  readKeys.set(pem, key);
  return key;
}

/** `SHA256:` and the hash of the key's DER form, as DESC USER shows it. */
export const fingerprintOf = (publicKeyPem: string): string => readKey(publicKeyPem).fingerprint;

/** Seconds and milliseconds are both accepted. */
const milliseconds = (time: number): number => (time > 1e11 ? time : time * 1000);

/** @returns why the token is not accepted; nothing for a good one */
export function loginFailure(
  token: string,
  { account, user, publicKeys }: Account,
  clock: { readonly nowMs: number; readonly strict: boolean },
): LoginFailure | undefined {
  const decoded = decodeSafely(token);
  if (decoded === undefined) return '394306';
  const { header, payload } = decoded;
  if (header.alg !== 'RS256') return '394305';
  const expected = `${accountInToken(account)}.${user.toUpperCase()}`;
  if (payload.sub.split('.')[0] !== accountInToken(account)) return '394307';
  if (payload.sub !== expected) return '394300';
  const key = publicKeys.find((pem) => payload.iss === `${expected}.${fingerprintOf(pem)}`);
  if (key === undefined) return '394304';
  return isSigned(token, key) ? timeFailure(payload, clock) : '394306';
}

function decodeSafely(token: string): z.infer<typeof Decoded> | undefined {
  try {
    return Decoded.safeParse(decode(token)).data;
  } catch {
    return undefined;
  }
}

function isSigned(token: string, key: string): boolean {
  try {
    readKey(key).verify(token);
    return true;
  } catch {
    return false;
  }
}

function timeFailure(
  { iat, exp }: z.infer<typeof Claims>,
  { nowMs, strict }: { readonly nowMs: number; readonly strict: boolean },
): LoginFailure | undefined {
  if (iat === undefined || exp === undefined) return '394301';
  const ageMs = nowMs - milliseconds(iat);
  if (ageMs < -CLOCK_TOLERANCE_MS || (strict && ageMs > STRICT_AGE_MS)) return '394302';
  return nowMs >= milliseconds(exp) || ageMs >= LONGEST_LIFE_MS ? '394303' : undefined;
}
