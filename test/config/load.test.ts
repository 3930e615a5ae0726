import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { ConfigError } from '../../config/config-error.js';
import { loadConfig, systemsOff } from '../../config/load.js';

const KEY = randomBytes(32).toString('base64');
const BOTH = { gateway: true, worker: true } as const;
const NEITHER = { gateway: false, worker: false } as const;

/** The least that `npm start` needs. */
const COMPLETE = {
  GATEWAY_CLIENTS: 'backend:correct-horse',
  ITERABLE_API_KEY: 'iterable-key-canary',
  ITERABLE_REGION: 'us',
  PERSON_HASH_KEY: 'a-key-of-sixteen-or-more',
  PAYLOAD_KEYS: `k1:${KEY}`,
};

function problemsOf(
  env: NodeJS.ProcessEnv,
  needs: { gateway: boolean; worker: boolean } = BOTH,
): ConfigError {
  try {
    loadConfig(env, needs);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('this environment was accepted');
}

const reasonsFor = (variable: string, env: NodeJS.ProcessEnv): string[] =>
  problemsOf(env)
    .problems.filter((problem) => problem.variable === variable)
    .map(({ reason }) => reason);

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

describe('a complete environment', () => {
  it('becomes one value with all defaults', () => {
    const config = loadConfig(COMPLETE, BOTH);
    expect(config.temporal).toMatchObject({ address: undefined, namespace: 'default' });
    expect(config.gateway).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      groupEvents: 100,
      maxWaitingEvents: 10_000,
    });
    expect(config.iterable.baseUrl).toBe('https://api.iterable.com');
    expect(config.iterable.limitShare).toBe(1);
    expect(config.iterable.apiKey.reveal()).toBe('iterable-key-canary');
    expect(config).toMatchObject({ deployEnvironment: 'development', dataDir: '.data', logLevel: 'info' });
    expect(config.consent).toEqual({
      settleMs: 60_000,
      lookAgainMs: [3_600_000, 86_400_000, 604_800_000],
      uncheckedOptIns: false,
    });
    expect(config.metricsPort).toBeUndefined();
    expect(config.warnings).toEqual([]);
  });

  it('is frozen all the way down', () => {
    const config = loadConfig(COMPLETE, BOTH);
    expect(() => Object.assign(config.gateway, { port: 1 })).toThrow(TypeError);
    expect(() => Object.assign(config.gateway.clients, { 0: undefined })).toThrow(TypeError);
    expect(() => Object.assign(config, { payloadKeys: 'none' })).toThrow(TypeError);
  });

  it('prints no secret, however it is printed', () => {
    const env = {
      ...COMPLETE,
      TEMPORAL_API_KEY: 'temporal-canary',
      PERSON_HASH_KEY: 'person-hash-canary',
      MARKETO_BASE_URL: 'https://123-ABC-456.mktorest.com/rest/',
      MARKETO_CLIENT_ID: 'id',
      MARKETO_CLIENT_SECRET: 'marketo-canary',
      MARKETO_WEBHOOK_TOKEN: 'webhook-canary',
    };
    const config = loadConfig(env, BOTH);
    const printed = [
      inspect(config, { depth: 10, showHidden: true }),
      JSON.stringify(config),
      String(config.personHashKey),
      String(config.iterable.apiKey),
    ].join('\n');
    expect(printed).not.toMatch(/canary|correct-horse/);
    expect(printed).not.toContain(KEY);
    expect(printed).not.toContain(Buffer.from(KEY, 'base64').toString('hex').slice(0, 16));
    expect(printed).toContain('***');
  });

  it('takes an empty variable for a missing one', () => {
    const config = loadConfig(
      { ...COMPLETE, GATEWAY_PORT: '', METRICS_PORT: ' ', TEMPORAL_ADDRESS: '' },
      BOTH,
    );
    expect(config.gateway.port).toBe(8080);
    expect(config.metricsPort).toBeUndefined();
    expect(config.temporal.address).toBeUndefined();
  });

  it('warns of names that look misspelt, and of no others', () => {
    const strangers = {
      PATH: '/bin',
      TEMPORAL_GRPC_META_X: '1',
      GATEWAY_SERVICE_HOST: '10.0.0.1',
      LOG_FORMAT: 'x',
    };
    const { warnings } = loadConfig(
      { ...COMPLETE, ...strangers, ITERABLE_REGIN: 'eu', PAYLOAD_KEY: 'none' },
      BOTH,
    );
    expect(warnings).toEqual([
      'ITERABLE_REGIN is no setting and does nothing; did you mean ITERABLE_REGION?',
      'PAYLOAD_KEY is no setting and does nothing; did you mean PAYLOAD_KEYS?',
    ]);
  });
});

