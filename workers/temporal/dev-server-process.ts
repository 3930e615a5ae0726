/** The process of a development server: how it is started, known again, and stopped. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { run } from './run.js';

const POLL_MS = 20;
const PS_TIMEOUT_MS = 2_000;

/**
 * Starts the server in a process group of its own, so that Ctrl-C in the terminal reaches us alone and workers can
 * finish first, and with no environment, which holds secrets that are none of its business.
 * @returns the process id
 * @throws Error when the executable cannot be started
 */
export async function spawnServer(executable: string, args: string[], logFile: string): Promise<number> {
  // A file and not a pipe: the server may outlive us.
  const log = await open(logFile, 'w', 0o600);
  try {
    const child = spawn(executable, args, { detached: true, env: {}, stdio: ['ignore', log.fd, log.fd] });
    await once(child, 'spawn');
    child.unref();
    if (child.pid === undefined) throw new Error(`${executable} has no process id`);
    return child.pid;
  } finally {
    await log.close();
  }
}

/** Whether the process is alive and still the server of this database, and not another with its number. */
export async function isServerOf(pid: number, databaseFile: string): Promise<boolean> {
  return (await commandOf(pid)).includes(databaseFile);
}

/** The command line of a process; empty when it is gone, or a zombie that nobody has collected. */
async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => '');
  }
  const { stdout } = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)], PS_TIMEOUT_MS);
  return stdout;
}

/**
 * Waits until the server answers, and no longer than it lives.
 * @returns false when the process ended, or the time is over
 */
export async function becomesReady(
  { pid, address, databaseFile }: { pid: number; address: string; databaseFile: string },
  timeoutMs: number,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const ready = (await accepts(address)) && (await answers(address));
    if (!(await isServerOf(pid, databaseFile))) return false;
    if (ready) return true;
    await delay(POLL_MS);
  }
  return false;
}

/** gRPC waits a second between attempts to connect; a bare socket shows at once that the port is open. */
function accepts(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const settle = (open: boolean) => () => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', settle(true)).once('error', settle(false));
  });
}

async function answers(address: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: '2s' });
    try {
      const { status }: { status: number } = await connection.healthService.check({
        service: 'temporal.api.workflowservice.v1.WorkflowService',
      });
      return status === SERVING;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}

/** @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
const SERVING = 1;

/** Asks the server to stop, and after `graceMs` no longer asks. Nothing that it has accepted is lost either way. */
export async function stopServer(pid: number, databaseFile: string, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  let forced = false;
  if (await isServerOf(pid, databaseFile)) signal(pid, 'SIGTERM');
  while (await isServerOf(pid, databaseFile)) {
    if (!forced && Date.now() >= deadline) {
      signal(pid, 'SIGKILL');
      forced = true;
    }
    await delay(POLL_MS);
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended on its own meanwhile.
  }
}
