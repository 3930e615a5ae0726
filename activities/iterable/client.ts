/**
 * Iterable over HTTP: one call, one attempt. Temporal retries, so nothing here does. Answers of any kind are values;
 * what they mean is decided in `answers.ts`. No text that leaves this file holds the key, a URL or an address.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { RequestError, TimeoutError } from 'got';
import { ENDPOINTS, type EndpointName, type Requests } from './endpoints.js';

export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  /** The header as sent: seconds or an HTTP date. */
  readonly retryAfter?: string;
  /** Parsed JSON, else the text. */
  readonly body: unknown;
}
/** Sent, perhaps applied, but no answer came. */
export interface NoAnswer {
  readonly kind: 'no-answer';
  readonly cause: 'timeout' | 'connection' | 'cancelled';
}
export type Reply = Answer | NoAnswer;

export interface IterableClient {
  /** @param signal ends the request at once; the reply is then `no-answer`, `cancelled` */
  readonly call: <E extends EndpointName>(
    endpoint: E,
    request: Requests[E],
    signal: AbortSignal,
  ) => Promise<Reply>;
}

export interface ClientSettings {
  /** Scheme and host, like `https://api.eu.iterable.com`. */
  readonly baseUrl: string;
  /** A server-side key. It belongs to one project and one data center. */
  readonly apiKey: string;
  /** From the first byte of the request to the last of the answer; 30 s unless told. */
  readonly timeoutMs?: number;
  /** Connections kept open. */
  readonly sockets: number;
}

const TIMEOUT_MS = 30_000;

/** @see https://api.iterable.com/api/docs each endpoint's page stands in `ENDPOINTS` */
export function createIterableClient(settings: ClientSettings): IterableClient {
  const keepAlive = { keepAlive: true, maxSockets: settings.sockets };
  const http = got.extend({
    agent: { http: new HttpAgent(keepAlive), https: new HttpsAgent(keepAlive) },
    headers: { 'api-key': settings.apiKey, 'user-agent': 'iterable-recipes' },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false, // answers are a few hundred bytes
    responseType: 'text',
    timeout: { request: settings.timeoutMs ?? TIMEOUT_MS },
  });
  return {
    call: async (endpoint, request, signal) => {
      const { method, path } = ENDPOINTS[endpoint];
      try {
        const { statusCode, headers, body } = await http(new URL(filled(path, request), settings.baseUrl), {
          method,
          signal,
          ...contentOf(request),
        });
        const retryAfter = headers['retry-after'];
        return {
          kind: 'answer',
          status: statusCode,
          ...(retryAfter === undefined ? {} : { retryAfter }),
          body: readBody(body),
        };
      } catch (error) {
        if (error instanceof RequestError) return { kind: 'no-answer', cause: causeOf(error, signal) };
        throw error;
      }
    },
  };
}

/** Each `{name}` in the path as the request has it, percent-encoded: addresses hold `+`, `/` and `%`. */
function filled(path: string, request: Requests[EndpointName]): string {
  if (!('params' in request)) return path;
  return Object.entries<string | number>({ ...request.params }).reduce(
    (filling, [name, value]) => filling.replace(`{${name}}`, () => encodeURIComponent(value)),
    path,
  );
}

function contentOf(request: Requests[EndpointName]): object {
  if ('params' in request) return {};
  if ('query' in request) return { searchParams: request.query };
  return { body: JSON.stringify(request.body), headers: { 'content-type': 'application/json' } };
}

function readBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // plain text of a 429, HTML of a 404, nothing at all of a 202
  }
}

function causeOf(error: RequestError, signal: AbortSignal): NoAnswer['cause'] {
  if (signal.aborted) return 'cancelled';
  return error instanceof TimeoutError ? 'timeout' : 'connection';
}
