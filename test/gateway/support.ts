/** A gateway on a real socket, with a stand-in for Temporal that answers as a test says. */
import { request as httpRequest } from 'node:http';
import type { Agent, IncomingHttpHeaders } from 'node:http';
import { Writable } from 'node:stream';
import { afterEach } from '@jest/globals';
import { pino } from 'pino';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { hashSecret } from '../../config/gateway-clients.js';
import type { GatewayClient } from '../../config/gateway-clients.js';
import { buildGateway } from '../../gateway/app.js';
import type { GatewayDeps } from '../../gateway/app.js';
import type { EventStarter, StartAnswer, StartRequest } from '../../gateway/event-starter.js';
import { createIntake } from '../../gateway/group-commit.js';
import type { IntakeLimits } from '../../gateway/limits.js';
import type { HttpMetrics, IntakeMetrics } from '../../gateway/metrics.js';
import { TEST_HASHER } from '../support/events.js';

export const TOKEN_SECRET = 'a secret for tests only, as long as a real one';
export const CLIENTS: readonly GatewayClient[] = [
  { id: 'backend', secretHashes: [hashSecret('old-secret'), hashSecret('new-secret')] },
  { id: 'other', secretHashes: [hashSecret('other-secret')] },
];

/** A starter whose calls wait until the test answers them. */
export class ManualStarter implements EventStarter {
  readonly calls: { readonly request: StartRequest; readonly answer: (answer: StartAnswer) => void }[] = [];
  readonly start = (request: StartRequest): Promise<StartAnswer> =>
    new Promise((resolve) => {
      this.calls.push({ request, answer: resolve });
    });

  /** Answers the oldest call without an answer. */
  answerNext(answer: StartAnswer = { kind: 'started' }): StartRequest {
    const call = this.calls.shift();
    if (call === undefined) throw new Error('no call waits for an answer');
    call.answer(answer);
    return call.request;
  }
}

/** A starter that answers at once and remembers what it was asked. */
export function promptStarter(answer: (request: StartRequest) => StartAnswer = () => ({ kind: 'started' })): {
  readonly requests: StartRequest[];
} & EventStarter {
  const requests: StartRequest[] = [];
  return {
    requests,
    start: (request) => {
      requests.push(request);
      return Promise.resolve(answer(request));
    },
  };
}

/** Everything that was measured, as text lines. */
export function recordingMetrics(): IntakeMetrics & HttpMetrics & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    groupStarted: (events) => void lines.push(`group ${events}`),
    queueLength: () => undefined,
    duplicate: () => void lines.push('duplicate'),
    answered: (route, status) => void lines.push(`${route} ${status}`),
    rejected: (reason) => void lines.push(`rejected ${reason}`),
    repaired: () => void lines.push('repaired'),
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: unknown;
}

export interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Keep-alive connections; without one every call opens its own. */
  readonly agent?: Agent;
}

export interface TestGateway {
  readonly app: FastifyInstance;
  readonly port: number;
  readonly metrics: ReturnType<typeof recordingMetrics>;
  readonly logLines: readonly string[];
  readonly call: (call: Call) => Promise<Answer>;
  /** POST with a token and `application/json`, unless the headers say otherwise. */
  readonly post: (body: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  readonly token: (scope?: string) => Promise<string>;
}

export interface TestGatewayOptions extends Partial<GatewayDeps> {
  readonly starter?: EventStarter;
  readonly intakeLimits?: Partial<IntakeLimits>;
}

/** The caller closes `app`. */
export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const metrics = recordingMetrics();
  const { stream, lines } = lineSink();
  const intake = createIntake({
    starter: options.starter ?? promptStarter(),
    metrics,
    limits: { repeatAfterMs: 1, recentEvents: 20_000, ...options.intakeLimits },
  });
  const app = buildGateway({
    clients: CLIENTS,
    tokenSecret: TOKEN_SECRET,
    hasher: TEST_HASHER,
    intake,
    statusReader: { read: () => Promise.resolve(undefined) },
    isTemporalReachable: () => Promise.resolve(true),
    metrics,
    logger: pino({ level: 'trace' }, stream),
    ...options,
  });
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
  const call = (each: Call): Promise<Answer> => httpCall(port, each);
  const token = (scope?: string): Promise<string> => issueToken(call, scope);
  const post: TestGateway['post'] = async (body, headers = {}) => {
    const authorization = headers['authorization'] ?? `Bearer ${await token()}`;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return call({
      method: 'POST',
      path: '/v1/product-events',
      headers: { 'content-type': 'application/json', ...headers, authorization },
      body: text,
    });
  };
  return { app, port, metrics, logLines: lines, call, post, token };
}

/** Starts gateways that are closed after each test of the file. */
export function gatewaysOfEachTest(): typeof startGateway {
  const open: TestGateway[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map(({ app }) => app.close()));
  });
  return async (options) => {
    const gateway = await startGateway(options);
    open.push(gateway);
    return gateway;
  };
}

async function issueToken(call: TestGateway['call'], scope?: string): Promise<string> {
  const answer = await call({
    method: 'POST',
    path: '/oauth/token',
    headers: { 'content-type': 'application/json', authorization: basic('backend', 'new-secret') },
    body: JSON.stringify({ grant_type: 'client_credentials', scope }),
  });
  return z.object({ access_token: z.string() }).parse(answer.json).access_token;
}

export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

export function httpCall(
  port: number,
  { method = 'GET', path = '/', headers = {}, body, agent }: Call,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, method, path, headers, agent: agent ?? false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: jsonOf(text) });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function jsonOf(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}

function lineSink(): { readonly stream: Writable; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString('utf8'));
      done();
    },
  });
  return { stream, lines };
}

/** Lets everything run that is ready to run. */
export function idle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Waits until something holds, looking again whenever the process is idle. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await idle();
}
