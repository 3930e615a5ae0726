/**
 * The Temporal development server of a data folder: started by whoever comes first, shared by all processes that use
 * the folder, stopped by the last one that leaves. A process that is killed leaves the server running; the next one
 * finds it by its record.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  readRecord,
  removeRecord,
  withMe,
  withoutMe,
  writeRecord,
  type DevServerRecord,
} from './dev-server-record.js';
import { becomesReady, isServerOf, spawnServer, stopServer } from './dev-server-process.js';
import { withLock } from './lock.js';
import { freePort } from './ports.js';
import { cliTypeOf, type AnySearchAttribute } from './search-attribute-types.js';

export interface DevServerOptions {
  /** Path of the Temporal CLI, from `findBinary`. */
  readonly executable: string;
  /** Holds the database `temporal.db`, the record `temporal-dev-server.json` and the log. Made if missing. */
  readonly dataDir: string;
  /** Made at the start if missing. */
  readonly namespace?: string;
  /** Registered at the start, where they are usable at once. */
  readonly searchAttributes?: readonly AnySearchAttribute[];
  /** Whether to serve the Temporal UI. */
  readonly ui?: boolean;
  /** Where the UI has payloads decoded. */
  readonly codecEndpoint?: string;
  /** What an accepted start survives: every process killed, or the machine's power cut as well. */
  readonly durability?: 'process-kill' | 'power-cut';
  /** Taken if free, else any free port. */
  readonly preferredPort?: number;
  readonly preferredUiPort?: number;
  readonly startTimeoutMs?: number;
  /** How long the server may take to stop before it is killed. */
  readonly stopGraceMs?: number;
}

export interface DevServer {
  /** `host:port` of the gRPC API. */
  readonly address: string;
  /** Undefined when it was started without UI. */
  readonly uiUrl: string | undefined;
  readonly pid: number;
  /** False when the server was already running. */
  readonly startedHere: boolean;
  readonly databaseFile: string;
  /** Leaves the server, and stops it when nobody else uses it. May be called again. */
  readonly close: () => Promise<void>;
}

/** Everything but the two paths has a default; only the codec endpoint may stay undefined. */
type Settings = Required<Omit<DevServerOptions, 'codecEndpoint'>> & Pick<DevServerOptions, 'codecEndpoint'>;

const DEFAULTS = {
  namespace: 'default',
  searchAttributes: [],
  ui: true,
  durability: 'power-cut',
  preferredPort: 7233,
  preferredUiPort: 8233,
  startTimeoutMs: 30_000,
  // Left alone it takes three seconds.
  stopGraceMs: 8_000,
} as const;

/**
 * SQLite's write-ahead log turns the three syncs of a commit into one, or with NORMAL into none: the operating system
 * still has every byte when a process dies.
 * @see https://www.sqlite.org/pragma.html#pragma_synchronous
 */
const SYNCHRONOUS = { 'power-cut': 'FULL', 'process-kill': 'NORMAL' } as const;

const LOCK_WAIT_MS = 60_000;
/** Another program may take a port between our look and the server's bind. */
const START_ATTEMPTS = 3;

/**
 * Returns the running server of the data folder, or starts one.
 * @throws Error when the server does not become ready; the message ends with its last log lines
 */
export async function ensureDevServer(given: DevServerOptions): Promise<DevServer> {
  const options = { ...DEFAULTS, ...given };
  await mkdir(options.dataDir, { recursive: true });
  const path = recordPath(options.dataDir);
  return withLock(path, LOCK_WAIT_MS, async () => {
    const running = await runningServer(path, options.startTimeoutMs);
    if (running !== undefined) return handle(path, running, { startedHere: false, ...options });
    for (let attempt = 1; ; attempt += 1) {
      const record = await start(path, options);
      if (await becomesReady(record, options.startTimeoutMs)) {
        return handle(path, record, { startedHere: true, ...options });
      }
      await stopServer(record.pid, record.databaseFile, 0);
      await removeRecord(path);
      const log = await readFile(logPath(options.dataDir), 'utf8');
      if (attempt === START_ATTEMPTS || !log.includes('address already in use')) throw notReady(log);
    }
  });
}

