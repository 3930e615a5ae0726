/** From environment variables to the configuration, or to one error that names everything that is wrong. */
import { join } from 'node:path';
import type {
  Config,
  ConsentConfig,
  GatewayConfig,
  IterableConfig,
  MarketoConfig,
  SnowflakeConfig,
  WarehouseConfig,
  WorkerConfig,
} from './config.js';
import { ConfigError } from './config-error.js';
import { createReader, type Reader } from './reader.js';
import type { Setting } from './setting.js';
import { ALL_SETTINGS, SETTINGS } from './settings.js';
import { temporalConfig } from './temporal.js';
import { typoWarnings } from './typos.js';

/** What this process is about to run; decides which settings it cannot do without. */
export interface Needs {
  readonly gateway: boolean;
  readonly worker: boolean;
}

/** The database of an installation without WAREHOUSE_URL, in its data folder. */
const CONSENT_LOG_FILE = 'warehouse.duckdb';

/** @see https://api.iterable.com/api/docs, "data centers" */
export const ITERABLE_HOSTS = { us: 'https://api.iterable.com', eu: 'https://api.eu.iterable.com' } as const;

/**
 * Reads and checks all settings.
 * @param env an empty variable counts as missing; unknown ones are left alone, misspelt ones are warned of
 * @returns a frozen value; nothing in it prints a secret
 * @throws ConfigError with every problem, none of which repeats a secret
 */
export function loadConfig(env: NodeJS.ProcessEnv, needs: Needs & { readonly worker: true }): WorkerConfig;
export function loadConfig(env: NodeJS.ProcessEnv, needs: Needs): Config;
export function loadConfig(env: NodeJS.ProcessEnv, needs: Needs): Config {
  const reader = createReader(env);
  const temporal = temporalConfig(env, reader);
  const gateway = gatewayConfig(reader, needs.gateway);
  const iterable = iterableConfig(reader, needs.worker);
  const marketo = marketoConfig(reader);
  const warehouse = warehouseConfig(reader);
  const consent = consentConfig(reader);
  const dataDir = reader.withFallback(SETTINGS.dataDir);
  const consentLog: WarehouseConfig = warehouse ?? { kind: 'duckdb', path: join(dataDir, CONSENT_LOG_FILE) };
  const systems = { temporal, gateway, iterable, marketo, warehouse, consentLog, consent };
  const personHashKey = reader.required(SETTINGS.personHashKey);
  const payloadKeys = reader.required(SETTINGS.payloadKeys);
  const rest = {
    deployEnvironment: reader.withFallback(SETTINGS.deployEnvironment),
    dataDir,
    logLevel: reader.withFallback(SETTINGS.logLevel),
    metricsPort: reader.optional(SETTINGS.metricsPort),
    codecServerPort: reader.optional(SETTINGS.codecServerPort),
    temporalCliPath: reader.optional(SETTINGS.temporalCliPath),
    temporalTestServerPath: reader.optional(SETTINGS.temporalTestServerPath),
    warnings: typoWarnings(
      Object.keys(env),
      ALL_SETTINGS.map(({ variable }) => variable),
    ),
  };
  if (reader.problems.length > 0 || personHashKey === undefined || payloadKeys === undefined) {
    throw new ConfigError(reader.problems);
  }
  return frozen({ ...systems, personHashKey, payloadKeys, ...rest });
}

function gatewayConfig(reader: Reader, needed: boolean): GatewayConfig {
  const clients = needed
    ? reader.required(SETTINGS.gatewayClients)
    : reader.optional(SETTINGS.gatewayClients);
  return {
    host: reader.withFallback(SETTINGS.gatewayHost),
    port: reader.withFallback(SETTINGS.gatewayPort),
    clients: clients ?? [],
    groupEvents: reader.withFallback(SETTINGS.gatewayGroupEvents),
    maxWaitingEvents: reader.withFallback(SETTINGS.gatewayMaxWaiting),
  };
}

