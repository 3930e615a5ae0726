/** Asks a sandbox Snowflake directly, as no client of ours does: for what the sandbox itself owes. */
import { createHash, createPublicKey } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { createSigner, type Algorithm } from 'fast-jwt';
import got from 'got';
import type { SandboxSnowflake } from '../../sandbox/snowflake/index.js';
import { sharedKeyPair } from '../support/snowflake.js';

export interface Said {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface Claims {
  readonly iss?: string;
  readonly sub?: string;
  readonly iat?: number;
  readonly exp?: number;
}

/** A good token of a sandbox's user, but for what is said otherwise. */
export function tokenFor(
  { account, user }: SandboxSnowflake,
  claims: Claims = {},
  {
    keys = sharedKeyPair(),
    algorithm = 'RS256',
  }: { keys?: ReturnType<typeof sharedKeyPair>; algorithm?: Algorithm } = {},
): string {
  const der = createPublicKey(keys.publicKey).export({ type: 'spki', format: 'der' });
  const sub = `${account}.${user}`.toUpperCase();
  const iss = `${sub}.SHA256:${createHash('sha256').update(der).digest('base64')}`;
  const iat = Math.floor(Date.now() / 1000);
  const sign = createSigner({ key: keys.privateKey, algorithm });
  return sign({ iss, sub, iat, exp: iat + 3_540, ...claims });
}

export interface Asking {
  readonly token?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: object;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

export async function ask(
  sandbox: SandboxSnowflake,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  { token = tokenFor(sandbox), query = {}, json, headers = {} }: Asking = {},
): Promise<Said> {
  const {
    statusCode,
    headers: answered,
    body,
  } = await got(new URL(path, sandbox.url), {
    method,
    retry: { limit: 0 },
    throwHttpErrors: false,
    decompress: false,
    responseType: 'buffer',
    searchParams: query,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'user-agent': 'test/1',
      'x-snowflake-authorization-token-type': 'KEYPAIR_JWT',
      ...headers,
    },
    ...(json === undefined ? {} : { json }),
  });
  const text = String(answered['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
  return { status: statusCode, headers: answered, body: text === '' ? '' : parsed(text) };
}

/** Submits a statement. */
export const submit = (
  sandbox: SandboxSnowflake,
  statement: string,
  {
    query = {},
    ...body
  }: { readonly query?: Readonly<Record<string, string>> } & Readonly<Record<string, unknown>> = {},
): Promise<Said> => ask(sandbox, 'POST', '/api/v2/statements', { query, json: { statement, ...body } });

/** Handle of the statement that an answer is about. */
export function handleOf({ body }: Said): string {
  if (typeof body === 'object' && body !== null && 'statementHandle' in body)
    return String(body.statementHandle);
  throw new Error('the answer names no statement');
}

const parsed = (text: string): unknown => JSON.parse(text);
