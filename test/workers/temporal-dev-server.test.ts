import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { z } from 'zod';
import { isServerOf } from '../../workers/temporal/dev-server-process.js';
import {
  attachDevServer,
  ensureDevServer,
  type DevServer,
  type DevServerOptions,
} from '../../workers/temporal/dev-server.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { temporalCliPath } from '../support/temporal.js';
import { compiled, SHORT_LIVED } from '../support/tools.js';

const Started = z.object({ address: z.string(), pid: z.number(), startedHere: z.boolean() });
const Record = z.object({ pid: z.number(), address: z.string(), users: z.array(z.number()) });

describe('the development server of a folder', () => {
  let dataDir: string;
  let servers: DevServer[];
  let processes: ChildProcess[];
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'temporal-dev-server-'));
    servers = [];
    processes = [];
  });
  afterEach(async () => {
    for (const child of processes) await kill(child);
    await Promise.all(servers.map((server) => server.close()));
    const orphan = await attachDevServer(dataDir, { stopGraceMs: 0 });
    await orphan?.close();
    await rm(dataDir, { recursive: true });
  });

  const ensure = async (options: Partial<DevServerOptions> = {}): Promise<DevServer> => {
    const server = await ensureDevServer({
      executable: temporalCliPath(),
      dataDir,
      ui: false,
      preferredPort: 0,
      stopGraceMs: 0,
      ...options,
    });
    servers.push(server);
    return server;
  };
  const isRunning = ({ pid }: { pid: number }): Promise<boolean> =>
    isServerOf(pid, join(dataDir, 'temporal.db'));
  const record = async (): Promise<z.infer<typeof Record>> =>
    Record.parse(JSON.parse(await readFile(join(dataDir, 'temporal-dev-server.json'), 'utf8')));

  interface User extends z.infer<typeof Started> {
    readonly child: ChildProcess;
    readonly lines: Interface;
  }

  /** Another process that uses the folder's server. */
  async function user(): Promise<User> {
    const args = [...SHORT_LIVED, compiled('test/support/dev-server-user.ts'), temporalCliPath(), dataDir];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    processes.push(child);
    const lines = createInterface({ input: child.stdout });
    const [line] = z.tuple([z.string()]).parse(await once(lines, 'line'));
    return { ...Started.parse(JSON.parse(line)), child, lines };
  }

  async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  async function withClient<T>(
    { address }: { address: string },
    run: (client: Client) => Promise<T>,
  ): Promise<T> {
    const connection = await Connection.connect({ address });
    try {
      return await run(new Client({ connection }));
    } finally {
      await connection.close();
    }
  }
  const startWorkflow = (server: { address: string }, workflowId: string): Promise<unknown> =>
    withClient(server, (client) => client.workflow.start('any', { workflowId, taskQueue: 'nobody' }));
  const statusOf = (server: { address: string }, workflowId: string): Promise<string> =>
    withClient(
      server,
      async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name,
    );

  it('takes work as soon as it is there, with the search attributes', async () => {
    const server = await ensure({ searchAttributes: Object.values(searchAttributes) });
    expect(server).toMatchObject({ startedHere: true, uiUrl: undefined });
    expect(server.address).toMatch(/^127\.0\.0\.1:\d+$/);
    await withClient(server, async (client) => {
      const typedSearchAttributes = [{ key: searchAttributes.recipe, value: 'product-events' }];
      await client.workflow.start('any', { workflowId: 'a', taskQueue: 'nobody', typedSearchAttributes });
    });
    expect(await statusOf(server, 'a')).toBe('RUNNING');
  });

  it('is stopped by its only user, and leaves nothing but its database and its log', async () => {
    const server = await ensure({ stopGraceMs: 8_000 });
    await server.close();
    await server.close();
    expect(await isRunning(server)).toBe(false);
    const left = (await readdir(dataDir)).filter((name) => !name.startsWith('temporal.db'));
    expect(left).toEqual(['temporal-dev-server.log']);
    expect(await attachDevServer(dataDir)).toBeUndefined();
  });

  it('serves its UI, with the codec server, on this machine only', async () => {
    const { uiUrl = '' } = await ensure({
      ui: true,
      preferredUiPort: 0,
      codecEndpoint: 'http://127.0.0.1:1',
    });
    const settings: unknown = await (await fetch(`${uiUrl}/api/v1/settings`)).json();
    expect(settings).toMatchObject({ Codec: { Endpoint: 'http://127.0.0.1:1' } });
    expect(uiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('takes another port when the preferred one is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const taken = z.object({ port: z.number() }).parse(blocker.address()).port;
    const server = await ensure({ preferredPort: taken });
    blocker.close();
    expect(server.address).not.toBe(`127.0.0.1:${String(taken)}`);
  });

  it('is shared by processes that start at the same time', async () => {
    const users = await Promise.all([user(), user()]);
    const [first, second] = users;
    expect(first.pid).toBe(second.pid);
    expect(users.filter(({ startedHere }) => startedHere)).toHaveLength(1);
    expect((await record()).users).toHaveLength(2);
  });

  it('stays for the others when the one that started it leaves', async () => {
    const starter = await ensure();
    const other = await user();
    await starter.close();
    await startWorkflow(other, 'still-served');
    expect((await record()).users).toEqual([other.child.pid]);
    await kill(other.child, 'SIGTERM');
    expect(await isRunning(other)).toBe(false);
  });

  it('outlives a killed process, and is adopted and in the end stopped by the next', async () => {
    const first = await user();
    await startWorkflow(first, 'accepted');
    await kill(first.child);
    expect(await isRunning(first)).toBe(true);
    const next = await ensure();
    expect(next).toMatchObject({ pid: first.pid, address: first.address, startedHere: false });
    expect(await statusOf(next, 'accepted')).toBe('RUNNING');
    await next.close();
    expect(await isRunning(next)).toBe(false);
  });

  it.each(['power-cut', 'process-kill'] as const)(
    'has every accepted start after it was killed itself (%s)',
    async (durability) => {
      const server = await ensure({ durability });
      const ids = Array.from({ length: 50 }, (_, index) => `event/${index}`);
      await withClient(server, async (client) => {
        await Promise.all(
          ids.map((workflowId) => client.workflow.start('any', { workflowId, taskQueue: 'q' })),
        );
      });
      process.kill(server.pid, 'SIGKILL');
      const again = await ensure({ durability });
      expect(again.startedHere).toBe(true);
      for (const id of ids) expect(await statusOf(again, id)).toBe('RUNNING');
    },
  );

  it("is not hit by the terminal's Ctrl-C, so that work in hand can be finished", async () => {
    const { child, lines, ...server } = await user();
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await once(lines, 'line')).toEqual(['draining']);
    await startWorkflow(server, 'while-draining');
    expect(await isRunning(server)).toBe(true);
  });

  it.each([
    ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1 })],
    ["of a process number that is somebody else's now", JSON.stringify({ pid: process.pid })],
    ['that is cut off', '{"pid":'],
  ])('does not trust a record %s', async (_, text) => {
    const path = join(dataDir, 'temporal-dev-server.json');
    const rest = { address: '127.0.0.1:9', databaseFile: join(dataDir, 'temporal.db'), users: [] };
    await writeFile(
      path,
      text.endsWith('}') ? JSON.stringify({ ...rest, ...Pid.parse(JSON.parse(text)) }) : text,
    );
    expect(await attachDevServer(dataDir)).toBeUndefined();
    expect((await ensure()).startedHere).toBe(true);
  });

  it('gets none of our environment, which holds secrets', async () => {
    const server = await ensure();
    const variables = await readFile(`/proc/${server.pid}/environ`, 'utf8').catch(() => '');
    expect(variables).toBe('');
  });

  it('says what the server said when it does not start', async () => {
    const executable = join(dataDir, 'broken');
    await writeFile(executable, '#!/bin/sh\necho "unable to open database file"\nexit 1\n');
    await chmod(executable, 0o755);
    await expect(ensure({ executable })).rejects.toThrow(
      /did not become ready.*unable to open database file/s,
    );
    await expect(ensure({ executable: join(dataDir, 'nothing') })).rejects.toThrow('ENOENT');
  });
});

const Pid = z.object({ pid: z.number() });
