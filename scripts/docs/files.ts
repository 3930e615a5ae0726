/** The files that `npm run docs` writes, and which of them are not what it would write. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { generateEnvExample } from '../../config/reference.js';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';
import { withGenerated } from './generated.js';
import { PARTS } from './parts.js';

export interface DocumentationFile {
  /** From the root of the project: `docs/settings.md`. */
  readonly path: string;
  /** Empty for a file that is not there yet. */
  readonly found: string;
  readonly generated: string;
}

/**
 * README.md, every page in docs/, and .env.example, as they are and as they would be written.
 * @throws Error that names the page and what is wrong with a marker in it
 */
export async function documentationFiles(root = PROJECT_ROOT): Promise<readonly DocumentationFile[]> {
  const pages = await Promise.all((await pagePaths(root)).map((path) => page(root, path)));
  const env = '.env.example';
  return [...pages, { path: env, found: await textOf(join(root, env)), generated: generateEnvExample() }];
}

export const isStale = ({ found, generated }: DocumentationFile): boolean => found !== generated;

export async function write(file: DocumentationFile, root = PROJECT_ROOT): Promise<void> {
  await writeFile(join(root, file.path), file.generated);
}

async function pagePaths(root: string): Promise<readonly string[]> {
  const names = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).sort();
  const readme = (await textOf(join(root, 'README.md'))) === '' ? [] : ['README.md'];
  return [...readme, ...names.map((name) => `docs/${name}`)];
}

/** Formatted, so that `npm run format` afterwards changes nothing. */
async function page(root: string, path: string): Promise<DocumentationFile> {
  const filepath = join(root, path);
  const found = await textOf(filepath);
  try {
    const options = { ...(await resolveConfig(filepath)), filepath };
    return { path, found, generated: await format(withGenerated(found, PARTS), options) };
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
