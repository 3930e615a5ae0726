/** The sockets: reads a request, has it answered, writes the answer or cuts the connection, notes what happened. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { envelopeError, isSuccess } from './answers.js';
import type { Answer } from './answers.js';
import { readExport } from './export-file.js';
import type { Recorder } from './recorder.js';
import { headersWithoutSecrets, withoutSecrets } from './recorder.js';
import { codesOf } from './service.js';
import type { Incoming, Outcome, Service } from './service.js';

const CONTENT_TYPES = {
  json: 'application/json;charset=UTF-8',
  'raw-json': 'application/json;charset=UTF-8',
  text: 'text/plain;charset=UTF-8',
  html: 'text/html;charset=UTF-8',
  csv: 'text/csv;charset=UTF-8',
};
/** Longer than clients keep idle connections: none meets one that has just been closed. */
const KEEP_ALIVE_MS = 120_000;
/** Far more than Marketo takes, so that it is the sandbox that refuses a long URL, and not Node. */
const MAX_HEADER_BYTES = 1_000_000;
const FORM = 'application/x-www-form-urlencoded';

/** Reads to the end. Past `mostBytes` nothing is kept, but all is counted. */
async function readBody(
  request: IncomingMessage,
  mostBytes: number,
): Promise<{ readonly raw: string; readonly bytes: number }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= mostBytes) chunks.push(chunk);
  });
  await finished(request);
  return { raw: bytes > mostBytes ? '' : Buffer.concat(chunks).toString(), bytes };
}

/** Nothing for what is not JSON. */
function parseJson(raw: string): unknown {
  try {
    return raw === '' ? undefined : JSON.parse(raw);
  } catch {
    return undefined;
  }
}

function incoming(request: IncomingMessage, raw: string, bodyBytes: number): Incoming {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const isForm = request.headers['content-type']?.startsWith(FORM) === true;
  return {
    method: request.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    form: isForm ? new URLSearchParams(raw) : undefined,
    body: isForm ? undefined : parseJson(raw),
    bodyBytes,
    uriBytes: Buffer.byteLength(target),
    authorization: request.headers.authorization,
    range: request.headers.range,
  };
}

/** Repeated names are joined by commas, as Marketo reads them. */
function asRecord(values: URLSearchParams): Readonly<Record<string, string>> {
  const names = [...new Set(values.keys())];
  return withoutSecrets(Object.fromEntries(names.map((name) => [name, values.getAll(name).join(',')])));
}

function record(service: Service, recorder: Recorder, read: Incoming, sent: Sent): void {
  const { now, recordBodies } = service.settings;
  const { answer, instead, route } = sent.outcome;
  const body = read.form === undefined ? read.body : asRecord(read.form);
  const said = isSuccess(answer) ? 'success' : codesOf(answer).join(',');
  recorder.add({
    method: read.method,
    path: read.path,
    route,
    query: asRecord(read.query),
    headers: headersWithoutSecrets(sent.headers),
    body: recordBodies === 'all' ? body : undefined,
    rawBytes: read.bodyBytes,
    uriBytes: read.uriBytes,
    atMs: now(),
    status: instead === 'cut-midway' ? 'cut' : (instead ?? answer.status),
    said: said === '' ? undefined : said,
  });
}

interface Sent {
  readonly outcome: Outcome;
  readonly headers: IncomingMessage['headers'];
}

function bytesOf({ body, type }: Answer): Buffer {
  return Buffer.from(typeof body === 'string' && type !== 'json' ? body : JSON.stringify(body));
}

async function send(response: ServerResponse, answer: Answer, isCut: boolean): Promise<void> {
  const { file } = answer;
  const body = file === undefined ? bytesOf(answer) : undefined;
  const length = file === undefined ? (body?.length ?? 0) : file.end - file.start + 1;
  response.writeHead(answer.status, {
    'content-type': CONTENT_TYPES[answer.type],
    'content-length': length,
    ...answer.headers,
  });
  const sent = isCut ? Math.floor(length / 2) : length;
  const source =
    file === undefined
      ? Readable.from([(body ?? Buffer.alloc(0)).subarray(0, sent)])
      : Readable.from(readExport(file.handle, file.start, file.start + sent - 1));
  await pipeline(source, response, { end: !isCut });
}

async function respond(
  service: Service,
  recorder: Recorder,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { raw, bytes } = await readBody(request, service.settings.maxBodyBytes);
  const read = incoming(request, raw, bytes);
  const outcome = await handleSafely(service, read);
  record(service, recorder, read, { outcome, headers: request.headers });
  const { usage } = service;
  if (outcome.tookPlace)
    void closed(response).then(() => {
      usage.leave();
    });
  if (outcome.instead === 'hang') return;
  if (outcome.instead === 'cut') request.socket.destroy();
  else await send(response, outcome.answer, outcome.instead === 'cut-midway');
  if (outcome.instead === 'cut-midway') request.socket.end();
}

async function handleSafely(service: Service, read: Incoming): Promise<Outcome> {
  try {
    return await service.handle(read);
  } catch (error) {
    const message = `A fault of the sandbox itself: ${error instanceof Error ? error.message : 'unknown'}`;
    return { route: undefined, answer: envelopeError('500', message), instead: undefined, tookPlace: false };
  }
}

/** Resolves when an answer is out, or its connection gone. */
async function closed(response: ServerResponse): Promise<void> {
  if (response.closed || response.destroyed) return;
  await new Promise<void>((resolve) => {
    response.once('close', resolve);
  });
}

/** Listens on 127.0.0.1. */
export async function listen(
  service: Service,
  recorder: Recorder,
  port: number,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    // A client that goes away in the middle is its own business.
    respond(service, recorder, request, response).catch(() => {
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

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sandbox has no TCP address');
  return `http://127.0.0.1:${address.port}`;
}

/** Also ends the connections of requests that hang on purpose. */
async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const ended = new Promise<void>((resolve, reject) => {
    server.close((error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
  server.closeAllConnections();
  await ended;
}
