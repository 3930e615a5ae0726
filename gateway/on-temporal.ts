/** The gateway on a Temporal client: what `scripts/start`, the demo and the benchmark run. */
import type { Client } from '@temporalio/client';
import type { MetricMeter } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import { buildGateway } from './app.js';
import type { GatewayDeps } from './app.js';
import { createEventStatusReader } from './event-status.js';
import { createIntake } from './group-commit.js';
import { createTemporalProbe } from './health.js';
import type { IntakeLimits } from './limits.js';
import { createGatewayMetrics } from './metrics.js';
import { createTemporalStarter } from './temporal-starter.js';

export interface TemporalGatewayDeps extends Omit<
  GatewayDeps,
  'intake' | 'statusReader' | 'isTemporalReachable' | 'metrics'
> {
  readonly client: Client;
  /** Such as `Runtime.instance().metricMeter`, so that one port serves all metrics of the process. */
  readonly meter: MetricMeter;
  /** DEPLOY_ENVIRONMENT: a search attribute of everything that is started. */
  readonly environment: string;
  readonly intakeLimits?: Partial<IntakeLimits>;
}

/** The caller keeps the client, and closes it after the gateway. */
export function buildTemporalGateway(deps: TemporalGatewayDeps): FastifyInstance {
  const { client, environment, logger, meter, intakeLimits = {} } = deps;
  const metrics = createGatewayMetrics(meter);
  const intake = createIntake({
    starter: createTemporalStarter(client, environment),
    metrics,
    onProblem: (problem) => {
      logger.warn(problem, 'Temporal did not take events; their senders were told to send them again');
    },
    limits: intakeLimits,
  });
  return buildGateway({
    ...deps,
    metrics,
    intake,
    statusReader: createEventStatusReader(client),
    isTemporalReachable: createTemporalProbe(client),
  });
}
