import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { z } from 'zod';
import { ConfigError } from '../../config/config-error.js';
import { generatePayloadKey } from '../../config/payload-keys.js';
import { startSandboxIterable, type SandboxIterable } from '../../sandbox/iterable/index.js';
import { examine } from '../../scripts/doctor/examine.js';
import { asText, type Finding } from '../../scripts/doctor/finding.js';
import type { IterableExamination } from '../../scripts/doctor/iterable.js';
import { startCodecServer } from '../../workers/codec/codec-server.js';
import { freePort } from '../../workers/temporal/ports.js';
import { run } from '../../workers/temporal/run.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { startGateway, type TestGateway } from '../gateway/support.js';
import { startRecipes, type Recipes } from '../support/recipes-worker.js';
import { localEnv, temporalCliPath } from '../support/temporal.js';
import { compiled, SHORT_LIVED } from '../support/tools.js';

const BOTH = { gateway: true, worker: true } as const;
const DAY_MS = 86_400_000;
/** Names that must never be printed. */
const CANARIES = {
  GATEWAY_CLIENTS: 'backend:canary-client-secret',
  PERSON_HASH_KEY: 'canary-person-hash-key',
  PAYLOAD_KEYS: `new:${Buffer.alloc(32, 'canary-a').toString('base64')},old:${Buffer.alloc(32, 'canary-b').toString('base64')}`,
};

let temporal: TestWorkflowEnvironment;
let recipes: Recipes;
let iterable: SandboxIterable;
let gateway: TestGateway;
let isTemporalReachable = true;
let dataDir: string;

beforeAll(async () => {
  temporal = await localEnv();
  await keepFor('default', 30);
  recipes = await startRecipes(temporal);
  iterable = await startSandboxIterable({ apiKey: 'canary-iterable-key' });
  gateway = await startGateway({ isTemporalReachable: () => Promise.resolve(isTemporalReachable) });
  dataDir = await mkdtemp(join(tmpdir(), 'iterable-recipes-doctor-'));
});
afterAll(async () => {
  await gateway.app.close();
  await iterable.close();
  await recipes.stop();
  await temporal.teardown();
  await rm(dataDir, { recursive: true });
});
afterEach(() => {
  iterable.configure({ apiKeyState: 'enabled' });
  iterable.setFaults(undefined);
  isTemporalReachable = true;
});

async function keepFor(namespace: string, days: number): Promise<void> {
  await temporal.connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: msToTs(days * DAY_MS) },
  });
}

/** Settings of a machine where all is well. */
function settings(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    ...CANARIES,
    ITERABLE_API_KEY: iterable.apiKey,
    ITERABLE_BASE_URL: iterable.url,
    TEMPORAL_ADDRESS: temporal.address,
    GATEWAY_PORT: String(gateway.port),
    DATA_DIR: dataDir,
    ...changes,
  };
}

const ask = (
  changes: Readonly<Record<string, string>> = {},
  examination: IterableExamination = {},
): Promise<readonly Finding[]> => examine(settings(changes), BOTH, examination);

const about = (check: string, findings: readonly Finding[]): Finding | undefined =>
  findings.find((finding) => finding.check === check);

/** Asks until something holds: Temporal's parts learn of changes one after the other. */
async function askUntil(
  holds: (findings: readonly Finding[]) => boolean,
  changes: Readonly<Record<string, string>> = {},
): Promise<readonly Finding[]> {
  for (;;) {
    const findings = await ask(changes);
    if (holds(findings)) return findings;
    await delay(100);
  }
}

describe('where all is well', () => {
  it('every finding is ok, for two requests to Iterable that read no person', async () => {
    await askUntil((findings) => findings.every(({ status }) => status === 'ok'));
    iterable.reset();
    const findings = await ask();
    expect(findings.map(({ check, status }) => `${check} ${status}`)).toEqual([
      'settings ok',
      'payload-keys ok',
      'iterable ok',
      'clock ok',
      'subscriptions ok',
      'temporal ok',
      'namespace ok',
      'search-attributes ok',
      'queue-recipes ok',
      'queue-iterable ok',
      'queue-warehouse ok',
      'gateway ok',
    ]);
    expect(iterable.received().map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/channels',
      'GET /api/messageTypes',
    ]);
    expect(about('payload-keys', findings)?.says).toBe('new encrypts, old only decrypt');
  });
});

