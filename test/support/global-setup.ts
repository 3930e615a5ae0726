/** Once per run of the tests: has the tools prepared, and names them to the test files in their environment. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

// eslint-disable-next-line no-restricted-syntax -- Jest takes the default export
export default async function globalSetup({ rootDir }: { readonly rootDir: string }): Promise<void> {
  // A process of its own: Jest loads this file without its module mapping, under which `.js` means `.ts`.
  const script = join(rootDir, 'test', 'support', 'prepare-tools.ts');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], {
    cwd: rootDir,
  });
  process.stderr.write(stderr);
  for (const line of stdout.split('\n')) {
    const [variable, ...value] = line.split('=');
    if (variable?.startsWith('TEST_') === true) process.env[variable] = value.join('=');
  }
}