function iterableConfig(reader: Reader, needed: boolean): IterableConfig | undefined {
  const apiKey = needed ? reader.required(SETTINGS.iterableApiKey) : reader.optional(SETTINGS.iterableApiKey);
  const region =
    needed && !reader.isSet(SETTINGS.iterableBaseUrl)
      ? reader.required(SETTINGS.iterableRegion)
      : reader.optional(SETTINGS.iterableRegion);
  const override = reader.optional(SETTINGS.iterableBaseUrl);
  const limitShare = reader.withFallback(SETTINGS.iterableLimitShare);
  const bulkUpdateOnly = reader.withFallback(SETTINGS.iterableBulkUpdateOnly);
  const baseUrl = override ?? (region && ITERABLE_HOSTS[region]);
  return apiKey && baseUrl ? { apiKey, baseUrl, limitShare, bulkUpdateOnly } : undefined;
}

const MARKETO = [
  SETTINGS.marketoBaseUrl,
  SETTINGS.marketoClientId,
  SETTINGS.marketoClientSecret,
  SETTINGS.marketoWebhookToken,
] as const;

function marketoConfig(reader: Reader): MarketoConfig | undefined {
  const limitShare = reader.withFallback(SETTINGS.marketoLimitShare);
  const pollSeconds = reader.withFallback(SETTINGS.marketoPollSeconds);
  if (!MARKETO.some(reader.isSet)) return undefined;
  const why = 'the four MARKETO_ settings go together';
  const baseUrl = reader.required(SETTINGS.marketoBaseUrl, why);
  const clientId = reader.required(SETTINGS.marketoClientId, why);
  const clientSecret = reader.required(SETTINGS.marketoClientSecret, why);
  const webhookTokenHashes = reader.required(SETTINGS.marketoWebhookToken, why);
  return baseUrl && clientId && clientSecret && webhookTokenHashes
    ? { baseUrl, clientId, clientSecret, webhookTokenHashes, limitShare, pollSeconds }
    : undefined;
}

function consentConfig(reader: Reader): ConsentConfig {
  return {
    settleMs: reader.withFallback(SETTINGS.consentSettleSeconds) * 1_000,
    lookAgainMs: reader.withFallback(SETTINGS.consentLookAgainHours),
    uncheckedOptIns: reader.withFallback(SETTINGS.consentUncheckedOptIns),
  };
}

function warehouseConfig(reader: Reader): WarehouseConfig | undefined {
  const url = reader.optional(SETTINGS.warehouseUrl);
  return url?.kind === 'snowflake' ? snowflakeConfig(reader, url) : url;
}

function snowflakeConfig(
  reader: Reader,
  url: Pick<SnowflakeConfig, 'kind' | 'account' | 'database' | 'schema' | 'warehouse' | 'role'>,
): SnowflakeConfig | undefined {
  const why = 'WAREHOUSE_URL names Snowflake';
  const user = reader.required(SETTINGS.snowflakeUser, why);
  const privateKeyPath = reader.required(SETTINGS.snowflakePrivateKeyPath, why);
  // Host names have no underscores; Snowflake answers to hyphens in their place.
  // @see https://docs.snowflake.com/en/user-guide/admin-account-identifier
  const host = url.account.toLowerCase().replaceAll('_', '-');
  const baseUrl = reader.optional(SETTINGS.snowflakeBaseUrl) ?? `https://${host}.snowflakecomputing.com`;
  return user && privateKeyPath ? { ...url, user, privateKeyPath, baseUrl } : undefined;
}

/** A recipe that stays off because its system is not configured, for the notice at the start. */
export interface SystemOff {
  readonly recipe: string;
  /** Variables that would turn it on. */
  readonly missing: readonly string[];
}

export function systemsOff(config: Config): SystemOff[] {
  const named = (settings: readonly Setting[]): string[] => settings.map(({ variable }) => variable);
  return [
    ...(config.marketo === undefined ? [{ recipe: 'marketo-unsubscribes', missing: named(MARKETO) }] : []),
    ...(config.warehouse === undefined
      ? [{ recipe: 'warehouse-sync', missing: named([SETTINGS.warehouseUrl]) }]
      : []),
  ];
}

/** Freezes plain objects and lists all the way down. Bytes cannot be frozen; classes here hide theirs. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
