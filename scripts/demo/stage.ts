/** Everything the demo runs: Temporal with its UI, sandboxes, a sample warehouse, gateway and worker, a decoder for the UI. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { environment } from '../../config/environment.js';
import { loadConfig } from '../../config/load.js';
import { generatePayloadKey } from '../../config/payload-keys.js';
import { createHasher, type Hasher } from '../../domain/person-hash.js';
import { mapProductEvent, type MapEvent } from '../../recipes/map-product-event.js';
import { startSandboxIterable, type SandboxIterable } from '../../sandbox/iterable/index.js';
import { startSandboxMarketo, type SandboxMarketo } from '../../sandbox/marketo/index.js';
import { writeSampleWarehouse } from '../../sandbox/samples/warehouse/index.js';
import { startApp } from '../../workers/app.js';
import { SCHEDULE_PREFIX } from '../../workers/schedules/wanted.js';
import { startCodecServer } from '../../workers/codec/codec-server.js';
import { startDevServer } from '../../workers/dev-server.js';
import { installTelemetry } from '../../workers/telemetry.js';
import { freePort } from '../../workers/temporal/ports.js';
import type { GatewayAccess } from '../recipes/gateway-client.js';
import { SAMPLE } from './sync.js';

export interface Stage {
  readonly client: Client;
  readonly hasher: Hasher;
  readonly iterable: SandboxIterable;
  readonly marketo: SandboxMarketo;
  /** The DuckDB file that the worker has. */
  readonly warehousePath: string;
  readonly settleSeconds: number;
  readonly gateway: GatewayAccess;
  readonly uiUrl: string;
  /** Stands for a deployment with other recipes: from now on events are mapped by these. */
  readonly deploy: (mapEvent: MapEvent) => void;
  /** Whether Marketo's webhook calls get lost from now on. */
  readonly loseWebhooks: (lost: boolean) => void;
  /** Has Marketo polled now instead of in some minutes. */
  readonly poll: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const WEBHOOK_TOKEN = randomBytes(24).toString('base64url');
/** Iterable's stand-in applies changes at once; a real one is given a minute. */
const SETTLE_SECONDS = 2;
/** A few seconds, then an hour. */
const LOOK_AGAIN_HOURS = '0.002,1';
const CLIENT = { clientId: 'product-backend', clientSecret: randomBytes(24).toString('base64url') };

/** @param say hears what is being started */
export async function startStage(say: (line: string) => void): Promise<Stage> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return await build(say, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  say: (line: string) => void,
  closers: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<Stage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'iterable-recipes-demo-'));
  closers.push(() => rm(dataDir, { recursive: true, force: true }));
  const iterable = await startSandboxIterable();
  closers.push(() => iterable.close());
  const marketo = await startSandboxMarketo();
  closers.push(() => marketo.close());
  const warehousePath = join(dataDir, 'warehouse.duckdb');
  await writeSampleWarehouse({ path: warehousePath, ...SAMPLE });
  const config = demoConfig({ iterable, marketo, warehousePath }, dataDir);
  const logger = installTelemetry({ logLevel: 'error', metricsPort: undefined });

  const codec = { port: await freePort(8989), token: randomBytes(24).toString('base64url') };
  say('starting Temporal ...');
  const devServer = await startDevServer(config, logger, {
    codecEndpoint: `http://127.0.0.1:${String(codec.port)}/${codec.token}`,
  });
  closers.push(() => devServer.close());
  const uiUrl = devServer.uiUrl ?? '';
  const uiOrigins = [uiUrl, uiUrl.replace('127.0.0.1', 'localhost')];
  const codecServer = await startCodecServer({ ...codec, uiOrigins, keys: config.payloadKeys });
  closers.push(() => codecServer.close());

  say('starting gateway and worker ...');
  let mapEvent: MapEvent = (event) => mapProductEvent(event);
  const app = await startApp({
    config,
    logger,
    address: devServer.address,
    ownsNamespace: true,
    gateway: true,
    worker: true,
    mapEvent: (event) => mapEvent(event),
  });
  closers.push(() => app.stop());
  const gatewayUrl = app.gatewayUrl ?? '';
  const loseWebhooks = webhooksFrom(marketo, gatewayUrl);
  loseWebhooks(false);
  return {
    client: app.client,
    hasher: createHasher(config.personHashKey.reveal()),
    iterable,
    marketo,
    warehousePath,
    settleSeconds: SETTLE_SECONDS,
    gateway: { url: gatewayUrl, ...CLIENT },
    uiUrl,
    loseWebhooks,
    // Said explicitly: a trigger's own default lets runs overlap, and such a run knows no run before it.
    poll: () =>
      app.client.schedule
        .getHandle(`${SCHEDULE_PREFIX}poll-unsubscribes`)
        .trigger(ScheduleOverlapPolicy.SKIP),
    deploy: (next) => {
      mapEvent = next;
    },
    close,
  };
}

function webhooksFrom(marketo: SandboxMarketo, gatewayUrl: string): Stage['loseWebhooks'] {
  return (lost) => {
    marketo.sendsWebhooksTo({
      url: `${gatewayUrl}/v1/marketo/unsubscribes`,
      token: WEBHOOK_TOKEN,
      encoding: 'json',
      faults: { seed: 1, lossRate: lost ? 1 : 0 },
    });
  };
}

/** What `npm start` would read from the environment; keys are made anew for every demo. */
function demoConfig(
  { iterable, marketo, warehousePath }: Pick<Stage, 'iterable' | 'marketo' | 'warehousePath'>,
  dataDir: string,
): ReturnType<typeof loadConfig> {
  const { PATH, TEMPORAL_CLI_PATH } = environment();
  const env = {
    PATH,
    TEMPORAL_CLI_PATH,
    DATA_DIR: dataDir,
    DEPLOY_ENVIRONMENT: 'demo',
    GATEWAY_PORT: '0',
    GATEWAY_CLIENTS: `${CLIENT.clientId}:${CLIENT.clientSecret}`,
    ITERABLE_API_KEY: iterable.apiKey,
    ITERABLE_BASE_URL: iterable.url,
    MARKETO_BASE_URL: marketo.url,
    MARKETO_CLIENT_ID: marketo.clientId,
    MARKETO_CLIENT_SECRET: marketo.clientSecret,
    MARKETO_WEBHOOK_TOKEN: WEBHOOK_TOKEN,
    WAREHOUSE_URL: `duckdb:${warehousePath}`,
    ITERABLE_BULK_UPDATE_ONLY: 'true',
    CONSENT_SETTLE_SECONDS: String(SETTLE_SECONDS),
    CONSENT_LOOK_AGAIN_HOURS: LOOK_AGAIN_HOURS,
    PERSON_HASH_KEY: randomBytes(32).toString('base64'),
    PAYLOAD_KEYS: generatePayloadKey('demo'),
  };
  return loadConfig(env, { gateway: true, worker: true });
}
