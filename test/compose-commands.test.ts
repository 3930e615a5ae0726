/** The commands of docker-compose.yml, against the real thing where there is one without containers. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { ensureDevServer, type DevServer } from '../workers/temporal/dev-server.js';
import { PROJECT_ROOT } from '../workers/temporal/project-root.js';
import { prepareNamespace } from '../workers/temporal/namespace.js';
import { searchAttributes } from '../workflows/shared/search-attributes.js';
import { readService } from './support/compose.js';
import { startTestStage } from './support/stage.js';
import { temporalCliPath } from './support/temporal.js';
import { compiled, SHORT_LIVED } from './support/tools.js';

const run = promisify(execFile);
/** The script of a set-up service, as it lies in the repository. */
async function scriptOf(service: string): Promise<string> {
  const { command = [] } = await readService(service);
  return join(PROJECT_ROOT, 'scripts', String(command[0]));
}

describe('the set-up containers', () => {
  let folder: string;
  let bin: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compose-'));
    bin = join(folder, 'bin');
    await mkdir(bin);
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });
  const withBin = (variables: Record<string, string>): { env: Record<string, string> } => ({
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, ...variables },
  });

  it('make a namespace with all search attributes, and may be run again', async () => {
    await symlink(temporalCliPath(), join(bin, 'temporal'));
    const server: DevServer = await ensureDevServer({
      executable: temporalCliPath(),
      dataDir: folder,
      ui: false,
      preferredPort: 0,
      stopGraceMs: 0,
    });
    const connection = await Connection.connect({ address: server.address });
    try {
      const { environment } = await readService('temporal-namespace');
      const script = await scriptOf('temporal-namespace');
      const variables = {
        ...environment,
        TEMPORAL_ADDRESS: server.address,
        TEMPORAL_NAMESPACE: 'production',
      };
      for (const _ of ['first start', 'restart']) await run('/bin/sh', [script], withBin(variables));

      const namespace = 'production';
      const { config } = await connection.workflowService.describeNamespace({ namespace });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      const names = Object.values(searchAttributes).map(({ name }) => name);
      expect(Object.keys(customAttributes).sort()).toEqual([...names].sort());
      const state = await prepareNamespace(connection, namespace, {
        searchAttributes: Object.values(searchAttributes),
      });
      expect(state).toEqual({ missing: [], commands: [], wrongType: [] });
    } finally {
      await connection.close();
      await server.close();
    }
  });

  it('make both databases, each in three steps, and stop at the first that goes wrong', async () => {
    const calls = join(folder, 'calls');
    const tool = join(bin, 'temporal-sql-tool');
    const script = await scriptOf('temporal-schema');
    await writeFile(tool, `#!/bin/sh\necho "$@" >> "${calls}"\ntest "$3" != "$FAIL"\n`);
    await chmod(tool, 0o755);
    await run('/bin/sh', [script], withBin({}));
    const steps = (database: string, schema: string): string[] => [
      `--database ${database} create-database`,
      `--database ${database} setup-schema --version 0.0`,
      `--database ${database} update-schema --schema-name postgresql/v12/${schema}`,
    ];
    const done = (await readFile(calls, 'utf8')).trim().split('\n');
    expect(done).toEqual([...steps('temporal', 'temporal'), ...steps('temporal_visibility', 'visibility')]);

    await rm(calls);
    await expect(run('/bin/sh', [script], withBin({ FAIL: 'setup-schema' }))).rejects.toThrow();
    expect((await readFile(calls, 'utf8')).trim().split('\n')).toHaveLength(2);
  });
});

describe('the health checks', () => {
  /** Runs a service's check as its container would, with the address exchanged. @returns what it complained of */
  async function check(service: string, origin: string): Promise<string> {
    const { healthcheck } = await readService(service);
    const [, node, file = '', url = '', ...rest] = healthcheck?.test ?? [];
    expect(node).toBe('node');
    const script = compiled(file.replace(/^dist\/(.*)\.js$/, '$1.ts'));
    const args = [...SHORT_LIVED, script, url.replace(/^http:\/\/[^/]+/, origin), ...rest];
    return run(process.execPath, args).then(
      () => '',
      (error: unknown) => z.object({ code: z.literal(1), stderr: z.string() }).parse(error).stderr,
    );
  }

  it('hold for a gateway and a worker that run, and fail for ones that do not', async () => {
    const stage = await startTestStage({ url: 'http://127.0.0.1:9', apiKey: 'none' });
    const metricsUrl = `http://127.0.0.1:${stage.metricsPorts.worker}`;
    try {
      expect(await check('gateway', stage.gatewayUrl)).toContain('does not answer');
      expect(await check('worker', metricsUrl)).toContain('does not answer');
      await Promise.all([stage.start('gateway'), stage.start('worker')]);
      expect(await check('gateway', stage.gatewayUrl)).toBe('');
      // It is ready before its first poll has reached the server.
      let complaint = await check('worker', metricsUrl);
      for (let tries = 1; complaint !== '' && tries < 5; tries += 1)
        complaint = await check('worker', metricsUrl);
      expect(complaint).toBe('');
    } finally {
      await stage.close();
    }
  });

  describe('of a process that is alive but does not do its work', () => {
    let server: Server;
    let origin: string;
    let answer: { status: number; body: string };
    beforeAll(async () => {
      server = createServer((_, response) => response.writeHead(answer.status).end(answer.body));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = z.object({ port: z.number() }).parse(server.address());
      origin = `http://127.0.0.1:${port}`;
    });
    afterAll(() => {
      server.close();
    });

    it('fail, and say why', async () => {
      answer = { status: 503, body: '{"status":"stopping"}' };
      expect(await check('gateway', origin)).toContain('answers 503: {"status":"stopping"}');
      answer = { status: 200, body: 'temporal_num_pollers{task_queue="recipes"} 0\n' };
      expect(await check('worker', origin)).toContain('has no line like ^temporal_num_pollers');
    });
  });

  it('of the Temporal UI asks for a page that it has', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'compose-ui-'));
    const server = await ensureDevServer({
      executable: temporalCliPath(),
      dataDir,
      preferredPort: 0,
      preferredUiPort: 0,
      stopGraceMs: 0,
    });
    try {
      const { healthcheck } = await readService('temporal-ui');
      const { pathname } = new URL(healthcheck?.test.at(-1) ?? '');
      expect((await fetch(`${server.uiUrl ?? ''}${pathname}`)).status).toBe(200);
    } finally {
      await server.close();
      await rm(dataDir, { recursive: true });
    }
  });
});
