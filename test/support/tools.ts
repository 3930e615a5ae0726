/** What the start of the run has prepared, as it names it in the environment. */
import { join } from 'node:path';

/** @throws Error when it could not be prepared */
export function tool(variable: string): string {
  const path = process.env[variable];
  if (path === undefined) throw new Error(`${variable} is not there: the start of the test run says why.`);
  return path;
}

/** Flags of Node for what lives for a second: optimising its code and collecting its garbage would take half of that. */
export const SHORT_LIVED = ['--no-opt', '--min-semi-space-size=16'];

/** Where `scripts/x.ts` is as JavaScript: plain node starts it, in half the time. @throws Error as `tool` */
export function compiled(source: string): string {
  return join(tool('TEST_COMPILED'), source.replace(/\.ts$/, '.js'));
}
