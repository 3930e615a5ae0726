/**
 * `POST /oauth/token`: client credentials for an access token.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ClientRegister } from './clients.js';
import { problemOf } from './problems.js';
import { SCOPES } from './schemas.js';
import type { OAuthError, TokenAnswer } from './schemas.js';
import { knownScopes, TOKEN_LIFETIME_SECONDS } from './tokens.js';
import type { Tokens } from './tokens.js';

const BODY_BYTES = 16 * 1024;

/** How this endpoint says no; its errors have the shape of the standard, not ours. */
class OAuthRejection extends Error {
  readonly status: number;
  readonly answer: OAuthError;

  constructor(status: number, error: OAuthError['error'], description: string) {
    super(error);
    this.name = 'OAuthRejection';
    this.status = status;
    this.answer = { error, error_description: description };
  }
}

const optionalText = z.string({ error: 'is text' }).optional();
const TokenParameters = z.object(
  {
    grant_type: optionalText,
    scope: optionalText,
    client_id: optionalText,
    client_secret: optionalText,
  },
  { error: 'is an object' },
);
type TokenParameters = z.infer<typeof TokenParameters>;

export interface OAuthDeps {
  readonly tokens: Tokens;
  readonly clients: ClientRegister;
}

export function oauthRoutes(app: FastifyInstance, { tokens, clients }: OAuthDeps): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, formFields(String(body)));
    },
  );
  app.setErrorHandler(answerOAuthError);
  app.post('/oauth/token', { bodyLimit: BODY_BYTES }, (request, reply): TokenAnswer => {
    void reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' });
    const parameters = parametersOf(request.body);
    const clientId = authenticatedClient(request, parameters, clients);
    if (parameters.grant_type !== 'client_credentials') throw wrongGrant(parameters.grant_type);
    const scopes = parameters.scope === undefined ? SCOPES : knownScopes(parameters.scope);
    if (scopes.length === 0)
      throw new OAuthRejection(400, 'invalid_scope', `Scopes are: ${SCOPES.join(' ')}`);
    return {
      access_token: tokens.issue({ clientId, scopes }),
      token_type: 'Bearer',
      expires_in: TOKEN_LIFETIME_SECONDS,
      scope: scopes.join(' '),
    };
  });
}

/** @throws for a parameter that is there twice: which one counts would be a guess */
function formFields(body: string): Record<string, string> {
  const fields = new URLSearchParams(body);
  const names = [...fields.keys()];
  if (new Set(names).size < names.length) throw badRequest('Send each parameter once');
  return Object.fromEntries(fields);
}

function parametersOf(body: unknown): TokenParameters {
  const parsed = TokenParameters.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  throw badRequest('Send grant_type=client_credentials as a form, or {"grant_type": "client_credentials"}');
}

function badRequest(description: string): OAuthRejection {
  return new OAuthRejection(400, 'invalid_request', description);
}

function wrongGrant(grantType: string | undefined): OAuthRejection {
  return grantType === undefined
    ? badRequest('Send grant_type=client_credentials')
    : new OAuthRejection(400, 'unsupported_grant_type', 'Send grant_type=client_credentials');
}

/** @throws 401 with the same words for an unknown client and a wrong secret */
function authenticatedClient(
  request: FastifyRequest,
  body: TokenParameters,
  clients: ClientRegister,
): string {
  const { authorization } = request.headers;
  if (authorization !== undefined && body.client_secret !== undefined) {
    throw badRequest('Send the client secret in the Authorization header or in the body, not in both');
  }
  const candidates =
    authorization === undefined
      ? [[body.client_id ?? '', body.client_secret ?? '']]
      : basicCredentials(authorization);
  const matching = candidates.filter(([id = '', secret = '']) => clients.authenticate(id, secret));
  const clientId = matching[0]?.[0];
  if (clientId !== undefined) return clientId;
  throw new OAuthRejection(
    401,
    'invalid_client',
    'Unknown client or wrong secret. Send both as Basic credentials, or as client_id and client_secret in the body',
  );
}

/**
 * Id and secret as they stand, and form-decoded: the standard asks for the encoding, many clients leave it out.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
function basicCredentials(authorization: string): readonly (readonly string[])[] {
  const encoded = /^Basic +([\w+/=-]+) *$/i.exec(authorization)?.[1] ?? '';
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = Math.max(0, pair.indexOf(':'));
  const asSent = [pair.slice(0, colon), pair.slice(colon + 1)];
  return [asSent, asSent.map(formDecoded)];
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Errors in the shape of the standard. */
async function answerOAuthError(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (error instanceof OAuthRejection) {
    if (error.status === 401) void reply.header('www-authenticate', 'Basic realm="iterable-recipes"');
    request.problem = error.answer.error;
    return reply.code(error.status).send(error.answer);
  }
  const { status, errors, headers = {}, reason } = problemOf(error);
  request.problem = reason;
  const code =
    status === 503 ? 'temporarily_unavailable' : status >= 500 ? 'server_error' : 'invalid_request';
  const answer: OAuthError = {
    error: code,
    error_description: errors.map(({ message }) => message).join(' '),
  };
  return reply.removeHeader('connection').headers(headers).code(status).send(answer);
}
