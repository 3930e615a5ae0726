/**
 * Snowflake's SQL API over HTTP: one call, one attempt. Temporal retries, so nothing here does, except that a call is
 * made again with a new token where the old one is refused. Answers of any kind are values; what they mean is decided
 * in `answers.ts`. No text that leaves this file holds a token, a statement or a cell.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { RequestError, TimeoutError } from 'got';
import type { Binding } from './bindings.js';
import type { Tokens } from './jwt.js';

export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  /** The header as sent: seconds or an HTTP date. */
  readonly retryAfter?: string;
  /** Parsed JSON, else the text. */
  readonly body: unknown;
}
/** Sent, perhaps executed, but no answer came. */
export interface NoAnswer {
  readonly kind: 'no-answer';
  readonly cause: 'timeout' | 'connection' | 'cancelled';
}
export type Reply = Answer | NoAnswer;

/** @see https://docs.snowflake.com/en/developer-guide/sql-api/reference#label-sql-api-reference-post-statements-request-body */
export interface Order {
  readonly statement: string;
  /** After which Snowflake itself cancels it. */
  readonly timeoutSeconds: number;
  readonly database: string;
  readonly schema: string;
  readonly warehouse?: string;
  readonly role?: string;
  readonly bindings?: Readonly<Record<string, Binding>>;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface SnowflakeClient {
  /** @param isRepeat of a submission whose outcome is not known: what succeeded then is not executed again */
  readonly submit: (
    order: Order,
    request: { readonly requestId: string; readonly isRepeat: boolean },
    signal: AbortSignal,
  ) => Promise<Reply>;
  /** State of a statement and, once it is done, its result with the first partition. */
  readonly status: (handle: string, signal: AbortSignal) => Promise<Reply>;
  readonly partition: (handle: string, index: number, signal: AbortSignal) => Promise<Reply>;
  readonly cancel: (handle: string) => Promise<Reply>;
  readonly close: () => void;
}

export interface ClientSettings {
  /** Scheme and host, like `https://myorg-myaccount.snowflakecomputing.com`. */
  readonly baseUrl: string;
  readonly tokens: Tokens;
  /** From the first byte of a request to the last of its answer. */
  readonly timeoutMs: number;
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: object;
  readonly signal?: AbortSignal;
}

const STATEMENTS = '/api/v2/statements';

/** @see https://docs.snowflake.com/en/developer-guide/sql-api/reference */
export function createSnowflakeClient({ baseUrl, tokens, timeoutMs }: ClientSettings): SnowflakeClient {
  const agent = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  const http = got.extend({
    agent,
    headers: {
      accept: 'application/json',
      'user-agent': 'iterable-recipes/1',
      'x-snowflake-authorization-token-type': 'KEYPAIR_JWT',
    },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    responseType: 'text',
    timeout: { request: timeoutMs },
  });
  const attempt = async ({ method, path, query, json, signal }: Call, token: string): Promise<Reply> => {
    try {
      const { statusCode, headers, body } = await http(new URL(path, baseUrl), {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(query === undefined ? {} : { searchParams: query }),
        ...(json === undefined ? {} : { json }),
        ...(signal === undefined ? {} : { signal }),
      });
      const retryAfter = headers['retry-after'];
      const named = retryAfter === undefined ? {} : { retryAfter };
      return { kind: 'answer', status: statusCode, ...named, body: readBody(body) };
    } catch (error) {
      if (error instanceof RequestError) return { kind: 'no-answer', cause: causeOf(error, signal) };
      throw error;
    }
  };
  const call = async (request: Call): Promise<Reply> => {
    const { token, isNew } = tokens.current();
    const reply = await attempt(request, token);
    if (reply.kind !== 'answer' || reply.status !== 401) return reply;
    tokens.discard(token);
    // A refused call was not executed. With a token that was made for it, a second would fare no better.
    return isNew ? reply : attempt(request, tokens.current().token);
  };
  return {
    ...calls(call),
    close: () => {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
}

function calls(call: (request: Call) => Promise<Reply>): Omit<SnowflakeClient, 'close'> {
  const at = (handle: string): string => `${STATEMENTS}/${encodeURIComponent(handle)}`;
  return {
    // @see https://docs.snowflake.com/en/developer-guide/sql-api/reference#post-api-v2-statements
    submit: ({ timeoutSeconds, ...order }, { requestId, isRepeat }, signal) =>
      call({
        method: 'POST',
        path: STATEMENTS,
        query: { requestId, async: 'true', ...(isRepeat ? { retry: 'true' } : {}) },
        json: { ...order, timeout: timeoutSeconds },
        signal,
      }),
    // @see https://docs.snowflake.com/en/developer-guide/sql-api/reference#get-api-v2-statements-statementhandle
    status: (handle, signal) => call({ method: 'GET', path: at(handle), signal }),
    partition: (handle, index, signal) =>
      call({ method: 'GET', path: at(handle), query: { partition: String(index) }, signal }),
    // @see https://docs.snowflake.com/en/developer-guide/sql-api/reference#post-api-v2-statements-statementhandle-cancel
    cancel: (handle) => call({ method: 'POST', path: `${at(handle)}/cancel` }),
  };
}

function readBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // HTML of a proxy, nothing at all of a 405
  }
}

function causeOf(error: RequestError, signal: AbortSignal | undefined): NoAnswer['cause'] {
  if (signal?.aborted === true) return 'cancelled';
  return error instanceof TimeoutError ? 'timeout' : 'connection';
}
