/**
 * Access tokens: signed, not stored, so that they outlive a restart of the gateway and work at every gateway that
 * has the same secret. Valid for an hour; a client that is removed loses its tokens at once (see auth.ts).
 */
import { hkdfSync } from 'node:crypto';
import { createSigner, createVerifier } from 'fast-jwt';
import { z } from 'zod';
import { SCOPES } from './schemas.js';
import type { Scope } from './schemas.js';

export const TOKEN_LIFETIME_SECONDS = 3_600;
const ISSUER = 'iterable-recipes';
const AUDIENCE = 'iterable-recipes/gateway';

export interface TokenHolder {
  readonly clientId: string;
  readonly scopes: readonly Scope[];
}

export type TokenCheck =
  | { readonly ok: true; readonly holder: TokenHolder }
  | { readonly ok: false; readonly problem: 'expired' | 'invalid' };

export interface Tokens {
  readonly issue: (holder: TokenHolder) => string;
  readonly check: (token: string) => TokenCheck;
}

const Claims = z.object({ sub: z.string(), scope: z.string() });

/**
 * @param secret of the deployment, the same for all gateways; the signing key is derived from it
 * @param nowMs clock for issuing, ms since 1970
 */
export function createTokens(secret: string, nowMs: () => number = Date.now): Tokens {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'gateway access tokens', 32));
  const sign = createSigner({ algorithm: 'HS256', key, iss: ISSUER, aud: AUDIENCE });
  const verify = createVerifier({
    algorithms: ['HS256'],
    key,
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    requiredClaims: ['sub', 'exp'],
    cache: 1_000,
  });
  return {
    issue: ({ clientId, scopes }) => {
      const iat = Math.floor(nowMs() / 1_000);
      return sign({ sub: clientId, scope: scopes.join(' '), iat, exp: iat + TOKEN_LIFETIME_SECONDS });
    },
    check: (token) => {
      try {
        const { sub, scope } = Claims.parse(verify(token));
        return { ok: true, holder: { clientId: sub, scopes: knownScopes(scope) } };
      } catch (error) {
        const expired = error instanceof Error && 'code' in error && error.code === 'FAST_JWT_EXPIRED';
        return { ok: false, problem: expired ? 'expired' : 'invalid' };
      }
    },
  };
}

/** Those of a blank-divided list that exist. */
export function knownScopes(list: string): readonly Scope[] {
  const asked = list.split(' ');
  return SCOPES.filter((scope) => asked.includes(scope));
}
