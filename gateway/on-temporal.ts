/** The gateway on a Temporal client: what `scripts/start`, the demo and the benchmark run. */
import type { Client } from '@temporalio/client';
import type { MetricMeter } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import { createConsentStarter } from '../activities/consent/start-consent.js';
import { buildGateway } from './app.js';
import type { GatewayDeps } from './app.js';
import { createEventStatusReader } from './event-status.js';
import { createIntake } from './group-commit.js';
import { createTemporalProbe } from './health.js';
import { INTAKE_LIMITS } from './limits.js';
import type { IntakeLimits } from './limits.js';
import { ANSWER_WITHIN_MS, type WebhookDeps } from './marketo-unsubscribes.js';
import { createGatewayMetrics } from './metrics.js';
import { describeError } from './request-log.js';
import { recallGroups } from './recall-groups.js';
import { createRecentEvents } from './recent-events.js';
import { createTemporalStarter } from './temporal-starter.js';

export interface TemporalGatewayDeps extends Omit<
  GatewayDeps,
  'intake' | 'statusReader' | 'isTemporalReachable' | 'metrics' | 'webhook'
> {
  readonly client: Client;
  /** Such as `Runtime.instance().metricMeter`, so that one port serves all metrics of the process. */
  readonly meter: MetricMeter;
  /** DEPLOY_ENVIRONMENT: a search attribute of everything that is started. */
  readonly environment: string;
  readonly intakeLimits?: Partial<IntakeLimits>;
  /** Of Marketo's webhook; undefined: Marketo is not configured. */
  readonly webhookTokenHashes?: readonly Buffer[] | undefined;
}

/** A gateway without this memory is better than none. */
const RECALL_TIMEOUT_MS = 3_000;

/** The caller keeps the client, and closes it after the gateway. */
export function buildTemporalGateway(deps: TemporalGatewayDeps): FastifyInstance {
  const { client, environment, logger, meter, intakeLimits = {} } = deps;
  const metrics = createGatewayMetrics(meter);
  const { recentEvents } = { ...INTAKE_LIMITS, ...intakeLimits };
  const recent = createRecentEvents(recentEvents);
  const intake = createIntake({
    recent,
    starter: createTemporalStarter(client, environment),
    metrics,
    onProblem: (problem) => {
      logger.warn(problem, 'Temporal did not take events; their senders were told to send them again');
    },
    limits: intakeLimits,
  });
  const app = buildGateway({
    ...deps,
    metrics,
    intake,
    statusReader: createEventStatusReader(client),
    isTemporalReachable: createTemporalProbe(client),
    webhook: webhookOf(deps),
  });
  app.addHook('onReady', async () => {
    try {
      await client.withDeadline(Date.now() + RECALL_TIMEOUT_MS, () =>
        recallGroups(client, recent, recentEvents),
      );
    } catch (error) {
      logger.warn(
        describeError(error),
        'groups of before could not be read; their re-sends may be accepted again',
      );
    }
  });
  return app;
}

function webhookOf(deps: TemporalGatewayDeps): WebhookDeps | undefined {
  const { client, hasher, environment, webhookTokenHashes: tokenHashes } = deps;
  if (tokenHashes === undefined) return undefined;
  const starter = createConsentStarter({ client, hasher, environment, timeoutMs: ANSWER_WITHIN_MS });
  return { tokenHashes, starter };
}
