import { beforeAll, describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const CONFIG = fileURLToPath(new URL('../../workflows/tsconfig.json', import.meta.url));
const folder = fileURLToPath(new URL('../../workflows/', import.meta.url));

/** Files that exist in the compiler's memory only, one line each, beside the real ones. */
const lines: Readonly<Record<string, string>> = {
  process: `export const home = process.cwd();`,
  console: `console.log('delivered');`,
  setTimeout: `setTimeout(() => undefined, 1_000);`,
  Buffer: `export const bytes = Buffer.from('text');`,
  fetch: `export const answer = fetch('http://127.0.0.1/');`,
  'node:fs': `import { readFile } from 'node:fs'; export const read = readFile;`,
};
const RIGHT = `import { sleep } from '@temporalio/workflow'; export const wait = (): Promise<void> => sleep('1 second');`;

/**
 * The program of workflows/tsconfig.json as it is, real files included: one import that leads to Node's types, through
 * an activity's code or a package, would let all of these names back in everywhere.
 */
describe('the compiler in workflows/', () => {
  let complaints: ReadonlyMap<string, string>;
  beforeAll(() => {
    complaints = complaintsAbout({ ...lines, nothing: RIGHT });
  });

  it.each(Object.keys(lines))('refuses %s', (name) => {
    expect(complaints.get(name)).toContain(`'${name}'`);
  });

  it('takes what the workflow package offers', () => {
    expect(complaints.get('nothing')).toBe('');
  });
});

/** What the compiler says of each piece of code, by its name. */
function complaintsAbout(code: Readonly<Record<string, string>>): Map<string, string> {
  const files = new Map(Object.entries(code).map(([name, text]) => [pathOf(name), text]));
  const { options, fileNames } = workflowsConfig();
  const program = ts.createProgram([...fileNames, ...files.keys()], options, hostWith(files, options));
  return new Map(
    Object.keys(code).map((name) => {
      const found = program.getSemanticDiagnostics(program.getSourceFile(pathOf(name)));
      return [
        name,
        found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')).join('\n'),
      ];
    }),
  );
}

const pathOf = (name: string): string => `${folder}probe-${name.replace(':', '-')}.ts`;

function workflowsConfig(): ts.ParsedCommandLine {
  const parsed = ts.getParsedCommandLineOfConfigFile(
    CONFIG,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  );
  if (parsed === undefined) throw new Error(`${CONFIG} cannot be read`);
  return parsed;
}

/** The disk, with these files on it. */
function hostWith(files: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const disk = ts.createCompilerHost(options);
  return {
    ...disk,
    fileExists: (path) => files.has(path) || disk.fileExists(path),
    readFile: (path) => files.get(path) ?? disk.readFile(path),
    getSourceFile: (path, language, ...rest) => {
      const text = files.get(path);
      return text === undefined
        ? disk.getSourceFile(path, language, ...rest)
        : ts.createSourceFile(path, text, language);
    },
  };
}
