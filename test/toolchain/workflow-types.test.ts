import { beforeAll, describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { complaintsAbout } from '../support/compiler.js';

const config = fileURLToPath(new URL('../../workflows/tsconfig.json', import.meta.url));
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
    complaints = complaintsAbout({ config, folder }, { ...lines, nothing: RIGHT });
  });

  it.each(Object.keys(lines))('refuses %s', (name) => {
    expect(complaints.get(name)).toContain(`'${name}'`);
  });

  it('takes what the workflow package offers', () => {
    expect(complaints.get('nothing')).toBe('');
  });
});
