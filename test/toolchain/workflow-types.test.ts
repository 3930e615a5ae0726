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

/** What the compiler says of each line, by its name. */
function complaintsAbout(code: Readonly<Record<string, string>>): Map<string, string> {
  const { config } = ts.readConfigFile(CONFIG, (path) => ts.sys.readFile(path));
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const probes = new Map(Object.entries(code).map(([name, text]) => [`${folder}${toFile(name)}`, text]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => probes.has(path) || fileExists(path);
  host.readFile = (path) => probes.get(path) ?? readFile(path);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const text = probes.get(path);
    return text === undefined
      ? getSourceFile(path, languageVersion, ...rest)
      : ts.createSourceFile(path, text, languageVersion);
  };
  const program = ts.createProgram([...fileNames, ...probes.keys()], options, host);
  return new Map(
    Object.keys(code).map((name) => {
      const found = program.getSemanticDiagnostics(program.getSourceFile(`${folder}${toFile(name)}`));
      return [
        name,
        found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')).join('\n'),
      ];
    }),
  );
}

const toFile = (name: string): string => `probe-${name.replace(':', '-')}.ts`;
