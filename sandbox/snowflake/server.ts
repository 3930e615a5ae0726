/** The sockets: reads a request, has it answered, writes the answer or cuts the connection, notes what happened. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Recorder } from '../iterable/recorder.js';
import { refused, type Answer } from './answers.js';
import type { Incoming, Outcome, Service } from './service.js';

/** Longer than clients keep idle connections: none meets one that has just been closed. */
const KEEP_ALIVE_MS = 120_000;

/** @param service as it is when a request comes: a reset replaces it */
export async function listen(
  service: () => Service,
  recorder: Recorder,
  port: number,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    respond(service(), recorder, { request, response }).catch(() => {
      response.destroy();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { url: urlOf(server), close: () => close(server) };
}

async function respond(
  service: Service,
  recorder: Recorder,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const chunks: unknown[] = await request.toArray();
  const raw = Buffer.concat(chunks.filter((chunk) => Buffer.isBuffer(chunk)));
  const read = incoming(request, raw.toString());
  const { route, answer, instead, applied } = await handleSafely(service, read);
  const { now, recordBodies } = service.settings;
  recorder.add({
    method: read.method,
    path: read.path,
    route,
    query: Object.fromEntries(read.query),
    headers: request.headers,
    body: recordBodies === 'all' ? read.body : undefined,
    rawBytes: raw.length,
    atMs: now(),
    status: instead === 'hang' ? 'hang' : instead === undefined ? answer.status : 'cut',
    applied,
  });
  if (instead === 'hang') return;
  if (instead === 'cut') request.socket.destroy();
  else send(response, answer, instead === 'cut-midway');
}

function incoming(request: IncomingMessage, raw: string): Incoming {
  const target = new URL(request.url ?? '/', 'http://localhost');
  const headers = new Map(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
  return {
    method: request.method ?? 'GET',
    path: target.pathname,
    query: target.searchParams,
    headers,
    body: parseJson(raw),
  };
}

/** Nothing for what is not JSON. */
function parseJson(raw: string): unknown {
  try {
    return raw === '' ? undefined : JSON.parse(raw);
  } catch {
    return undefined;
  }
}

async function handleSafely(service: Service, request: Incoming): Promise<Outcome> {
  try {
    return await service.handle(request);
  } catch (error) {
    const message = `A fault of the sandbox itself: ${error instanceof Error ? error.message : 'unknown'}`;
    return { route: undefined, answer: refused(500, '000603', message), applied: false };
  }
}

function send(response: ServerResponse, { status, body, headers }: Answer, cutMidway: boolean): void {
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    ...(bytes === undefined ? {} : { 'content-type': 'application/json' }),
    'content-length': bytes?.length ?? 0,
    ...headers,
  });
  if (!cutMidway || bytes === undefined) {
    response.end(bytes);
    return;
  }
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => {
    response.destroy();
  });
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
