/**
 * Gateway and workers on one Temporal, in one process: what `npm start`, the demo and the benchmark run.
 * Started in the order in which one part needs the other, stopped in the opposite one.
 */
import { isGrpcServiceError, ServiceError, type Client, type Connection } from '@temporalio/client';
import { NativeConnection, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import { createHasher } from '../domain/person-hash.js';
import { buildTemporalGateway } from '../gateway/on-temporal.js';
import type { MapEvent } from '../recipes/map-product-event.js';
import { searchAttributes } from '../workflows/shared/search-attributes.js';
import { createProcessActivities } from './activities.js';
import { createDataConverter } from './codec/data-converter.js';
import { connectClient } from './connect.js';
import { applySchedules } from './schedules/apply.js';
import { wantedSchedules } from './schedules/wanted.js';
import { prepareNamespace } from './temporal/namespace.js';
import { serveWarehouseOf } from './warehouse-queue.js';
import { sharedQueues, startWorkers, warehouseQueues } from './workers.js';
import { workflowBundle } from './workflow-bundle.js';

export interface AppOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** `host:port` of Temporal. */
  readonly address: string;
  /** Whether the namespace is ours to set up: that of a development server. */
  readonly ownsNamespace: boolean;
  readonly gateway: boolean;
  readonly worker: boolean;
  /** Only the demo has another: it shows what a release does after a change of the recipes. */
  readonly mapEvent?: MapEvent;
}

export interface App {
  readonly client: Client;
  /** `http://host:port`; undefined without gateway. */
  readonly gatewayUrl: string | undefined;
  /** Rejects when a worker stops on its own; never resolves. */
  readonly failed: Promise<never>;
  /** Answers what has been taken, finishes the batches in hand, and closes the connections. */
  readonly stop: () => Promise<void>;
}

/** How long closed workflows of a development server are kept; also how far back a duplicate id is recognised. */
export const RETENTION_DAYS = 30;

/** A part of the app that runs. */
interface Part {
  readonly stop: () => Promise<void>;
  readonly failed?: Promise<never>;
}

/** @throws when Temporal does not answer, the port is taken, or the configuration lacks what a part needs */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, address } = options;
  const { client, connection, close } = await connectClient(config, address);
  const parts: Part[] = [{ stop: close }];
  const stop = async (): Promise<void> => {
    for (const part of parts.splice(0).reverse()) await part.stop();
  };
  try {
    await setUpNamespace(connection, options);
    if (options.worker) {
      parts.push(await startWorkerPart(client, options));
      await setUpSchedules(client, options);
    }
    const gateway = options.gateway ? await startGatewayPart(client, options) : undefined;
    if (gateway !== undefined) parts.push(gateway);
    const failed = Promise.race(parts.flatMap((part) => part.failed ?? []));
    return { client, gatewayUrl: gateway?.url, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function setUpNamespace(
  connection: Connection,
  { config, logger, ownsNamespace }: AppOptions,
): Promise<void> {
  const { namespace } = config.temporal;
  const state = await prepareNamespace(connection, namespace, {
    searchAttributes: Object.values(searchAttributes),
    retentionDays: ownsNamespace ? RETENTION_DAYS : undefined,
  });
  for (const command of state.commands)
    logger.warn({ command }, 'search attributes are missing; run the command');
  for (const name of state.wrongType) {
    logger.warn({ name }, 'a search attribute has another type; remove it and start again');
  }
}

/** Whoever may not write schedules says so and works all the same: `recipes schedules apply` can be run by who may. */
async function setUpSchedules({ schedule }: Client, { config, logger }: AppOptions): Promise<void> {
  try {
    for (const { scheduleId, action } of await applySchedules(schedule, wantedSchedules(config)))
      if (action !== 'unchanged') logger.info({ scheduleId, action }, 'schedule');
  } catch (error) {
    if (!isGrpcServiceError(error) && !(error instanceof ServiceError)) throw error;
    logger.warn(
      { code: error.name },
      'the schedules are not as these settings want them; see: recipes schedules list',
    );
  }
}

async function startWorkerPart(client: Client, options: AppOptions): Promise<Part> {
  const { config, address, logger, mapEvent } = options;
  if (config.iterable === undefined) throw new Error('a worker needs ITERABLE_API_KEY');
  const activities = createProcessActivities({ client, config, iterable: config.iterable, mapEvent });
  const [connection, bundle] = await Promise.all([
    NativeConnection.connect({ ...config.temporal.connection.reveal(), address }),
    workflowBundle(),
  ]);
  const deps = {
    connection,
    namespace: config.temporal.namespace,
    dataConverter: createDataConverter(config.payloadKeys),
  };
  const workers = [
    await startWorkers(deps, sharedQueues(activities, bundle)),
    await serveWarehouseOf(config.consentLog, {
      logger,
      start: (warehouse) => startWorkers(deps, warehouseQueues(activities.onWarehouse(warehouse))),
    }),
  ];
  return {
    stop: async () => {
      await Promise.all(workers.map((each) => each.stop()));
      await connection.close();
    },
    failed: neverEnding(Promise.all(workers.map(({ done }) => done))),
  };
}

async function startGatewayPart(
  client: Client,
  options: AppOptions,
): Promise<Part & { readonly url: string }> {
  const { config, logger } = options;
  const secret = config.personHashKey.reveal();
  const gateway = buildTemporalGateway({
    client,
    logger,
    clients: config.gateway.clients,
    tokenSecret: secret,
    hasher: createHasher(secret),
    meter: Runtime.instance().metricMeter,
    environment: config.deployEnvironment,
    webhookTokenHashes: config.marketo?.webhookTokenHashes,
    intakeLimits: {
      groupEvents: config.gateway.groupEvents,
      maxWaitingEvents: config.gateway.maxWaitingEvents,
    },
  });
  const url = await gateway.listen({ host: config.gateway.host, port: config.gateway.port });
  return { url, stop: () => gateway.close() };
}

/** Workers end only when they are stopped, which nobody then waits for here, or by failing. */
async function neverEnding(done: Promise<unknown>): Promise<never> {
  await done;
  return new Promise<never>(() => undefined);
}
