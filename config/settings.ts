/**
 * Every variable that the project reads, once: parsing, `.env.example` and the table in the documentation come from
 * here. Adding a setting is one entry here and the line in `load.ts` that puts it into the configuration.
 */
import type { z } from 'zod';
import { gatewayClients, hashedTokens } from './gateway-clients.js';
import { payloadKeyRing } from './payload-keys.js';
import { baseUrl } from './urls.js';
import {
  kebabWord,
  longSecret,
  oneOf,
  port,
  secret,
  share,
  switchedOn,
  text,
  wholeNumber,
} from './values.js';
import { warehouseUrl } from './warehouse-url.js';

/** Which process cannot start without a setting, or with which other settings it comes. */
export type Need = 'every process' | 'gateway' | 'worker' | 'Marketo recipe' | 'Snowflake' | 'optional';

export interface Setting<T = unknown> {
  readonly variable: string;
  /** Reads the text of the variable. */
  readonly schema: z.ZodType<T>;
  /** One sentence or two, for people who set it. */
  readonly about: string;
  /** A value that is accepted. `<...>` stands for what must not be copied from a file that everybody has. */
  readonly example: string;
  /** What holds when the variable is missing or empty. */
  readonly fallback?: string;
  readonly secret?: true;
  readonly need: Need;
}

/** A setting that always has a value. */
export type SettingWithFallback<T> = Setting<T> & { readonly fallback: string };

const KEY_RECIPE = 'Make one with: openssl rand -base64 32.';

// Read by @temporalio/envconfig, which also reads temporal.toml; listed here so that they are documented and checked.
export const TEMPORAL = {
  address: define({
    variable: 'TEMPORAL_ADDRESS',
    schema: text,
    about: 'Temporal server, host and port. Missing: npm start runs a development server itself.',
    example: 'localhost:7233',
    need: 'optional',
  }),
  namespace: define({
    variable: 'TEMPORAL_NAMESPACE',
    schema: text,
    about: 'Namespace of all workflows.',
    example: 'default',
    fallback: 'default',
    need: 'optional',
  }),
  apiKey: define({
    variable: 'TEMPORAL_API_KEY',
    schema: secret,
    about: 'API key of Temporal Cloud; turns TLS on.',
    example: '<API key>',
    secret: true,
    need: 'optional',
  }),
  tls: define({
    variable: 'TEMPORAL_TLS',
    schema: switchedOn,
    about: 'Whether the connection is encrypted.',
    example: 'true',
    need: 'optional',
  }),
  tlsServerName: define({
    variable: 'TEMPORAL_TLS_SERVER_NAME',
    schema: text,
    about: 'Name to expect in the server certificate, where it is not the host.',
    example: 'temporal.example.com',
    need: 'optional',
  }),
  tlsServerCaPath: define({
    variable: 'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
    schema: text,
    about: 'File with the certificate authority of the server, PEM.',
    example: '/run/secrets/temporal-ca.pem',
    need: 'optional',
  }),
  tlsClientCertPath: define({
    variable: 'TEMPORAL_TLS_CLIENT_CERT_PATH',
    schema: text,
    about: 'File with the client certificate, PEM; needs the key too.',
    example: '/run/secrets/temporal.pem',
    need: 'optional',
  }),
  tlsClientKeyPath: define({
    variable: 'TEMPORAL_TLS_CLIENT_KEY_PATH',
    schema: text,
    about: 'File with the key of the client certificate, PEM.',
    example: '/run/secrets/temporal.key',
    need: 'optional',
  }),
  configFile: define({
    variable: 'TEMPORAL_CONFIG_FILE',
    schema: text,
    about: "Temporal's own configuration file; variables win over it.",
    example: '/etc/temporal/temporal.toml',
    need: 'optional',
  }),
  profile: define({
    variable: 'TEMPORAL_PROFILE',
    schema: text,
    about: 'Profile within that file.',
    example: 'default',
    need: 'optional',
  }),
} as const;

