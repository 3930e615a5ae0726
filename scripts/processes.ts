/** `npm start` as a process of its own, for the benchmark and for tests that kill it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** From the sources, as the start script of package.json does it. */
const SOURCES = [
  ...['--import', import.meta.resolve('tsx/esm')],
  fileURLToPath(new URL('./start.ts', import.meta.url)),
];
/** Gateway and worker. With a larger nursery, because requests that wait for their answer would be copied time and again. */
const FROM_SOURCES = ['--max-semi-space-size=64', ...SOURCES];
/** A worker alone, which is to need little memory. */
export const WORKER_FROM_SOURCES = [...SOURCES, '--only', 'worker'];

const Line = z.object({ msg: z.string().optional() }).loose();
export type LogLine = z.infer<typeof Line>;

export interface StartedProcess {
  readonly pid: number;
  /** What the process logged as it became ready: addresses. */
  readonly ready: LogLine;
  /** Everything it has written so far, both streams. */
  readonly output: () => string;
  /** Ends it with a signal and waits for its end. @returns its exit code, null when the signal ended it */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
}

/**
 * Starts it and waits until it says that it is ready.
 * @param script what Node is to run; `npm start` unless told
 * @throws with its output when it ends before
 */
export async function startProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  script: readonly string[] = FROM_SOURCES,
): Promise<StartedProcess> {
  const child = spawn(process.execPath, [...script, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  const ended = once(child, 'close'); // not 'exit': its last words come after it
  const ready = await new Promise<LogLine>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      written.push(`${line}\n`);
      const parsed = parseLine(line);
      if (parsed?.msg === 'ready') resolve(parsed);
    });
    void ended.then(() => {
      reject(new Error(`ended before it was ready:\n${written.join('')}`));
    });
  });
  return {
    pid: child.pid ?? 0,
    ready,
    output: () => written.join(''),
    end: (signal) => end(child, signal, ended),
  };
}

async function end(
  child: ChildProcess,
  signal: NodeJS.Signals,
  ended: Promise<unknown>,
): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await ended;
  }
  return child.exitCode;
}

function parseLine(line: string): LogLine | undefined {
  try {
    return Line.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
