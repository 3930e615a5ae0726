/** The whole way of an opt-out in one process: gateway and workers as they are released, between two sandboxes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noopMetricMeter } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { loadConfig } from '../../config/load.js';
import { createHasher, type Hasher } from '../../domain/person-hash.js';
import { buildTemporalGateway } from '../../gateway/on-temporal.js';
import {
  DEFAULT_SETTINGS,
  startSandboxIterable,
  type MessageType,
  type SandboxIterable,
} from '../../sandbox/iterable/index.js';
import { startSandboxMarketo, type SandboxMarketo, type WebhookTarget } from '../../sandbox/marketo/index.js';
import { createProcessActivities } from '../../workers/activities.js';
import { serveWarehouseOf } from '../../workers/warehouse-queue.js';
import { sharedQueues, startWorkers, warehouseQueues } from '../../workers/workers.js';
import { testConverter } from './converter.js';
import { PERSON_HASH_KEY } from './stage.js';
import { localEnv, workflowBundlePath } from './temporal.js';

export const WEBHOOK_TOKEN = 'a webhook token for tests only';
/** The shortest that can be set. */
export const SETTLE_SECONDS = 1;
/** Of GitLab Marketing. */
export const MARKETING = 101;
/** A type of somebody else's, in the same array as ours. */
export const OTHER_TYPE: MessageType = {
  ...{ id: 104, name: 'Product Updates', channelId: 11, subscriptionPolicy: 'OptIn' },
  ...{ createdAt: 0, updatedAt: 0 },
};

export interface ConsentApp {
  readonly env: TestWorkflowEnvironment;
  readonly iterable: SandboxIterable;
  readonly marketo: SandboxMarketo;
  readonly hasher: Hasher;
  /** Of the gateway's route, as an administrator of Marketo would have it. */
  readonly webhook: Pick<WebhookTarget, 'url' | 'token'>;
  readonly close: () => Promise<void>;
}

export async function startConsentApp(): Promise<ConsentApp> {
  const [env, iterable, marketo, dataDir] = await Promise.all([
    localEnv(),
    startSandboxIterable({ messageTypes: [...DEFAULT_SETTINGS.messageTypes, OTHER_TYPE] }),
    startSandboxMarketo({ exportStepMs: 0 }),
    mkdtemp(join(tmpdir(), 'iterable-recipes-test-')),
  ]);
  const config = loadConfig(settingsOf(iterable, marketo, dataDir), { gateway: true, worker: true });
  const { client } = env;
  const logger = pino({ level: 'silent' });
  const activities = createProcessActivities({ client, config, iterable: config.iterable });
  const deps = { connection: env.nativeConnection, namespace: 'default', dataConverter: testConverter };
  const workers = await Promise.all([
    startWorkers(deps, sharedQueues(activities, { codePath: workflowBundlePath() })),
    serveWarehouseOf(config.consentLog, {
      logger,
      start: (warehouse) => startWorkers(deps, warehouseQueues(activities.onWarehouse(warehouse))),
    }),
  ]);
  const hasher = createHasher(PERSON_HASH_KEY);
  const gateway = buildTemporalGateway({
    client,
    logger,
    hasher,
    environment: config.deployEnvironment,
    clients: config.gateway.clients,
    tokenSecret: PERSON_HASH_KEY,
    meter: noopMetricMeter,
    webhookTokenHashes: config.marketo?.webhookTokenHashes,
  });
  const gatewayUrl = await gateway.listen({ host: '127.0.0.1', port: 0 });
  return {
    ...{ env, iterable, marketo, hasher },
    webhook: { url: `${gatewayUrl}/v1/marketo/unsubscribes`, token: WEBHOOK_TOKEN },
    close: async () => {
      await gateway.close();
      await Promise.all(workers.map((each) => each.stop()));
      await env.teardown();
      await Promise.all([iterable.close(), marketo.close()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Settings of Marketo and of consent, for processes of a test. */
export const consentSettings = (
  marketo: Pick<SandboxMarketo, 'url' | 'clientId' | 'clientSecret'>,
): Readonly<Record<string, string>> => ({
  MARKETO_BASE_URL: marketo.url,
  MARKETO_CLIENT_ID: marketo.clientId,
  MARKETO_CLIENT_SECRET: marketo.clientSecret,
  MARKETO_WEBHOOK_TOKEN: WEBHOOK_TOKEN,
  CONSENT_SETTLE_SECONDS: String(SETTLE_SECONDS),
});

const settingsOf = (
  iterable: SandboxIterable,
  marketo: SandboxMarketo,
  dataDir: string,
): Readonly<Record<string, string>> => ({
  ...consentSettings(marketo),
  DATA_DIR: dataDir,
  DEPLOY_ENVIRONMENT: 'test',
  GATEWAY_CLIENTS: 'product-backend:a secret for tests only',
  ITERABLE_API_KEY: iterable.apiKey,
  ITERABLE_BASE_URL: iterable.url,
  PERSON_HASH_KEY,
  PAYLOAD_KEYS: 'none', // the converter is the test's
});
