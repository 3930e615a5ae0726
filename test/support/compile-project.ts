/**
 * What `npm run build` makes, for the processes that tests start: compiled once per run, because tsx takes longer to
 * compile for each process than most of these then run.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { transformFile } from '@swc/core';
import { z } from 'zod';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';

/** Inside the project, whose packages and package.json it needs, and laid out like it. */
export const COMPILED = join(PROJECT_ROOT, '.cache', 'test-build');

/**
 * Compiles what the build has, and the scripts that tests start. Types are checked elsewhere.
 * @param options.keep files that others put there
 */
export async function compileProject({ keep }: { readonly keep: readonly string[] }): Promise<void> {
  const { include } = z
    .object({ include: z.array(z.string()) })
    .parse(JSON.parse(await readFile(join(PROJECT_ROOT, 'tsconfig.build.json'), 'utf8')));
  const folders = [...include, join('test', 'support')];
  const made = (await Promise.all(folders.map(compileFolder))).flat();
  await removeOthers(new Set([...made, ...keep]));
}

/** @returns paths of the compiled files */
async function compileFolder(folder: string): Promise<string[]> {
  const entries = await readdir(join(PROJECT_ROOT, folder), { recursive: true });
  const sources = entries.filter((path) => /\.(ts|cjs)$/.test(path)).map((path) => join(folder, path));
  return Promise.all(sources.map(compile));
}

async function compile(source: string): Promise<string> {
  const path = join(COMPILED, source.replace(/\.ts$/, '.js'));
  const code = source.endsWith('.ts')
    ? (await transformFile(join(PROJECT_ROOT, source), SWC)).code
    : await readFile(join(PROJECT_ROOT, source), 'utf8');
  await put(path, code);
  return path;
}

/** As jest.config.js has it. */
const SWC = {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  module: { type: 'es6' },
  sourceMaps: 'inline',
  swcrc: false,
} as const;

/** Leaves what is the same alone, and never half a file: processes of another run of the tests may be reading it. */
export async function put(path: string, text: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}`, text);
  await rename(`${path}.${process.pid}`, path);
}

async function removeOthers(made: ReadonlySet<string>): Promise<void> {
  const there = (await readdir(COMPILED, { recursive: true })).map((path) => join(COMPILED, path));
  const old = there.filter((path) => /\.(js|cjs)$/.test(path) && !made.has(path));
  await Promise.all(old.map((path) => rm(path, { force: true })));
}
