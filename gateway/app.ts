/**
 * The gateway: HTTP in, workflows out. `buildGateway` gives a server that can listen; who calls it owns the process,
 * its signals and the connection to Temporal. `close()` drains: new requests get 503, those under way are answered.
 */
import Fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayClient } from '../config/gateway-clients.js';
import type { Hasher } from '../domain/person-hash.js';
import { acceptTogether } from './accept-together.js';
import { requireScope } from './auth.js';
import { answerClientError } from './client-error.js';
import { createClientRegister } from './clients.js';
import type { EventStatusReader } from './event-status.js';
import type { Intake } from './group-commit.js';
import { healthRoutes } from './health.js';
import { acceptJson } from './json-body.js';
import { REQUEST_LIMITS } from './limits.js';
import { refuseUnknownPaths } from './known-paths.js';
import { marketoUnsubscribeRoute, type WebhookDeps } from './marketo-unsubscribes.js';
import type { HttpMetrics } from './metrics.js';
import { oauthRoutes } from './oauth.js';
import { openApiDocument } from './openapi.js';
import { problemOf, Rejection, unavailable } from './problems.js';
import { productEventRoutes } from './product-events.js';
import { describeError, reportAnswers, requestIdOf } from './request-log.js';
import { createTokens } from './tokens.js';

export interface GatewayDeps {
  readonly clients: readonly GatewayClient[];
  /** The signing key of access tokens is derived from it; the same at every gateway of a deployment. */
  readonly tokenSecret: string;
  readonly hasher: Hasher;
  readonly intake: Intake;
  readonly statusReader: EventStatusReader;
  readonly isTemporalReachable: () => Promise<boolean>;
  /** Marketo's webhook; without it the route answers 404 and names the settings. */
  readonly webhook?: WebhookDeps | undefined;
  readonly metrics: HttpMetrics;
  readonly logger: FastifyBaseLogger;
  /** Only tests choose another one. */
  readonly requestTimeoutMs?: number;
}

export function buildGateway(deps: GatewayDeps): FastifyInstance {
  const { metrics } = deps;
  const app = newServer(deps);
  acceptTogether(app.server);
  const drain = { started: false };
  app.addHook('preClose', async () => {
    drain.started = true;
    await deps.intake.drain();
  });
  reportAnswers(app, metrics);
  refuseUnknownPaths(app);
  app.setErrorHandler(answerError);
  app.removeAllContentTypeParsers();
  acceptJson(app);

  const tokens = createTokens(deps.tokenSecret);
  const clients = createClientRegister(deps.clients);
  healthRoutes(app, { isTemporalReachable: deps.isTemporalReachable, isDraining: () => drain.started });
  const document = openApiDocument();
  app.get('/openapi.json', () => document);
  app.register((scope, _options, done) => {
    scope.addHook('onRequest', refuseWhileDraining(drain));
    productEventRoutes(scope, {
      ...deps,
      onStatusProblem: (problem) => {
        deps.logger.warn({ problem }, 'Temporal did not answer what became of an event');
      },
      mayWrite: requireScope('product-events:write', tokens, clients),
      mayRead: requireScope('product-events:read', tokens, clients),
    });
    done();
  });
  app.register((scope, _options, done) => {
    scope.addHook('onRequest', refuseWhileDraining(drain));
    oauthRoutes(scope, { tokens, clients });
    done();
  });
  app.register((scope, _options, done) => {
    scope.addHook('onRequest', refuseWhileDraining(drain));
    marketoUnsubscribeRoute(scope, {
      webhook: deps.webhook,
      hasher: deps.hasher,
      metrics,
      onProblem: (problem) => {
        deps.logger.warn(
          { problem },
          'Temporal did not take an unsubscribe; the poll has to find the person',
        );
      },
    });
    done();
  });
  return app;
}

function newServer(deps: GatewayDeps): FastifyInstance {
  const requestTimeoutMs = deps.requestTimeoutMs ?? REQUEST_LIMITS.requestTimeoutMs;
  return Fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    bodyLimit: REQUEST_LIMITS.bodyBytes,
    requestTimeout: requestTimeoutMs,
    http: {
      // Above the request's limit Node would swap the two, and wait for the body as long as for the headers.
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // Node looks for late requests at this interval; its default of 30 s would double the limit.
      connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs / 4),
    },
    return503OnClosing: false, // refuseWhileDraining does it, in our error shape
    frameworkErrors: (error, request, reply) => {
      // Before any route is found, so no hook has run.
      const { status, reason } = problemOf(error);
      deps.metrics.answered('unknown', status);
      deps.metrics.rejected(reason);
      void answerError(error, request, reply.header('x-request-id', request.id));
    },
    clientErrorHandler: (error, socket) => {
      answerClientError(error, socket, deps.metrics);
    },
  });
}

function refuseWhileDraining(drain: { readonly started: boolean }): () => Promise<void> {
  // eslint-disable-next-line @typescript-eslint/require-await -- a hook without callback has to return a promise
  return async () => {
    if (drain.started) throw new Rejection(unavailable('draining'));
  };
}

async function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { status, reason, errors, headers = {} } = problemOf(error);
  request.problem = reason;
  if (status === 500)
    request.log.error({ requestId: request.id, ...describeError(error) }, 'unexpected error');
  // Fastify closes the connection after a body it could not read. Kept open, the client reads the answer.
  if (status !== 503) void reply.removeHeader('connection');
  return reply.headers(headers).code(status).send({ errors });
}
