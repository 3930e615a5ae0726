/**
 * `POST /v1/marketo/unsubscribes`: Marketo's Call Webhook step. Answered with 200 and JSON, never an empty body, once
 * Temporal has the request. Marketo does not repeat a call that was refused: then the poll is what finds the person.
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/webhooks/webhooks
 */
import { timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { ConsentStarter } from '../activities/consent/contract.js';
import { hashSecret } from '../config/gateway-clients.js';
import type { ConsentRequest } from '../domain/consent.js';
import type { Hasher } from '../domain/person-hash.js';
import { personConsentId } from '../workflows/person-consent/messages.js';
import { readUnsubscribe } from './marketo-body.js';
import type { HttpMetrics } from './metrics.js';
import { PROBLEMS, Rejection, unavailable } from './problems.js';
import type { UnsubscribeTaken } from './schemas.js';
import { WEBHOOK_BODY_BYTES, WEBHOOK_PROBLEMS } from './webhook-problems.js';

export const UNSUBSCRIBES_PATH = '/v1/marketo/unsubscribes';

/** Marketo waits 30 s; by then the call counts as an error there, also if it has succeeded here. */
export const ANSWER_WITHIN_MS = 4_500;

export interface WebhookDeps {
  /** SHA-256 of each token that is valid now, 32 bytes each. */
  readonly tokenHashes: readonly Buffer[];
  readonly starter: ConsentStarter;
  /** Only tests choose another one. */
  readonly answerWithinMs?: number;
}

export interface UnsubscribeDeps {
  /** Without them the route says which settings are missing. */
  readonly webhook: WebhookDeps | undefined;
  readonly hasher: Hasher;
  readonly metrics: Pick<HttpMetrics, 'repaired'>;
  /** Told when Temporal did not take a request; the code names what it said. */
  readonly onProblem: (problem: string) => void;
}

export function marketoUnsubscribeRoute(app: FastifyInstance, deps: UnsubscribeDeps): void {
  const { webhook, hasher, metrics, onProblem } = deps;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: WEBHOOK_BODY_BYTES },
    (request, body, done) => {
      const encoding = request.headers['content-encoding'] ?? 'identity';
      if (encoding.toLowerCase() === 'identity') done(null, body);
      else done(new Rejection(PROBLEMS.encoded));
    },
  );
  app.setErrorHandler((error: FastifyError) => {
    // Thrown on to the gateway's own handler, whose words for it are about product events.
    throw error.code === 'FST_ERR_CTP_BODY_TOO_LARGE' ? new Rejection(WEBHOOK_PROBLEMS.tooLarge) : error;
  });
  if (webhook === undefined) {
    app.post(UNSUBSCRIBES_PATH, { onRequest: refuse }, refuse);
    return;
  }
  app.post(
    UNSUBSCRIBES_PATH,
    { onRequest: requireToken(webhook.tokenHashes) },
    async (request): Promise<UnsubscribeTaken> => {
      const { request: unsubscribe, isRepaired } = readUnsubscribe(request.body, Date.now(), hasher);
      if (isRepaired) metrics.repaired();
      await handOver(unsubscribe, webhook, onProblem);
      return {
        status: 'accepted',
        workflowId: personConsentId(hasher.person(unsubscribe.email)),
        acceptedAt: new Date().toISOString(),
      };
    },
  );
}

// eslint-disable-next-line @typescript-eslint/require-await -- a hook without callback has to return a promise
async function refuse(): Promise<never> {
  throw new Rejection(WEBHOOK_PROBLEMS.off);
}

/** @returns a hook that lets a request pass whose header has one of the tokens, before its body is read */
function requireToken(tokenHashes: readonly Buffer[]): (request: FastifyRequest) => Promise<void> {
  // eslint-disable-next-line @typescript-eslint/require-await -- a hook without callback has to return a promise
  return async ({ headers, raw }) => {
    const token = headers['x-webhook-token'];
    if (typeof token !== 'string' || token === '') throw new Rejection(WEBHOOK_PROBLEMS.noToken);
    const presented = hashSecret(token);
    // No early exit: how long it takes says nothing about which token matched.
    const matching = tokenHashes.filter((hash) => timingSafeEqual(hash, presented));
    if (matching.length === 0) throw new Rejection(WEBHOOK_PROBLEMS.wrongToken);
    // Whatever it says, the body decides; and Fastify refuses a malformed one.
    delete raw.headers['content-type'];
  };
}

/** @throws Rejection 503 when Temporal does not take it in time; it may have it all the same, which a repeat does not harm */
async function handOver(
  request: ConsentRequest,
  { starter, answerWithinMs = ANSWER_WITHIN_MS }: WebhookDeps,
  onProblem: UnsubscribeDeps['onProblem'],
): Promise<void> {
  const timer = new AbortController();
  const late = sleep(answerWithinMs, 'late', { signal: timer.signal });
  try {
    const outcome = await Promise.race([starter.start([request]), late]);
    if (outcome !== 'late') return;
    onProblem('late');
  } catch (error) {
    onProblem(error instanceof Error ? error.message : typeof error);
  } finally {
    timer.abort();
  }
  throw new Rejection(unavailable('consent-unavailable'));
}
