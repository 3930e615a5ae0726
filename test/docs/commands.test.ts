import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { z } from 'zod';
import { leavesOf } from '../../scripts/docs/commands.js';
import { createProgram } from '../../scripts/recipes/program.js';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';
import { compiled, SHORT_LIVED } from '../support/tools.js';
import { npmCommandsOf, pageOf, readPages, type NpmCommand } from './pages.js';

let commands: readonly NpmCommand[];
let scripts: Readonly<Record<string, string>>;
beforeAll(async () => {
  commands = (await readPages()).flatMap(npmCommandsOf);
  const PackageJson = z.object({ scripts: z.record(z.string(), z.string()) });
  ({ scripts } = PackageJson.parse(JSON.parse(await readFile(join(PROJECT_ROOT, 'package.json'), 'utf8'))));
});

/** What an operator command line is refused for, without running it. */
function refusalOf(args: readonly string[]): string | undefined {
  const program = quiet(createProgram());
  for (const { command } of leavesOf(program)) command.action(() => undefined);
  try {
    program.parse(args, { from: 'user' });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Throws instead of ending the process, and writes nothing. */
function quiet(command: Command): Command {
  command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  command.commands.forEach(quiet);
  return command;
}

/** What a script of package.json runs with Node, in words. */
const wordsOf = (script: string): string[] => (scripts[script] ?? '').split(' ').slice(1);

async function helpFrom(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [...args, '--help'], { cwd: PROJECT_ROOT })).stdout;
}

/** What the help has: not the value that follows an option. */
const isOwnWord = (word: string, at: number, args: readonly string[]): boolean =>
  word.startsWith('-') || args[at - 1]?.startsWith('--') !== true;

/** The command that the script is told to run, where it has several. */
const verbOf = ([first = '-']: readonly string[]): string[] => (first.startsWith('-') ? [] : [first]);

describe('the commands that the pages name', () => {
  it('are scripts of package.json', () => {
    expect(commands.length).toBeGreaterThan(30);
    expect(commands.filter(({ script }) => scripts[script] === undefined)).toEqual([]);
  });

  it('npm run recipes: are taken by the tree of operator commands', () => {
    const lines = commands.filter(({ script, args }) => script === 'recipes' && args.length > 0);
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.flatMap(({ args }) => refusalOf(args) ?? []).join('\n')).toBe('');
    expect(lines.map(({ line }) => line).join()).toContain('parked release');
  });

  it('npm test: name tests that exist', () => {
    const paths = commands.filter(({ script }) => script === 'test').flatMap(({ args }) => args);
    expect(paths.filter((path) => !existsSync(join(PROJECT_ROOT, path)))).toEqual([]);
  });

  it('others: have their words and options in the help', async () => {
    const others = commands.filter(
      ({ script, args }) => script !== 'recipes' && script !== 'test' && args.length > 0,
    );
    const asked = new Set(others.map(({ script, args }) => [script, ...verbOf(args)].join(' ')));
    const helps = new Map(
      await Promise.all(
        [...asked].map(async (command) => {
          const [script = '', ...verb] = command.split(' ');
          return [
            command,
            await helpFrom(...SHORT_LIVED, compiled(wordsOf(script).at(-1) ?? ''), ...verb),
          ] as const;
        }),
      ),
    );
    const unknown = others.filter(({ script, args }) => {
      const help = helps.get([script, ...verbOf(args)].join(' '));
      return !args.filter(isOwnWord).every((word) => help?.includes(word));
    });
    expect(helps.size).toBeGreaterThan(3);
    expect(unknown).toEqual([]);
  });

  it('run from the sources, as package.json has them', async () => {
    expect(scripts['recipes']).toMatch(/^node /);
    expect(await helpFrom(...wordsOf('recipes'))).toContain('operate the recipes');
  });

  it('would be caught when they are wrong', () => {
    const text = [
      '```sh',
      'npm ci && npm run nothing',
      "npm run recipes -- parked replace --id 'a b' \\",
      "  --fields '{}' # done",
      '```',
      '`npm run recipes -- parked unpark`',
    ].join('\n');
    const found = npmCommandsOf(pageOf('docs/x.md', text));
    expect(found.map(({ script, args }) => [script, ...args])).toEqual([
      ['nothing'],
      ['recipes', 'parked', 'replace', '--id', 'a b', '--fields', '{}'],
      ['recipes', 'parked', 'unpark'],
    ]);
    expect(found.map(({ args }) => refusalOf(args) === undefined)).toEqual([false, true, false]);
  });
});
