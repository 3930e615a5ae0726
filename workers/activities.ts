/** The activities of one worker process, by the queue that serves them, on one client and one limiter per system. */
import type { Client } from '@temporalio/client';
import type { ConsentActivities, ReconcileActivities } from '../activities/consent/contract.js';
import { createReconcileActivities } from '../activities/consent/reconcile.js';
import { createConsentLogWriter } from '../activities/consent/record-consent.js';
import { createRequestOptIns } from '../activities/consent/request-opt-ins.js';
import { createConsentStarter } from '../activities/consent/start-consent.js';
import {
  connectIterable,
  createIterableActivities,
  createIterableConsentActivities,
} from '../activities/iterable/activities.js';
import type { ConsentSettings, IterableConsentActivities } from '../activities/iterable/consent-contract.js';
import type { EventActivities, IterableActivities } from '../activities/iterable/contract.js';
import { createReadStanding } from '../activities/iterable/read-standing.js';
import { createMarketoActivities, type Marketo } from '../activities/marketo/activities.js';
import type { MarketoActivities } from '../activities/marketo/contract.js';
import { createConsentLogActivities } from '../activities/warehouse/consent-log.js';
import { createConsentLogReader } from '../activities/warehouse/consent-seen.js';
import type { ConsentLogActivities } from '../activities/warehouse/contract.js';
import type { Warehouse } from '../activities/warehouse/engine.js';
import type { Config, IterableConfig } from '../config/config.js';
import { createHasher } from '../domain/person-hash.js';
import type { MapEvent } from '../recipes/map-product-event.js';

export interface ProcessActivities {
  readonly iterable: IterableActivities & EventActivities & IterableConsentActivities & ConsentActivities;
  /** Undefined: Marketo is not configured, and nothing is asked of it. */
  readonly marketo: MarketoActivities | undefined;
  /** For the process that has the warehouse. */
  readonly onWarehouse: (warehouse: Warehouse) => ConsentLogActivities & Partial<ReconcileActivities>;
}

export interface ProcessActivityOptions {
  readonly client: Client;
  readonly config: Config;
  readonly iterable: IterableConfig;
  /** Only the demo has another. */
  readonly mapEvent?: MapEvent | undefined;
}

export function createProcessActivities(options: ProcessActivityOptions): ProcessActivities {
  const { client, config, mapEvent } = options;
  const hasher = createHasher(config.personHashKey.reveal());
  const temporal = { client, hasher, environment: config.deployEnvironment };
  const starter = createConsentStarter(temporal);
  const iterable = {
    baseUrl: options.iterable.baseUrl,
    apiKey: options.iterable.apiKey.reveal(),
    limitShare: options.iterable.limitShare,
    hasher,
    ...(mapEvent === undefined ? {} : { mapEvent }),
  };
  const tools = connectIterable(iterable);
  const marketo = marketoOf(config, { hasher, starter, log: createConsentLogWriter(temporal) });
  return {
    iterable: {
      ...createIterableActivities(iterable, tools),
      ...createIterableConsentActivities(tools, consentSettings(config)),
      requestOptIns: createRequestOptIns(starter),
    },
    marketo: marketo?.activities,
    onWarehouse: (warehouse) => ({
      ...createConsentLogActivities(warehouse),
      ...(marketo === undefined
        ? {}
        : createReconcileActivities({
            marketo: marketo.reader,
            readStanding: createReadStanding(tools),
            log: createConsentLogReader(warehouse),
            starter,
            hasher,
            now: Date.now,
          })),
    }),
  };
}

function marketoOf(
  { marketo }: Config,
  shared: Pick<Parameters<typeof createMarketoActivities>[0], 'hasher' | 'starter' | 'log'>,
): Marketo | undefined {
  if (marketo === undefined) return undefined;
  const { baseUrl, clientId, clientSecret, limitShare } = marketo;
  return createMarketoActivities({
    ...shared,
    baseUrl,
    clientId,
    clientSecret: clientSecret.reveal(),
    limitShare,
  });
}

/** Without Marketo nobody can say no to an opt-in: then it counts only where somebody has switched that on. */
function consentSettings({ consent, marketo }: Config): ConsentSettings {
  const { settleMs, lookAgainMs, uncheckedOptIns } = consent;
  const withoutMarketo = uncheckedOptIns ? 'unchecked' : 'off';
  return { settleMs, lookAgainMs, optIns: marketo === undefined ? withoutMarketo : 'checked' };
}
