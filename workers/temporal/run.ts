import { execFile } from 'node:child_process';

export interface Ran {
  /** `null`: killed by a signal, or by the time limit. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs an executable to its end, without a shell.
 * @throws Error when it cannot be executed at all (missing, not executable, not a program of this machine)
 */
export function run(file: string, args: readonly string[], timeoutMs: number): Promise<Ran> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr });
      else if (error.killed === true || error.signal != null) resolve({ exitCode: null, stdout, stderr });
      else reject(new Error(`${file} does not run (${String(error.code)})`));
    });
  });
}