describe('settings', () => {
  it('are all told together when they cannot be read', async () => {
    const problems = await examine({ PAYLOAD_KEYS: 'x' }, BOTH).catch((error: unknown) => error);
    expect(problems).toBeInstanceOf(ConfigError);
    expect(String(problems)).toMatch(
      /GATEWAY_CLIENTS[^]*ITERABLE_API_KEY[^]*PERSON_HASH_KEY[^]*PAYLOAD_KEYS/,
    );
  });

  it('of a gateway alone are enough where no worker runs', async () => {
    const { ITERABLE_API_KEY: _key, ITERABLE_BASE_URL: _url, ...env } = settings();
    const findings = await examine(env, { gateway: true, worker: false });
    expect(about('iterable', findings)).toMatchObject({ status: 'note' });
  });

  it('that are misspelt, and payloads in the clear, are noted', async () => {
    const findings = await ask({ PAYLOAD_KEYS: 'none', GATEWAY_PROT: '8080' });
    expect(findings.filter(({ status }) => status === 'note').map(({ check }) => check)).toEqual([
      'settings',
      'payload-keys',
    ]);
  });
});

describe('Iterable', () => {
  it('refuses a wrong key', async () => {
    const finding = about('iterable', await ask({ ITERABLE_API_KEY: 'canary-wrong-key' }));
    expect(finding).toMatchObject({ status: 'wrong', says: `${iterable.url} refuses the key (401)` });
    expect(finding?.todo.join()).toContain('ITERABLE_BASE_URL');
  });

  it.each([
    ['us', 'ITERABLE_REGION=eu'],
    ['eu', 'ITERABLE_REGION=us'],
  ] as const)('of the %s data center refuses a key of the other one: %s', async (here, hint) => {
    const hosts = { us: 'https://us.example.com', eu: 'https://eu.example.com', [here]: iterable.url };
    const finding = about('iterable', await ask({ ITERABLE_API_KEY: 'of the other one' }, { hosts }));
    expect(finding?.todo.join()).toContain(hint);
  });

  it('refuses a key that was disabled', async () => {
    iterable.configure({ apiKeyState: 'disabled' });
    expect(about('iterable', await ask())).toMatchObject({ status: 'wrong' });
  });

  it.each([
    ['503', 'wrong', 'answers 503'],
    ['429', 'note', 'asks to slow down'],
    ['cut', 'wrong', 'no answer'],
  ] as const)('in trouble (%s) is told from a wrong key', async (fault, status, says) => {
    iterable.setFaults({ seed: 1, rates: { '*': { [fault]: 1 } } });
    const finding = about('iterable', await ask());
    expect(finding).toMatchObject({ status, says: expect.stringContaining(says) });
  });

  it.each([
    [120_000, '120 s ahead of that of Iterable'],
    [-3_600_000, '3600 s behind that of Iterable'],
  ])('shows a clock that is off by %d ms', async (offMs, says) => {
    const clock = about('clock', await ask({}, { now: () => Date.now() + offMs }));
    expect(clock?.status).toBe('wrong');
    // Its header is cut to whole seconds.
    expect(clock?.says.replace(/\d+/, (seconds) => String(Math.round(Number(seconds) / 10) * 10))).toBe(says);
  });
});

