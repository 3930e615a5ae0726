/** Who may call what: the bearer token of a request, checked before its body is read. */
import type { FastifyRequest } from 'fastify';
import type { ClientRegister } from './clients.js';
import { problem, Rejection } from './problems.js';
import type { Problem } from './problems.js';
import type { Scope } from './schemas.js';
import type { Tokens } from './tokens.js';

const REALM = 'Bearer realm="iterable-recipes"';
const GET_ONE = 'get one with POST /oauth/token';

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function unauthorized(reason: string, message: string, challenge = REALM): Problem {
  return problem(401, reason, message, { 'www-authenticate': challenge });
}

export const AUTH_PROBLEMS = {
  noToken: unauthorized('no-token', `Send the header Authorization: Bearer <token>; ${GET_ONE}.`),
  expired: unauthorized(
    'expired-token',
    `The token has expired (tokens last one hour); ${GET_ONE}.`,
    `${REALM}, error="invalid_token", error_description="The token has expired"`,
  ),
  invalid: unauthorized(
    'invalid-token',
    `The token is none of this gateway, or its client was removed; ${GET_ONE}.`,
    `${REALM}, error="invalid_token", error_description="The token is not valid"`,
  ),
} as const;

export function wrongScope(scope: Scope): Problem {
  return problem(403, 'wrong-scope', `The token lacks the scope ${scope}; ask for it at POST /oauth/token.`, {
    'www-authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"`,
  });
}

/** @returns a hook that lets a request pass whose token has the scope */
export function requireScope(
  scope: Scope,
  tokens: Tokens,
  clients: ClientRegister,
): (request: FastifyRequest) => Promise<void> {
  const { noToken, expired, invalid } = AUTH_PROBLEMS;
  const lacksScope = wrongScope(scope);
  // eslint-disable-next-line @typescript-eslint/require-await -- a hook without callback has to return a promise
  return async (request) => {
    const token = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw new Rejection(noToken);
    const checked = tokens.check(token);
    if (!checked.ok) throw new Rejection(checked.problem === 'expired' ? expired : invalid);
    if (!clients.exists(checked.holder.clientId)) throw new Rejection(invalid);
    if (!checked.holder.scopes.includes(scope)) throw new Rejection(lacksScope);
  };
}
