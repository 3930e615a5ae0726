/** `npm run recipes -- ...` as a process of its own, as operators and their scripts run it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { compiled, SHORT_LIVED } from './tools.js';

export interface CommandRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runRecipes(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = '',
): Promise<CommandRun> {
  const child = spawn(process.execPath, [...SHORT_LIVED, compiled('scripts/recipes/main.ts'), ...args], {
    env,
  });
  child.stdin.end(input);
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await exit;
  return { exitCode: child.exitCode ?? -1, stdout, stderr };
}