describe('Temporal', () => {
  it('without the namespace: the command that makes it', async () => {
    const findings = await ask({ TEMPORAL_NAMESPACE: 'nowhere' });
    expect(about('namespace', findings)).toMatchObject({
      status: 'wrong',
      todo: ['temporal operator namespace create --namespace nowhere --retention 30d'],
    });
  });

  it('in a bare namespace: no worker, a short memory, no search attributes, and commands that mend it', async () => {
    const bare = { TEMPORAL_NAMESPACE: 'bare' };
    await cli(['operator', 'namespace', 'create', '--namespace', 'bare', '--retention', '1d']);
    const findings = await askUntil((each) => about('search-attributes', each) !== undefined, bare);
    expect(about('queue-recipes', findings)).toMatchObject({ status: 'wrong' });
    expect(about('queue-iterable', findings)).toMatchObject({ status: 'wrong' });
    expect(about('namespace', findings)).toMatchObject({ status: 'note' });
    const missing = about('search-attributes', findings);
    expect(missing?.status).toBe('wrong');
    for (const { name } of Object.values(searchAttributes)) expect(missing?.says).toContain(name);

    for (const check of ['search-attributes', 'namespace'])
      for (const command of about(check, findings)?.todo ?? []) await cli(command.split(' ').slice(1));
    const mended = await askUntil((each) => about('search-attributes', each)?.status === 'ok', bare);
    expect(about('namespace', mended)?.status).toBe('ok');
  });

  it('that nobody has started is missed', async () => {
    const { TEMPORAL_ADDRESS: _address, ...env } = settings();
    expect(about('temporal', await examine(env, BOTH))).toMatchObject({ status: 'wrong' });
  });
});

describe('servers of this machine', () => {
  it('a gateway that cannot take events is wrong, one that runs elsewhere is not', async () => {
    isTemporalReachable = false;
    expect(about('gateway', await ask())).toMatchObject({ status: 'wrong' });
    const elsewhere = { GATEWAY_PORT: String(await freePort(0)) };
    expect(about('gateway', await ask(elsewhere))).toMatchObject({ status: 'note' });
  });

  it('a decoder is known by the token that it asks for', async () => {
    const server = await startCodecServer({
      port: 0,
      token: 'a-token-for-tests-only',
      uiOrigins: [],
      keys: 'none',
    });
    const port = new URL(server.url).port;
    expect(about('codec-server', await ask({ CODEC_SERVER_PORT: port }))).toMatchObject({ status: 'ok' });
    await server.close();
    expect(about('codec-server', await ask({ CODEC_SERVER_PORT: port }))).toMatchObject({ status: 'note' });
    const other = { CODEC_SERVER_PORT: String(gateway.port) };
    expect(about('codec-server', await ask(other))).toMatchObject({ status: 'wrong' });
  });
});

describe('npm run doctor', () => {
  const Printed = z.object({ ok: z.boolean() });

  it('exits with 0, 1 or 2, prints JSON when asked, and never a secret', async () => {
    const [well, ill, unset] = await Promise.all([
      doctor(settings(), '--json'),
      doctor(settings({ ITERABLE_API_KEY: 'canary-wrong-key' }), '--json'),
      doctor({ PAYLOAD_KEYS: generatePayloadKey('canary') }),
    ]);
    expect([well.exitCode, ill.exitCode, unset.exitCode]).toEqual([0, 1, 2]);
    expect(Printed.parse(JSON.parse(well.output))).toEqual({ ok: true });
    expect(Printed.parse(JSON.parse(ill.output))).toEqual({ ok: false });
    for (const { output } of [well, ill, unset]) expect(output).not.toMatch(/canary-|Y2FuYXJ5/);
  });

  it('as text is one line for each finding, with what to do below it', () => {
    const text = asText([
      { check: 'gateway', status: 'ok', says: 'takes events', todo: [] },
      { check: 'clock', status: 'wrong', says: '90 s behind', todo: ['set it'] },
    ]);
    expect(text).toBe(
      ['ok     gateway  takes events', 'wrong  clock    90 s behind', '                set it'].join('\n'),
    );
  });
});

/** Runs the Temporal CLI against the test's server. */
async function cli(args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await run(temporalCliPath(), [...args, '--address', temporal.address], 20_000);
  if (exitCode !== 0) throw new Error(stderr);
}

/** The command as a process of its own, away from any .env. */
async function doctor(
  env: Readonly<Record<string, string>>,
  ...options: readonly string[]
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const args = [...SHORT_LIVED, compiled('scripts/doctor.ts'), ...options];
  const at = { cwd: dataDir, env: { PATH: process.env['PATH'], ...env } };
  const Failed = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() });
  return promisify(execFile)(process.execPath, args, at).then(
    ({ stdout, stderr }) => ({ exitCode: 0, output: stdout + stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = Failed.parse(error);
      return { exitCode: code, output: stdout + stderr };
    },
  );
}
