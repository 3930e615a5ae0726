/** The sockets: reads a request, has it answered, writes the answer or cuts the connection, notes what happened. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { refused, serialise } from './answers.js';
import type { Answer } from './answers.js';
import type { Recorder } from './recorder.js';
import type { Incoming, Outcome, Service } from './service.js';

const CONTENT_TYPES = {
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
  html: 'text/html; charset=utf-8',
};
/** Longer than clients keep idle connections: none meets one that has just been closed. */
const KEEP_ALIVE_MS = 120_000;

/** Reads to the end. Past `mostBytes` nothing is kept, but all is counted. */
function readBody(
  request: IncomingMessage,
  mostBytes: number,
  done: (raw: string, bytes: number) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= mostBytes) chunks.push(chunk);
  });
  request.on('end', () => {
    done(bytes > mostBytes ? '' : Buffer.concat(chunks).toString(), bytes);
  });
}

/** Nothing for what is not JSON. */
function parseJson(raw: string): unknown {
  try {
    return raw === '' ? undefined : JSON.parse(raw);
  } catch {
    return undefined;
  }
}

function headerOf(request: IncomingMessage, names: readonly string[]): string | undefined {
  const value = names.map((name) => request.headers[name]).find((found) => found !== undefined);
  return Array.isArray(value) ? value[0] : value;
}

function incoming(request: IncomingMessage, raw: string, bodyBytes: number): Incoming {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  return {
    method: request.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    // Three spellings are in use; Node lower-cases them.
    apiKey: headerOf(request, ['api-key', 'api_key']),
    ip: request.socket.remoteAddress ?? '',
    body: parseJson(raw),
    bodyBytes,
  };
}

function send(response: ServerResponse, answer: Answer): void {
  const body = serialise(answer);
  const type = answer.type === 'none' ? {} : { 'content-type': CONTENT_TYPES[answer.type] };
  response.writeHead(answer.status, {
    ...type,
    'content-length': Buffer.byteLength(body),
    ...answer.headers,
  });
  response.end(body);
}

function handleSafely(service: Service, request: Incoming): Outcome {
  try {
    return service.handle(request);
  } catch (error) {
    const msg = `A fault of the sandbox itself: ${error instanceof Error ? error.message : 'unknown'}`;
    return { route: undefined, answer: refused(500, 'GenericError', msg) };
  }
}

function respond(
  service: Service,
  recorder: Recorder,
  exchange: { request: IncomingMessage; response: ServerResponse; read: Incoming },
): void {
  const { request, response, read } = exchange;
  const { route, answer, instead } = handleSafely(service, read);
  const { method, path, query, body, bodyBytes: rawBytes } = read;
  const { now, recordBodies, answerAfterMs } = service.settings;
  recorder.add({
    method,
    path,
    route,
    query: Object.fromEntries(query),
    headers: request.headers,
    body: recordBodies === 'all' ? body : undefined,
    rawBytes,
    atMs: now(),
    status: instead ?? answer.status,
    applied: answer.applied,
  });
  const reply = (): void => {
    if (instead === 'cut') request.socket.destroy();
    else if (instead === undefined) send(response, answer);
  };
  if (answerAfterMs === 0) reply();
  else setTimeout(reply, answerAfterMs);
}

/** Listens on 127.0.0.1. */
export async function listen(
  service: Service,
  recorder: Recorder,
  port: number,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    readBody(request, service.settings.maxBodyBytes, (raw, bytes) => {
      respond(service, recorder, { request, response, read: incoming(request, raw, bytes) });
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { url: urlOf(server), close: () => close(server) };
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sandbox has no TCP address');
  return `http://127.0.0.1:${address.port}`;
}

/** Also ends the connections of requests that hang on purpose. */
async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve, reject) => {
    server.close((error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
  server.closeAllConnections();
  await closed;
}
