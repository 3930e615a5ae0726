/** Request ids, the metric of every answer, and one log line for every answer that is not a success. */
import { stackFrames } from '../domain/stack-frames.js';
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpMetrics } from './metrics.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the request was not taken, once that is decided: a fixed code. */
    problem: string;
  }
}

const SANE_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The sender's id if it can stand in a log line as it is, else a new one. */
export function requestIdOf(sent: string | string[] | undefined): string {
  return typeof sent === 'string' && SANE_ID.test(sent) ? sent : randomUUID();
}

export function reportAnswers(app: FastifyInstance, metrics: HttpMetrics): void {
  app.decorateRequest('problem', '');
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    metrics.answered(routeOf(request), reply.statusCode);
    if (request.problem !== '') metrics.rejected(request.problem);
    if (reply.statusCode >= 300) logAnswer(request, reply);
    done();
  });
}

/** Pattern of the route: addresses themselves hold ids and queries. */
function routeOf(request: FastifyRequest): string {
  return request.is404 ? 'unknown' : (request.routeOptions.url ?? 'unknown');
}

function logAnswer(request: FastifyRequest, reply: FastifyReply): void {
  const line = {
    requestId: request.id,
    method: request.method,
    route: routeOf(request),
    status: reply.statusCode,
    reason: request.problem,
    durationMs: Math.round(reply.elapsedTime),
  };
  if (reply.statusCode >= 500) request.log.warn(line, 'request not taken');
  else request.log.info(line, 'request not taken');
}

/** Where an unexpected error came from, without its message: messages can repeat what was sent. */
export function describeError(error: unknown): { readonly name: string; readonly stack: readonly string[] } {
  if (!(error instanceof Error)) return { name: typeof error, stack: [] };
  return { name: error.name, stack: stackFrames(error) };
}
