/**
 * Marketo over HTTP: one call, one attempt. Temporal retries, so nothing here does. Answers of any kind are values;
 * what they mean is decided in `answers.ts`. No text that leaves this file holds a secret, a URL or an address.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import got, {
  RequestError,
  TimeoutError,
  type Got,
  type OptionsInit,
  type Request,
  type Response,
} from 'got';
import { ENDPOINTS, pathOf, type MarketoRequest } from './endpoints.js';

export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  /** Parsed JSON, else the text. */
  readonly body: unknown;
  /** The JSON could be read only after the one repair that is known to be right. */
  readonly isRepaired?: true;
}
/** Sent, but no answer came. */
export interface NoAnswer {
  readonly kind: 'no-answer';
  readonly cause: 'timeout' | 'connection' | 'cancelled';
}
export type Reply = Answer | NoAnswer;

/** A file on its way. Its bytes have to be read, or the stream destroyed. */
export interface FileReply {
  readonly kind: 'file';
  /** 206 where the range that was asked for is all that comes; 200 for the whole file. */
  readonly status: 200 | 206;
  readonly bytes: Readable;
}

export interface MarketoClient {
  /** @param signal ends the request at once; the reply is then `no-answer`, `cancelled` */
  readonly call: (request: MarketoRequest, accessToken: string, signal: AbortSignal) => Promise<Reply>;
  /** A file from this byte on. What is no file (an error in JSON, 404) is answered as by `call`. */
  readonly openFile: (
    request: MarketoRequest,
    accessToken: string,
    options: { readonly fromByte: number; readonly signal: AbortSignal },
  ) => Promise<FileReply | Reply>;
  /** Asks for an access token with the credentials. Costs no quota. */
  readonly identify: () => Promise<Reply>;
}

export interface ClientSettings {
  /** Scheme and host, like `https://284-RPR-133.mktorest.com`, without `/rest` and without a slash at the end. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Connections kept open. */
  readonly sockets: number;
  /** For tests: instead of what each endpoint has. */
  readonly timeoutMs?: number;
}

/** Marketo refuses addresses over 8 KB with 414; the host and the headers of proxies want some of it. */
const LONGEST_URI = 7_000;
const IDENTITY_PATH = '/identity/oauth/token';
const IDENTITY_TIMEOUT_MS = 30_000;
/** Between two bytes of a file. */
const SILENCE_MS = 60_000;

/** @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/rest-api each endpoint's page stands in `ENDPOINTS` */
export function createMarketoClient(settings: ClientSettings): MarketoClient {
  const keepAlive = { keepAlive: true, maxSockets: settings.sockets };
  const http = got.extend({
    agent: { http: new HttpAgent(keepAlive), https: new HttpsAgent(keepAlive) },
    headers: { 'user-agent': 'iterable-recipes', accept: 'application/json' },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    responseType: 'text',
  });
  const timeoutMs = ({ endpoint }: MarketoRequest): number =>
    settings.timeoutMs ?? ENDPOINTS[endpoint].timeoutMs;
  return {
    call: (request, accessToken, signal) =>
      ask(
        http,
        { ...optionsOf(request, settings.baseUrl, accessToken), timeout: { request: timeoutMs(request) } },
        signal,
      ),
    openFile: async (request, accessToken, { fromByte, signal }) => {
      const { headers, ...options } = optionsOf(request, settings.baseUrl, accessToken);
      const range = fromByte === 0 ? {} : { range: `bytes=${fromByte}-` };
      return openStream(
        http,
        { ...options, headers: { ...headers, accept: 'text/csv, application/json', ...range } },
        { signal, timeoutMs: timeoutMs(request) },
      );
    },
    /** @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/authentication */
    identify: () =>
      ask(http, {
        url: new URL(IDENTITY_PATH, settings.baseUrl),
        searchParams: {
          grant_type: 'client_credentials',
          client_id: settings.clientId,
          client_secret: settings.clientSecret,
        },
        timeout: { request: settings.timeoutMs ?? IDENTITY_TIMEOUT_MS },
      }),
  };
}

/** Long lists of values go into the body, as Marketo documents it: POST with `_method=GET`. */
function optionsOf(
  request: MarketoRequest,
  baseUrl: string,
  accessToken: string,
): OptionsInit & { readonly headers: Record<string, string> } {
  const { method } = ENDPOINTS[request.endpoint];
  const url = new URL(pathOf(request), baseUrl);
  const headers = { authorization: `Bearer ${accessToken}` };
  const query = new URLSearchParams(request.query).toString();
  if (method === 'GET' && url.href.length + query.length > LONGEST_URI) {
    url.search = '_method=GET';
    return {
      url,
      method: 'POST',
      body: query,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    };
  }
  url.search = query;
  if (request.json === undefined) return { url, method, headers };
  return {
    url,
    method,
    body: JSON.stringify(request.json),
    headers: { ...headers, 'content-type': 'application/json' },
  };
}

async function ask(http: Got, options: OptionsInit, signal?: AbortSignal): Promise<Reply> {
  try {
    const { statusCode, body } = await http({
      ...options,
      ...(signal === undefined ? {} : { signal }),
      isStream: false,
      resolveBodyOnly: false,
      responseType: 'text',
    });
    return { kind: 'answer', status: statusCode, ...readBody(body) };
  } catch (error) {
    if (error instanceof RequestError) return { kind: 'no-answer', cause: causeOf(error, signal) };
    throw error;
  }
}

async function openStream(
  http: Got,
  options: OptionsInit,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<FileReply | Reply> {
  const bytes = http.stream({
    ...options,
    isStream: true,
    signal,
    decompress: false, // ranges and checksums are of the bytes as stored
    timeout: { response: timeoutMs, socket: SILENCE_MS },
  });
  bytes.on('error', () => undefined); // whoever reads is told; before that nobody listens
  try {
    const { status, type } = await headOf(bytes);
    if ((status === 200 || status === 206) && !type.includes('json')) return { kind: 'file', status, bytes };
    const chunks = await bytes.toArray();
    return { kind: 'answer', status, ...readBody(Buffer.concat(chunks.map(toBuffer)).toString()) };
  } catch (error) {
    bytes.destroy();
    if (error instanceof RequestError) return { kind: 'no-answer', cause: causeOf(error, signal) };
    throw error;
  }
}

const toBuffer = (chunk: unknown): Buffer => (Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));

function headOf(bytes: Request): Promise<{ status: number; type: string }> {
  return new Promise((resolve, reject) => {
    bytes.once('error', reject);
    bytes.once('response', ({ statusCode, headers }: Response) => {
      bytes.off('error', reject);
      resolve({ status: statusCode, type: headers['content-type'] ?? '' });
    });
  });
}

/** Real pages had it, in the values of Campaign Run ID: `""102938""`, a plain value between doubled quotes. */
const DOUBLED_QUOTES = /(:\s*)""([^"\\,:{}[\]]+)""(?=\s*[,}\]])/g;

function readBody(text: string): { body: unknown; isRepaired?: true } {
  const body = parsed(text);
  if (body !== undefined) return { body };
  const repaired = text.includes('""') ? parsed(text.replace(DOUBLED_QUOTES, '$1"$2"')) : undefined;
  return repaired === undefined ? { body: text } : { body: repaired, isRepaired: true };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // HTML of a gateway, text of a 404, JSON that breaks off
  }
}

export function causeOf(error: RequestError, signal?: AbortSignal): NoAnswer['cause'] {
  if (signal?.aborted === true) return 'cancelled';
  return error instanceof TimeoutError ? 'timeout' : 'connection';
}
