/** Real processes on a real Temporal, for tests that kill them: `npm start` as a container has it, compiled. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../workers/temporal/ports.js';
import { ensureDevServer, type DevServer } from '../../workers/temporal/dev-server.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { startProcess, type StartedProcess } from '../../scripts/processes.js';
import type { SandboxIterable } from '../../sandbox/iterable/index.js';
import { temporalCliPath } from './temporal.js';
import { compiled } from './tools.js';

export const CLIENT = { clientId: 'product-backend', clientSecret: 'a secret for tests only' };

export const PERSON_HASH_KEY = 'a key for tests only';
export type Part = 'gateway' | 'worker';

export interface TestStage {
  readonly dataDir: string;
  readonly temporal: DevServer;
  /** The gateway's address, the same for every gateway of the stage. */
  readonly gatewayUrl: string;
  /** Where each of the two parts has its Prometheus page. */
  readonly metricsPorts: Readonly<Record<Part, number>>;
  /** Settings of its processes, for commands that join them. */
  readonly env: Readonly<Record<string, string>>;
  /** @param settings more of them, or others */
  readonly start: (only: Part, settings?: Readonly<Record<string, string>>) => Promise<StartedProcess>;
  /** All that its processes have written. */
  readonly output: () => string;
  readonly close: () => Promise<void>;
}

/** A Temporal with its database in a file, and settings for gateways and workers on it. */
export async function startTestStage(
  iterable: Pick<SandboxIterable, 'url' | 'apiKey'>,
  payloadKeys = `test:${Buffer.alloc(32, 7).toString('base64')}`,
): Promise<TestStage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'iterable-recipes-test-'));
  const temporal = await ensureDevServer({
    executable: temporalCliPath(),
    dataDir,
    searchAttributes: Object.values(searchAttributes),
    ui: false,
    preferredPort: 0,
    stopGraceMs: 0, // its database is thrown away
  });
  const gatewayPort = await freePort(0);
  const metricsPorts = { gateway: await freePort(0), worker: await freePort(0) };
  const processes: StartedProcess[] = [];
  const env = {
    PATH: process.env['PATH'] ?? '',
    DATA_DIR: dataDir,
    DEPLOY_ENVIRONMENT: 'test',
    TEMPORAL_ADDRESS: temporal.address,
    GATEWAY_PORT: String(gatewayPort),
    GATEWAY_CLIENTS: `${CLIENT.clientId}:${CLIENT.clientSecret}`,
    ITERABLE_API_KEY: iterable.apiKey,
    ITERABLE_BASE_URL: iterable.url,
    LOG_LEVEL: 'debug',
    PERSON_HASH_KEY,
    PAYLOAD_KEYS: payloadKeys,
  };
  return {
    dataDir,
    temporal,
    gatewayUrl: `http://127.0.0.1:${String(gatewayPort)}`,
    metricsPorts,
    env,
    start: async (only, settings = {}) => {
      const own = { METRICS_PORT: String(metricsPorts[only]) };
      const started = await startProcess(['--only', only], { ...env, ...own, ...settings }, [
        compiled('scripts/start.ts'),
      ]);
      processes.push(started);
      return started;
    },
    output: () => processes.map((each) => each.output()).join(''),
    close: async () => {
      await Promise.all(processes.map((each) => each.end('SIGKILL')));
      await temporal.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
