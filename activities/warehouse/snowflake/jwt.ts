/**
 * Tokens for Snowflake, signed with the user's private key. One serves for 55 minutes: Snowflake takes none that is an
 * hour old, whatever it says itself. The file is read again for each new token, so that a rotated key needs no restart.
 * @see https://docs.snowflake.com/en/developer-guide/sql-api/authenticating#using-key-pair-authentication
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSigner } from 'fast-jwt';

export interface Tokens {
  /** @returns a token, and whether it was made for this call */
  readonly current: () => { readonly token: string; readonly isNew: boolean };
  /** Forgets the token, unless another has taken its place. */
  readonly discard: (token: string) => void;
}

export interface Identity {
  /** Account identifier, `<organisation>-<account>`, or a locator, `xy12345.eu-west-1`. */
  readonly account: string;
  /** Login name. */
  readonly user: string;
  readonly privateKeyPath: string;
}

const LIFE_SECONDS = 3_600;
const REUSE_MS = 55 * 60_000;
const FEWEST_BITS = 2_048;

/**
 * @param now ms since 1970
 * @throws Error that names the file and what is wrong with it, at once
 */
export function createTokens(identity: Identity, now: () => number = Date.now): Tokens {
  readPrivateKey(identity.privateKeyPath);
  let held: { readonly token: string; readonly madeAtMs: number } | undefined;
  return {
    current: () => {
      const nowMs = now();
      // A clock that was set back must not keep a token for longer.
      const isFresh = held !== undefined && nowMs - held.madeAtMs < REUSE_MS && nowMs >= held.madeAtMs;
      if (held !== undefined && isFresh) return { token: held.token, isNew: false };
      held = { token: signedToken(identity, nowMs), madeAtMs: nowMs };
      return { token: held.token, isNew: true };
    },
    discard: (token) => {
      if (held?.token === token) held = undefined;
    },
  };
}

function signedToken({ account, user, privateKeyPath }: Identity, nowMs: number): string {
  const key = readPrivateKey(privateKeyPath);
  const subject = `${accountInToken(account)}.${user.toUpperCase()}`;
  const sign = createSigner({
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    algorithm: 'RS256',
  });
  const iat = Math.floor(nowMs / 1000);
  return sign({ iss: `${subject}.${fingerprintOf(key)}`, sub: subject, iat, exp: iat + LIFE_SECONDS });
}

/**
 * The account as tokens name it: upper case, an organisation's with hyphens, a locator without its region.
 * @see https://docs.snowflake.com/en/user-guide/admin-account-identifier
 */
export function accountInToken(account: string): string {
  const isLocator = /^[^-.]+\./.test(account);
  return (isLocator ? account.replace(/\..*/, '') : account.replaceAll('.', '-')).toUpperCase();
}

/** As DESC USER shows it in RSA_PUBLIC_KEY_FP: of the public key in DER form. */
export function fingerprintOf(privateKey: KeyObject): string {
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(der).digest('base64')}`;
}

/** @throws Error that names the file, never what is in it */
export function readPrivateKey(path: string): KeyObject {
  const problem = (what: string): Error => new Error(`SNOWFLAKE_PRIVATE_KEY_PATH: ${path} ${what}`);
  const pem = textOf(path);
  if (pem === undefined) throw problem('cannot be read');
  if (pem.includes('ENCRYPTED')) {
    throw problem('is encrypted; store it without a passphrase: openssl pkcs8 -topk8 -nocrypt');
  }
  const key = keyOf(pem);
  if (key === undefined) throw problem('holds no private key in PEM form');
  if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < FEWEST_BITS) {
    throw problem(`holds no RSA key of at least ${FEWEST_BITS} bits`);
  }
  return key;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined; // the cause may hold parts of the file
  }
}
