/** The pages as their readers have them: headings, links, code, and the commands in it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';

export interface Page {
  /** From the root of the project: `docs/http.md`. */
  readonly path: string;
  readonly text: string;
  /** Blocks between fences. */
  readonly blocks: readonly { readonly language: string; readonly text: string }[];
  /** Code within lines. */
  readonly spans: readonly string[];
  /** Targets of links. */
  readonly links: readonly string[];
  /** What a link may name behind `#`. */
  readonly anchors: ReadonlySet<string>;
}

/** README.md, CHANGELOG.md and everything in docs/. */
export async function readPages(): Promise<readonly Page[]> {
  const inDocs = (await readdir(join(PROJECT_ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
  const paths = ['README.md', 'CHANGELOG.md', ...inDocs.map((name) => `docs/${name}`)];
  return Promise.all(
    paths.map(async (path) => pageOf(path, await readFile(join(PROJECT_ROOT, path), 'utf8'))),
  );
}

export function pageOf(path: string, text: string): Page {
  const blocks = [...text.matchAll(FENCED)].map(([, , language = '', block = '']) => ({
    language,
    text: withoutIndent(block),
  }));
  const prose = text.replaceAll(FENCED, '');
  const spans = [...prose.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, span = '']) => span);
  const links = [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target);
  return { path, text, blocks, spans, links, anchors: anchorsOf(prose) };
}

const FENCED = /^( *)```(\w*)[^\n]*\n([\s\S]*?)^\1```$/gm;

function withoutIndent(block: string): string {
  const indent = /^ */.exec(block)?.[0] ?? '';
  return block.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}

/** As GitHub makes them: lower case, blanks to hyphens, no punctuation, a number for the second of a kind. */
function anchorsOf(prose: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose.matchAll(/^#+ (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${slug}-${String(again)}`;
    anchors.add(anchor);
  }
  return anchors;
}

export interface NpmCommand {
  /** As the page has it. */
  readonly line: string;
  /** Name in package.json: `recipes`. */
  readonly script: string;
  /** What follows `--`, as a shell would divide it. */
  readonly args: readonly string[];
}

/** Every `npm ...` that a page tells its readers to run, but `npm ci`. */
export function npmCommandsOf({ blocks, spans }: Page): readonly NpmCommand[] {
  const lines = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'));
  return [...lines, ...spans].flatMap((line) => line.split('&&')).flatMap(npmCommandOf);
}

function npmCommandOf(line: string): readonly NpmCommand[] {
  const [npm, ...rest] = words(line);
  const [verb = '', ...more] = rest.filter((word) => word !== '-s');
  if (npm !== 'npm' || verb === '' || verb === 'ci') return [];
  const script = verb === 'run' ? (more[0] ?? '') : verb;
  const dashes = more.indexOf('--');
  return script === '' ? [] : [{ line, script, args: dashes === -1 ? [] : more.slice(dashes + 1) }];
}

/** Divides at blanks outside of quotes, up to a comment. */
function words(line: string): readonly string[] {
  const found: string[] = [];
  for (const [, single, double, plain = ''] of line.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)) {
    if (plain.startsWith('#')) break;
    found.push(single ?? double ?? plain);
  }
  return found;
}
