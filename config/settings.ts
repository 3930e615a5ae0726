/**
 * Every variable that the project reads, once: parsing, `.env.example` and the table in the documentation come from
 * here. Adding a setting is one entry here and the line in `load.ts` that puts it into the configuration.
 */
import { gatewayClients, hashedTokens } from './gateway-clients.js';
import { payloadKeyRing } from './payload-keys.js';
import { define, type Setting } from './setting.js';
import { TEMPORAL } from './temporal-settings.js';
import { baseUrl } from './urls.js';
import {
  ascendingHours,
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

const KEY_RECIPE = 'Make one with: openssl rand -base64 32.';

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
  iterableBulkUpdateOnly: define({
    variable: 'ITERABLE_BULK_UPDATE_ONLY',
    schema: switchedOn,
    about:
      'Whether Iterable has switched on for the project that bulk updates can pass over people whom it does not have ' +
      '(`updateOnly`). Without it each person is looked up once, at most 100 a second.',
    example: 'true',
    fallback: 'false',
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
  marketoLimitShare: define({
    variable: 'MARKETO_LIMIT_SHARE',
    schema: share,
    about:
      "This worker's part of what the project may take of Marketo's limits, which is half of them: 0.5 where two " +
      'workers run.',
    example: '0.5',
    fallback: '1',
    need: 'optional',
  }),
  marketoPollSeconds: define({
    variable: 'MARKETO_POLL_SECONDS',
    schema: wholeNumber(10, 3_600),
    about: 'How often Marketo is asked for unsubscribes whose webhook never came.',
    example: '300',
    fallback: '300',
    need: 'optional',
  }),
  consentSettleSeconds: define({
    variable: 'CONSENT_SETTLE_SECONDS',
    schema: wholeNumber(1, 3_600),
    about:
      'How long after a change Iterable is read again, to see that it holds: a subscription, or a row of a sync that is in doubt.',
    example: '60',
    fallback: '60',
    need: 'optional',
  }),
  consentLookAgainHours: define({
    variable: 'CONSENT_LOOK_AGAIN_HOURS',
    schema: ascendingHours,
    about:
      'When somebody who unsubscribed and is unknown to Iterable is looked up again: hours after the first look, ' +
      'ascending, divided by commas.',
    example: '0.5,24,168',
    fallback: '1,24,168',
    need: 'optional',
  }),
  consentUncheckedOptIns: define({
    variable: 'CONSENT_UNCHECKED_OPT_INS',
    schema: switchedOn,
    about:
      'Whether opt-ins of product events are followed without asking Marketo first, where Marketo is not configured. ' +
      'Where it is, it is always asked.',
    example: 'true',
    fallback: 'false',
    need: 'optional',
  }),
  warehouseUrl: define({
    variable: 'WAREHOUSE_URL',
    schema: warehouseUrl,
    about:
      'Where the models are: duckdb:<path>, or snowflake://<account>/<database>/<schema>?warehouse=...&role=... ' +
      'Missing: the sync recipe is off, and the consent log is kept in warehouse.duckdb in DATA_DIR.',
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
