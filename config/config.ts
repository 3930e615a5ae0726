/** The checked configuration: what the rest of the code gets instead of environment variables. */
import type { NativeConnectionOptions } from '@temporalio/worker';
import type { GatewayClient } from './gateway-clients.js';
import type { PayloadKeyRing } from './payload-keys.js';
import type { Secret } from './secret.js';
import type { WarehouseUrl } from './warehouse-url.js';

export interface TemporalConfig {
  /** `host:port`; undefined: start a development server. */
  readonly address: string | undefined;
  readonly namespace: string;
  /** For `Connection.connect` and `NativeConnection.connect`: address, API key, TLS and metadata. */
  readonly connection: Secret<NativeConnectionOptions>;
}

export interface GatewayConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Empty where this process runs no gateway. */
  readonly clients: readonly GatewayClient[];
  /** Most events in one workflow, 1..100. */
  readonly groupEvents: number;
  /** Events that may wait at a time. */
  readonly maxWaitingEvents: number;
}

export interface IterableConfig {
  readonly apiKey: Secret;
  /** Scheme, host and port, without a trailing slash. */
  readonly baseUrl: string;
  /** This worker's part of the project's rate limits, more than 0 and at most 1. */
  readonly limitShare: number;
  /** Whether bulk updates of the project can pass over people whom Iterable does not have. */
  readonly bulkUpdateOnly: boolean;
}

export interface MarketoConfig {
  /** Scheme, host and port, without a trailing slash. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** SHA-256 of each token that is valid now; compare with `hashSecret` of the one presented. */
  readonly webhookTokenHashes: readonly Buffer[];
  /** This worker's part of what the project takes of Marketo's limits, more than 0 and at most 1. */
  readonly limitShare: number;
  /** How often unsubscribes are polled, 10..3600. */
  readonly pollSeconds: number;
}

export interface ConsentConfig {
  /** From a write at Iterable to the read that shows whether it holds, ms. */
  readonly settleMs: number;
  /** After what time somebody unknown to Iterable is looked up again: ascending, ms, at least one. */
  readonly lookAgainMs: readonly number[];
  /** Without Marketo: whether opt-ins are followed unchecked. With Marketo they are checked there in any case. */
  readonly uncheckedOptIns: boolean;
}

export interface SnowflakeConfig extends Extract<WarehouseUrl, { kind: 'snowflake' }> {
  readonly user: string;
  readonly privateKeyPath: string;
  /** Scheme, host and port, without a trailing slash. */
  readonly baseUrl: string;
}

export type WarehouseConfig = Extract<WarehouseUrl, { kind: 'duckdb' }> | SnowflakeConfig;

export interface Config {
  readonly temporal: TemporalConfig;
  readonly gateway: GatewayConfig;
  /** Always there where a worker was asked for. */
  readonly iterable: IterableConfig | undefined;
  /** Undefined: the recipe is off. */
  readonly marketo: MarketoConfig | undefined;
  /** Undefined: the recipe is off. */
  readonly warehouse: WarehouseConfig | undefined;
  /** Where the consent log is kept: the warehouse, or without one a DuckDB file in the data folder. */
  readonly consentLog: WarehouseConfig;
  readonly consent: ConsentConfig;
  readonly personHashKey: Secret;
  readonly payloadKeys: PayloadKeyRing;
  readonly deployEnvironment: string;
  readonly dataDir: string;
  readonly logLevel: LogLevel;
  /** Undefined: no metrics. */
  readonly metricsPort: number | undefined;
  readonly codecServerPort: number | undefined;
  readonly temporalCliPath: string | undefined;
  readonly temporalTestServerPath: string | undefined;
  /** What looks wrong but keeps nothing from starting, one sentence each. */
  readonly warnings: readonly string[];
}

/** What `loadConfig` returns where a worker was asked for. */
export interface WorkerConfig extends Config {
  readonly iterable: IterableConfig;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