/** Like `ensureDevServer` for commands that only make sense beside running processes. @returns undefined without one */
export async function attachDevServer(
  dataDir: string,
  timing: Pick<DevServerOptions, 'startTimeoutMs' | 'stopGraceMs'> = {},
): Promise<DevServer | undefined> {
  const { startTimeoutMs, stopGraceMs } = { ...DEFAULTS, ...timing };
  const path = recordPath(dataDir);
  if ((await readRecord(path)) === undefined) return undefined;
  return withLock(path, LOCK_WAIT_MS, async () => {
    const running = await runningServer(path, startTimeoutMs);
    return running && handle(path, running, { startedHere: false, stopGraceMs });
  });
}

/** The live server of the record, with this process among its users. Call under the lock. */
async function runningServer(path: string, timeoutMs: number): Promise<DevServerRecord | undefined> {
  const record = await readRecord(path);
  if (record === undefined || !(await isServerOf(record.pid, record.databaseFile))) return undefined;
  if (!(await becomesReady(record, timeoutMs))) {
    if (!(await isServerOf(record.pid, record.databaseFile))) return undefined;
    throw new Error(
      `The Temporal development server (process ${record.pid}) does not answer at ${record.address}. ` +
        'Stop that process; the next start continues with its database.',
    );
  }
  const joined = { ...record, users: withMe(record.users) };
  await writeRecord(path, joined);
  return joined;
}

/** Starts a server and records it before it is ready: should we be killed now, the next process still finds it. */
async function start(path: string, options: Settings): Promise<DevServerRecord> {
  const { executable, dataDir, ui } = options;
  const port = await freePort(options.preferredPort);
  const uiPort = ui ? await freePort(options.preferredUiPort) : undefined;
  const databaseFile = resolve(dataDir, 'temporal.db');
  const args = serverArguments({ ...options, databaseFile, port, uiPort });
  const record = {
    pid: await spawnServer(executable, args, logPath(dataDir)),
    address: `127.0.0.1:${port}`,
    uiUrl: uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}`,
    databaseFile,
    users: [process.pid],
  };
  await writeRecord(path, record);
  return record;
}

interface Placement {
  readonly databaseFile: string;
  readonly port: number;
  readonly uiPort: number | undefined;
}

/** @see https://docs.temporal.io/cli/command-reference/server#start-dev */
function serverArguments(options: Settings & Placement): string[] {
  const { namespace, searchAttributes, codecEndpoint, durability, databaseFile, port, uiPort } = options;
  const ui = [
    ...['--ui-ip', '127.0.0.1', '--ui-port', String(uiPort), '--ui-disable-news-fetch'],
    ...(codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', codecEndpoint]),
  ];
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--namespace', namespace],
    ...['--db-filename', databaseFile, '--log-level', 'error'],
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', `synchronous=${SYNCHRONOUS[durability]}`],
    ...searchAttributes.flatMap((key) => ['--search-attribute', `${key.name}=${cliTypeOf(key)}`]),
    ...(uiPort === undefined ? ['--headless'] : ui),
  ];
}

function handle(
  path: string,
  { address, uiUrl, pid, databaseFile }: DevServerRecord,
  { startedHere, stopGraceMs }: { startedHere: boolean; stopGraceMs: number },
): DevServer {
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= leave(path, pid, stopGraceMs));
  return { address, uiUrl, pid, startedHere, databaseFile, close };
}

async function leave(path: string, pid: number, stopGraceMs: number): Promise<void> {
  await withLock(path, LOCK_WAIT_MS, async () => {
    const record = await readRecord(path);
    // Gone with its folder, or a successor that others started after the server died.
    if (record?.pid !== pid) return;
    const users = withoutMe(record.users);
    if (users.length > 0) {
      await writeRecord(path, { ...record, users });
      return;
    }
    await stopServer(pid, record.databaseFile, stopGraceMs);
    await removeRecord(path);
  });
}

function notReady(log: string): Error {
  const lastLines = log.trim().split('\n').slice(-5).join('\n');
  return new Error(`The Temporal development server did not become ready. Its last lines:\n${lastLines}`);
}

function recordPath(dataDir: string): string {
  return join(dataDir, 'temporal-dev-server.json');
}

function logPath(dataDir: string): string {
  return join(dataDir, 'temporal-dev-server.log');
}