describe('an environment with faults', () => {
  it('names all of them at once, each with the reason and an example', () => {
    const { GATEWAY_CLIENTS: _, ...rest } = COMPLETE;
    const error = problemsOf({ ...rest, ITERABLE_REGION: 'europe', GATEWAY_PORT: '70000' });
    expect(error.message.split('\n')).toEqual([
      '3 settings need attention:',
      '  GATEWAY_CLIENTS  missing; example product-backend:<secret>',
      '  GATEWAY_PORT     "70000" is not a whole number from 0 to 65535; example 8080',
      '  ITERABLE_REGION  "europe" is not one of: us, eu',
    ]);
  });

  it('names everything that npm start needs when nothing is set', () => {
    const needed = [
      'GATEWAY_CLIENTS',
      'ITERABLE_API_KEY',
      'ITERABLE_REGION',
      'PERSON_HASH_KEY',
      'PAYLOAD_KEYS',
    ];
    expect(problemsOf({}).problems.map(({ variable }) => variable)).toEqual(needed);
    expect(problemsOf({}).message).toContain('none to store payloads in clear text');
  });

  it('asks a process only for what it needs', () => {
    const { PERSON_HASH_KEY, PAYLOAD_KEYS, GATEWAY_CLIENTS, ITERABLE_API_KEY, ITERABLE_REGION } = COMPLETE;
    const common = { PERSON_HASH_KEY, PAYLOAD_KEYS };
    expect(loadConfig(common, NEITHER).iterable).toBeUndefined();
    expect(
      loadConfig({ ...common, GATEWAY_CLIENTS }, { gateway: true, worker: false }).gateway.clients,
    ).toHaveLength(1);
    const worker = { ...common, ITERABLE_API_KEY, ITERABLE_REGION };
    expect(loadConfig(worker, { gateway: false, worker: true }).gateway.clients).toEqual([]);
  });

  it.each([
    ['GATEWAY_PORT', '80.5', '"80.5" is not a whole number from 0 to 65535'],
    ['GATEWAY_PORT', 'tcp://10.0.0.1:80', 'the value is not a whole number from 0 to 65535'],
    ['GATEWAY_GROUP_EVENTS', '101', '"101" is not a whole number from 1 to 100'],
    ['ITERABLE_LIMIT_SHARE', '0', 'a share is more than 0'],
    ['ITERABLE_LIMIT_SHARE', '1.5', 'a share is at most 1, which is all of it'],
    ['ITERABLE_LIMIT_SHARE', 'half', '"half" is not a number'],
    ['ITERABLE_REGION', 'US', '"US" is not one of: us, eu'],
    ['PERSON_HASH_KEY', 'short', 'shorter than 16 characters, so that it can be guessed'],
    [
      'DEPLOY_ENVIRONMENT',
      'Prod_1',
      '"Prod_1" is not a word of lower-case letters, digits and single hyphens',
    ],
    ['MARKETO_POLL_SECONDS', '5', '"5" is not a whole number from 10 to 3600'],
    ['CONSENT_SETTLE_SECONDS', '0', '"0" is not a whole number from 1 to 3600'],
    ['CONSENT_LOOK_AGAIN_HOURS', '1,one', '"one" is not a number of hours above 0 and up to 720'],
    ['CONSENT_LOOK_AGAIN_HOURS', '1,24,24', 'not in ascending order'],
    ['CONSENT_LOOK_AGAIN_HOURS', '0,1', '"0" is not a number of hours above 0 and up to 720'],
    ['CONSENT_LOOK_AGAIN_HOURS', ',', 'names no hour'],
    ['CONSENT_UNCHECKED_OPT_INS', 'yes', '"yes" is not one of: true, false, 1, 0'],
    ['LOG_LEVEL', 'loud', '"loud" is not one of: trace, debug, info, warn, error, fatal, silent'],
    ['TEMPORAL_TLS', 'True', '"True" is not one of: true, false, 1, 0'],
    ['TEMPORAL_ADDRESS', 'https://x.example/y', 'not of the form host:port'],
    ['ITERABLE_BASE_URL', 'http://api.example.com', 'not https; plain http is for this machine only'],
    ['ITERABLE_BASE_URL', 'api.iterable.com', 'not a URL'],
    ['ITERABLE_BASE_URL', 'ftp://127.0.0.1', 'not an https URL'],
    ['ITERABLE_BASE_URL', 'https://api.example.com/v2?x=1', 'has more than scheme, host and port'],
    ['ITERABLE_BASE_URL', 'https://u:p@api.example.com', 'credentials do not belong into a URL'],
    [
      'WAREHOUSE_URL',
      'postgres://x/y/z',
      'neither duckdb:<path> nor snowflake://<account>/<database>/<schema>',
    ],
    ['WAREHOUSE_URL', 'duckdb:', 'names no file after duckdb:'],
    [
      'WAREHOUSE_URL',
      'snowflake://acc/db',
      'neither duckdb:<path> nor snowflake://<account>/<database>/<schema>',
    ],
    ['WAREHOUSE_URL', 'snowflake://acc/db/s?password=x', 'takes only the parameters warehouse and role'],
  ])('%s=%s: %s', (variable, value, reason) => {
    expect(reasonsFor(variable, { ...COMPLETE, [variable]: value })).toEqual([reason]);
  });

  it('never repeats a value that may be a secret', () => {
    const canary = 'canary-0123456789-canary';
    const secrets = {
      GATEWAY_CLIENTS: canary,
      ITERABLE_REGION: canary,
      ITERABLE_BASE_URL: `https://user:${canary}@api.example.com`,
      PAYLOAD_KEYS: `${canary},k1:${canary}`,
      WAREHOUSE_URL: `snowflake://user:${canary}@account/db/schema`,
      TEMPORAL_ADDRESS: `https://${canary}`,
      LOG_LEVEL: canary,
    };
    const error = problemsOf({ ...COMPLETE, ...secrets });
    expect(inspect(error, { depth: 10 })).not.toContain(canary);
    expect(new Set(error.problems.map(({ variable }) => variable)).size).toBe(Object.keys(secrets).length);
  });

  it('is a configuration or a ConfigError, whatever the text', () => {
    const variables = fc.constantFrom(
      ...['GATEWAY_CLIENTS', 'GATEWAY_PORT', 'ITERABLE_BASE_URL', 'ITERABLE_LIMIT_SHARE', 'PAYLOAD_KEYS'],
      ...['WAREHOUSE_URL', 'MARKETO_BASE_URL', 'TEMPORAL_TLS', 'TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE'],
    );
    const value = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.constantFrom('duckdb:x', 'snowflake://%/%/%', 'a:,b:', 'k:AAAA'),
    );
    fc.assert(
      fc.property(fc.dictionary(variables, value), (env) => {
        try {
          loadConfig({ ...COMPLETE, ...env }, BOTH);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('gateway clients', () => {
  const clientsOf = (GATEWAY_CLIENTS: string): readonly { id: string; secretHashes: readonly Buffer[] }[] =>
    loadConfig({ ...COMPLETE, GATEWAY_CLIENTS }, BOTH).gateway.clients;

  it('are held hashed, with as many secrets as are valid now', () => {
    const hashed = sha256('third').toString('hex').toUpperCase();
    expect(clientsOf(`backend:first, other:x ,backend:se:cond,backend:sha256:${hashed}`)).toEqual([
      { id: 'backend', secretHashes: [sha256('first'), sha256('se:cond'), sha256('third')] },
      { id: 'other', secretHashes: [sha256('x')] },
    ]);
  });

  it.each([
    ['backend', 'pair 1 is not of the form id:secret'],
    ['a:b,:secret', 'pair 2 is not of the form id:secret'],
    ['backend:', 'pair 1 is not of the form id:secret'],
    ['back end:x', 'pair 1 has an id with blanks or other than ASCII characters'],
    ['backend:sha256:abc', 'pair 1 has a hash that is not 64 hexadecimal digits'],
  ])('%s: %s', (GATEWAY_CLIENTS, reason) => {
    expect(reasonsFor('GATEWAY_CLIENTS', { ...COMPLETE, GATEWAY_CLIENTS })).toEqual([reason]);
  });
});

describe('payload keys', () => {
  it('keep their order: the first encrypts', () => {
    const second = randomBytes(32);
    const PAYLOAD_KEYS = `k2:${second.toString('base64url')}, k1:${KEY}`;
    const { payloadKeys } = loadConfig({ ...COMPLETE, PAYLOAD_KEYS }, BOTH);
    if (payloadKeys === 'none') throw new Error('encryption is off');
    expect(payloadKeys.map(({ id, key }) => [id, key])).toEqual([
      ['k2', second],
      ['k1', Buffer.from(KEY, 'base64')],
    ]);
  });

  it('can be turned off by name only', () => {
    expect(loadConfig({ ...COMPLETE, PAYLOAD_KEYS: 'none' }, BOTH).payloadKeys).toBe('none');
    expect(reasonsFor('PAYLOAD_KEYS', { ...COMPLETE, PAYLOAD_KEYS: 'off' })).toEqual([
      'entry 1 is not of the form id:base64',
    ]);
    expect(reasonsFor('PAYLOAD_KEYS', { ...COMPLETE, PAYLOAD_KEYS: '' })).toEqual(['missing']);
  });

  it.each([
    [`k1:${randomBytes(16).toString('base64')}`, 'the key "k1" has 16 bytes, not 32'],
    [`k1:${KEY},k1:${KEY}`, '"k1" is the id of two keys'],
    ['k1:not base64!', 'the key "k1" is not base64'],
    [KEY, 'entry 1 is not of the form id:base64'],
    [',', 'names no key'],
  ])('%s: %s', (PAYLOAD_KEYS, reason) => {
    expect(reasonsFor('PAYLOAD_KEYS', { ...COMPLETE, PAYLOAD_KEYS })).toEqual([reason]);
  });
});

describe('outside systems', () => {
  it('Iterable: the region picks the host, a base URL overrides it', () => {
    const baseUrlOf = (env: NodeJS.ProcessEnv): string =>
      loadConfig({ ...COMPLETE, ...env }, BOTH).iterable.baseUrl;
    expect(baseUrlOf({ ITERABLE_REGION: 'eu' })).toBe('https://api.eu.iterable.com');
    expect(baseUrlOf({ ITERABLE_BASE_URL: 'http://127.0.0.1:4010/' })).toBe('http://127.0.0.1:4010');
    expect(baseUrlOf({ ITERABLE_BASE_URL: 'http://[::1]:4010', ITERABLE_REGION: '' })).toBe(
      'http://[::1]:4010',
    );
    expect(baseUrlOf({ ITERABLE_BASE_URL: 'https://api.example.com/api/' })).toBe('https://api.example.com');
  });

  it('Marketo: all four settings or none', () => {
    expect(
      problemsOf({ ...COMPLETE, MARKETO_CLIENT_ID: 'id' }).problems.map(({ variable }) => variable),
    ).toEqual(['MARKETO_BASE_URL', 'MARKETO_CLIENT_SECRET', 'MARKETO_WEBHOOK_TOKEN']);
    const env = {
      ...COMPLETE,
      MARKETO_BASE_URL: 'https://123-ABC-456.mktorest.com/rest',
      MARKETO_CLIENT_ID: 'id',
      MARKETO_CLIENT_SECRET: 'secret',
      MARKETO_WEBHOOK_TOKEN: 'new, old',
    };
    const { marketo } = loadConfig(env, BOTH);
    expect(marketo).toMatchObject({ baseUrl: 'https://123-abc-456.mktorest.com', clientId: 'id' });
    expect(marketo?.webhookTokenHashes).toEqual([sha256('new'), sha256('old')]);
    expect(marketo).toMatchObject({ limitShare: 1, pollSeconds: 300 });
    const other = { ...env, MARKETO_LIMIT_SHARE: '0.25', MARKETO_POLL_SECONDS: '60' };
    expect(loadConfig(other, BOTH).marketo).toMatchObject({ limitShare: 0.25, pollSeconds: 60 });
    expect(loadConfig({ ...COMPLETE, MARKETO_POLL_SECONDS: '60' }, BOTH).marketo).toBeUndefined();
  });

  it('consent: times in the units that people write', () => {
    const env = {
      ...COMPLETE,
      CONSENT_SETTLE_SECONDS: '5',
      CONSENT_LOOK_AGAIN_HOURS: '0.5, 24',
      CONSENT_UNCHECKED_OPT_INS: 'true',
    };
    expect(loadConfig(env, BOTH).consent).toEqual({
      settleMs: 5_000,
      lookAgainMs: [1_800_000, 86_400_000],
      uncheckedOptIns: true,
    });
  });

  it('the consent log: in the warehouse, or without one in a file of the data folder', () => {
    const without = loadConfig({ ...COMPLETE, DATA_DIR: '/var/lib/recipes' }, BOTH);
    expect(without.warehouse).toBeUndefined();
    expect(without.consentLog).toEqual({ kind: 'duckdb', path: '/var/lib/recipes/warehouse.duckdb' });
    const { warehouse, consentLog } = loadConfig({ ...COMPLETE, WAREHOUSE_URL: 'duckdb:./w.db' }, BOTH);
    expect(consentLog).toEqual(warehouse);
  });

  it('the warehouse: a DuckDB file, or a Snowflake schema with its user', () => {
    expect(loadConfig({ ...COMPLETE, WAREHOUSE_URL: 'duckdb:./w.db' }, BOTH).warehouse).toEqual({
      kind: 'duckdb',
      path: './w.db',
    });
    const snowflake = {
      ...COMPLETE,
      WAREHOUSE_URL: 'snowflake://Org-My_Acct/DB/My%20Schema?warehouse=WH&role=R',
    };
    expect(problemsOf(snowflake).problems.map(({ variable }) => variable)).toEqual([
      'SNOWFLAKE_USER',
      'SNOWFLAKE_PRIVATE_KEY_PATH',
    ]);
    const env = { ...snowflake, SNOWFLAKE_USER: 'U', SNOWFLAKE_PRIVATE_KEY_PATH: '/k.p8' };
    expect(loadConfig(env, BOTH).warehouse).toEqual({
      kind: 'snowflake',
      account: 'Org-My_Acct',
      database: 'DB',
      schema: 'My Schema',
      warehouse: 'WH',
      role: 'R',
      user: 'U',
      privateKeyPath: '/k.p8',
      baseUrl: 'https://org-my-acct.snowflakecomputing.com',
    });
  });

  it('systems without settings are off, and say what would turn them on', () => {
    expect(systemsOff(loadConfig(COMPLETE, BOTH))).toEqual([
      {
        recipe: 'marketo-unsubscribes',
        missing: ['MARKETO_BASE_URL', 'MARKETO_CLIENT_ID', 'MARKETO_CLIENT_SECRET', 'MARKETO_WEBHOOK_TOKEN'],
      },
      { recipe: 'warehouse-sync', missing: ['WAREHOUSE_URL'] },
    ]);
  });
});

describe('Temporal', () => {
  let folder: string;
  let configFile: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'config-'));
    configFile = join(folder, 'temporal.toml');
    await writeFile(
      configFile,
      '[profile.default]\naddress = "toml.example.com:7233"\nnamespace = "from-toml"\n',
    );
    await writeFile(join(folder, 'broken.toml'), '[profile.default]\napi_key = "canary\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is reached by its own variables', () => {
    const env = {
      ...COMPLETE,
      TEMPORAL_ADDRESS: 'cloud.example.com:7233',
      TEMPORAL_NAMESPACE: 'ns',
      TEMPORAL_API_KEY: 'key',
    };
    const { temporal } = loadConfig(env, BOTH);
    expect(temporal).toMatchObject({ address: 'cloud.example.com:7233', namespace: 'ns' });
    expect(temporal.connection.reveal()).toMatchObject({
      address: 'cloud.example.com:7233',
      apiKey: 'key',
      tls: true,
    });
  });

  it('may be described in temporal.toml, over which variables win', () => {
    const env = { ...COMPLETE, TEMPORAL_CONFIG_FILE: configFile };
    expect(loadConfig(env, BOTH).temporal).toMatchObject({
      address: 'toml.example.com:7233',
      namespace: 'from-toml',
    });
    expect(loadConfig({ ...env, TEMPORAL_NAMESPACE: 'mine' }, BOTH).temporal.namespace).toBe('mine');
  });

  it('does not pass over files that are missing, broken or half', () => {
    const reason = (env: NodeJS.ProcessEnv): string => problemsOf({ ...COMPLETE, ...env }).message;
    expect(reason({ TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' })).toContain('there is no such file');
    const broken = reason({ TEMPORAL_CONFIG_FILE: join(folder, 'broken.toml') });
    expect(broken).toContain('is no valid configuration of Temporal');
    expect(broken).not.toContain('canary');
    expect(reason({ TEMPORAL_CONFIG_FILE: configFile, TEMPORAL_PROFILE: 'nope' })).toContain(
      "Profile 'nope' not found",
    );
    expect(reason({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere/ca.pem' })).toContain(
      '/nowhere/ca.pem cannot be read (ENOENT)',
    );
    expect(reason({ TEMPORAL_TLS_CLIENT_CERT_PATH: configFile })).toContain(
      'a client certificate and its key go together',
    );
  });
});
