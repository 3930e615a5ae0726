/** The activities of one worker process, by the queue that serves them, on one client and one limiter per system. */
import type { Client } from '@temporalio/client';
import type { ConsentActivities, ReconcileActivities } from '../activities/consent/contract.js';
import { createConsentInFlight } from '../activities/consent/in-flight.js';
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
import type { Tools } from '../activities/iterable/attempt.js';
import { createReadStanding } from '../activities/iterable/read-standing.js';
import { createSyncLoadActivities } from '../activities/iterable/sync/activities.js';
import { createFieldTypes } from '../activities/iterable/sync/field-types.js';
import { createMarketoActivities, type Marketo } from '../activities/marketo/activities.js';
import type { MarketoActivities } from '../activities/marketo/contract.js';
import { createConsentLogActivities } from '../activities/warehouse/consent-log.js';
import { createConsentLogReader } from '../activities/warehouse/consent-seen.js';
import type { ConsentLogActivities } from '../activities/warehouse/contract.js';
import type { Warehouse } from '../activities/warehouse/engine.js';
import type {
  SyncLoadActivities,
  SyncQuestionActivities,
  SyncWarehouseActivities,
} from '../activities/warehouse/sync-contract.js';
import {
  createSyncWarehouseActivities,
  type SyncWarehouse,
} from '../activities/warehouse/sync/activities.js';
import type { Config, IterableConfig } from '../config/config.js';
import type { Hasher } from '../domain/hasher.js';
import { createHasher } from '../domain/person-hash.js';
import type { MapEvent } from '../recipes/map-product-event.js';
import { modelNamed } from '../recipes/models/index.js';

export interface ProcessActivities {
  readonly iterable: IterableActivities & EventActivities & IterableConsentActivities & ConsentActivities;
  /** Undefined: Marketo is not configured, and nothing is asked of it. */
  readonly marketo: MarketoActivities | undefined;
  /** For the process that has the warehouse. */
  readonly onWarehouse: (warehouse: Warehouse) => ActivitiesOnWarehouse;
}

export interface ActivitiesOnWarehouse {
  readonly warehouse: ConsentLogActivities &
    Partial<ReconcileActivities & SyncWarehouseActivities & SyncQuestionActivities>;
  /** What sends rows. Undefined: no warehouse is configured, there is only the file of the consent log. */
  readonly load: SyncLoadActivities | undefined;
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
    onWarehouse: (warehouse) => {
      const sync =
        config.warehouse === undefined
          ? undefined
          : syncOf(warehouse, { ...options, tools, hasher, readableAfterMs: config.consent.settleMs });
      const reconcile =
        marketo === undefined
          ? {}
          : createReconcileActivities({
              marketo: marketo.reader,
              readStanding: createReadStanding(tools),
              log: createConsentLogReader(warehouse),
              starter,
              hasher,
              now: Date.now,
            });
      return {
        warehouse: { ...createConsentLogActivities(warehouse), ...reconcile, ...sync?.warehouse },
        load: sync?.load,
      };
    },
  };
}

interface SyncOptions extends Pick<ProcessActivityOptions, 'client' | 'iterable'> {
  readonly tools: Tools;
  readonly hasher: Hasher;
  readonly readableAfterMs: number;
}

function syncOf(
  warehouse: Warehouse,
  { client, iterable, tools, hasher, readableAfterMs }: SyncOptions,
): { readonly warehouse: SyncWarehouse['activities']; readonly load: SyncLoadActivities } {
  const { activities, store } = createSyncWarehouseActivities(warehouse, {
    hasher,
    iterableFieldTypes: createFieldTypes(tools),
    now: Date.now,
  });
  const load = createSyncLoadActivities({
    tools,
    store,
    modelOf: modelNamed,
    hasher,
    consentInFlight: createConsentInFlight(client.workflow),
    updateOnlyFlag: iterable.bulkUpdateOnly,
    readableAfterMs,
  });
  return { warehouse: activities, load };
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
