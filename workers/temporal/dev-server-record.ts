import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** What processes of one data folder tell each other about the development server that they share. */
const DevServerRecord = z.object({
  /** Process id of the server. */
  pid: z.int().positive(),
  /** `host:port` of its gRPC API. */
  address: z.string(),
  uiUrl: z.url().optional(),
  databaseFile: z.string(),
  /** Process ids of those who use it, once per use. The last one that leaves stops it. */
  users: z.array(z.int().positive()),
});
export type DevServerRecord = z.infer<typeof DevServerRecord>;

/** @returns undefined when there is none, or none that makes sense */
export async function readRecord(path: string): Promise<DevServerRecord | undefined> {
  try {
    return DevServerRecord.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Writes the record as a whole or not at all. */
export async function writeRecord(path: string, record: DevServerRecord): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify(record, null, 2));
  await rename(draft, path);
}

export async function removeRecord(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** `users` plus this process. */
export function withMe(users: readonly number[]): number[] {
  return [...users.filter(isAlive), process.pid];
}

/** `users` minus one use of this process, and minus those that died without a word. */
export function withoutMe(users: readonly number[]): number[] {
  const at = users.indexOf(process.pid);
  return users.filter((pid, index) => index !== at && isAlive(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there, but another user's.
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM';
  }
}