export const SETTINGS = {
  gatewayHost: define({
    variable: 'GATEWAY_HOST',
    schema: text,
    about: 'Address that the gateway listens on.',
    example: '0.0.0.0',
    fallback: '127.0.0.1',
    need: 'optional',
  }),
  gatewayPort: define({
    variable: 'GATEWAY_PORT',
    schema: port,
    about: 'Port that the gateway listens on; 0 takes a free one.',
    example: '8080',
    fallback: '8080',
    need: 'optional',
  }),
  gatewayClients: define({
    variable: 'GATEWAY_CLIENTS',
    schema: gatewayClients,
    about:
      'Who may call the gateway: id:secret pairs, divided by commas. The same id again is a second valid secret, ' +
      'for rotation. A secret may be given as sha256: and its hash in hexadecimal.',
    example: 'product-backend:<secret>',
    secret: true,
    need: 'gateway',
  }),
  gatewayGroupEvents: define({
    variable: 'GATEWAY_GROUP_EVENTS',
    schema: wholeNumber(1, 100),
    about:
      'Most events that one workflow takes when many arrive at once; 1 gives each event its own workflow.',
    example: '100',
    fallback: '100',
    need: 'optional',
  }),
  gatewayMaxWaiting: define({
    variable: 'GATEWAY_MAX_WAITING',
    schema: wholeNumber(1, 1_000_000),
    about: 'Events that may wait for Temporal at a time; past that the gateway answers 503 with Retry-After.',
    example: '10000',
    fallback: '10000',
    need: 'optional',
  }),
  iterableApiKey: define({
    variable: 'ITERABLE_API_KEY',
    schema: secret,
    about: 'Server-side API key of the Iterable project.',
    example: '<API key>',
    secret: true,
    need: 'worker',
  }),
  iterableRegion: define({
    variable: 'ITERABLE_REGION',
    schema: oneOf('us', 'eu'),
    about: 'Data center of the Iterable project: us or eu. Not needed where ITERABLE_BASE_URL is given.',
    example: 'us',
    need: 'worker',
  }),
  iterableBaseUrl: define({
    variable: 'ITERABLE_BASE_URL',
    schema: baseUrl('/api'),
    about: "Overrides the region's host. Plain http only to this machine.",
    example: 'https://api.iterable.com',
    need: 'optional',
  }),
  iterableLimitShare: define({
    variable: 'ITERABLE_LIMIT_SHARE',
    schema: share,
    about: "This worker's part of the project's documented rate limits: 0.5 where two workers run.",
    example: '0.5',
    fallback: '1',
    need: 'optional',
  }),
  marketoBaseUrl: define({
    variable: 'MARKETO_BASE_URL',
    schema: baseUrl('/rest'),
    about: 'Host of the Marketo REST API.',
    example: 'https://123-ABC-456.mktorest.com',
    need: 'Marketo recipe',
  }),
  marketoClientId: define({
    variable: 'MARKETO_CLIENT_ID',
    schema: text,
    about: 'Client id of the API-only user.',
    example: '2f5a7c1e-0b3d-4e6f-8a9b-1c2d3e4f5a6b',
    need: 'Marketo recipe',
  }),
  marketoClientSecret: define({
    variable: 'MARKETO_CLIENT_SECRET',
    schema: secret,
    about: 'Client secret of the API-only user.',
    example: '<secret>',
    secret: true,
    need: 'Marketo recipe',
  }),
  marketoWebhookToken: define({
    variable: 'MARKETO_WEBHOOK_TOKEN',
    schema: hashedTokens,
    about: "What Marketo's webhook sends as X-Webhook-Token; several, divided by commas, for rotation.",
    example: '<token>',
    secret: true,
    need: 'Marketo recipe',
  }),
  warehouseUrl: define({
    variable: 'WAREHOUSE_URL',
    schema: warehouseUrl,
    about:
      'Where the models are: duckdb:<path>, or snowflake://<account>/<database>/<schema>?warehouse=...&role=... ' +
      'Missing: the sync recipe is off.',
    example: 'duckdb:.data/warehouse.duckdb',
    need: 'optional',
  }),
  snowflakeUser: define({
    variable: 'SNOWFLAKE_USER',
    schema: text,
    about: 'Login name of the Snowflake user.',
    example: 'ITERABLE_RECIPES',
    need: 'Snowflake',
  }),
  snowflakePrivateKeyPath: define({
    variable: 'SNOWFLAKE_PRIVATE_KEY_PATH',
    schema: text,
    about: "File with the user's private key, PKCS #8 PEM.",
    example: '/run/secrets/snowflake.p8',
    need: 'Snowflake',
  }),
  snowflakeBaseUrl: define({
    variable: 'SNOWFLAKE_BASE_URL',
    schema: baseUrl('/api'),
    about: "Overrides the account's host.",
    example: 'https://myorg-myaccount.snowflakecomputing.com',
    need: 'optional',
  }),
  personHashKey: define({
    variable: 'PERSON_HASH_KEY',
    schema: longSecret(16),
    about: `Key of the hashes that stand for people in ids. Changing it renames everybody. ${KEY_RECIPE}`,
    example: '<at least 16 characters>',
    secret: true,
    need: 'every process',
  }),
  payloadKeys: define({
    variable: 'PAYLOAD_KEYS',
    schema: payloadKeyRing,
    about:
      'Keys that encrypt what Temporal stores: id:base64 entries of 32 bytes, divided by commas. The first ' +
      `encrypts, all decrypt. The word none stores everything in clear text. ${KEY_RECIPE}`,
    example: 'k1:<32 bytes in base64>, or none to store payloads in clear text',
    secret: true,
    need: 'every process',
  }),
  deployEnvironment: define({
    variable: 'DEPLOY_ENVIRONMENT',
    schema: kebabWord,
    about: 'Name of this installation, by which workflows can be searched.',
    example: 'production',
    fallback: 'development',
    need: 'optional',
  }),
  dataDir: define({
    variable: 'DATA_DIR',
    schema: text,
    about: 'Folder for what has to survive a restart here, such as the database of the development server.',
    example: '.data',
    fallback: '.data',
    need: 'optional',
  }),
  logLevel: define({
    variable: 'LOG_LEVEL',
    schema: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    about: 'Least important log lines that are written: trace, debug, info, warn, error, fatal or silent.',
    example: 'info',
    fallback: 'info',
    need: 'optional',
  }),
  metricsPort: define({
    variable: 'METRICS_PORT',
    schema: port,
    about: 'Port of the Prometheus metrics. Missing: no metrics.',
    example: '9464',
    need: 'optional',
  }),
  codecServerPort: define({
    variable: 'CODEC_SERVER_PORT',
    schema: port,
    about:
      'Port of the server that decodes payloads for the Temporal UI of this machine. Missing: a free one.',
    example: '8081',
    need: 'optional',
  }),
  temporalCliPath: define({
    variable: 'TEMPORAL_CLI_PATH',
    schema: text,
    about: 'The temporal command, which is the development server. Missing: it is looked for.',
    example: '/usr/local/bin/temporal',
    need: 'optional',
  }),
  temporalTestServerPath: define({
    variable: 'TEMPORAL_TEST_SERVER_PATH',
    schema: text,
    about: 'The time-skipping server of the tests. Missing: it is looked for.',
    example: '/usr/local/bin/temporal-test-server',
    need: 'optional',
  }),
} as const;

/** All settings in the order in which people read about them. */
export const ALL_SETTINGS: readonly Setting[] = [...Object.values(TEMPORAL), ...Object.values(SETTINGS)];

function define<T, S extends Setting<T>>(setting: S & Setting<T>): S {
  return setting;
}
