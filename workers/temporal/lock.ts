import { lock } from 'proper-lockfile';

/** A holder that died is noticed this long after its last sign of life. */
const STALE_MS = 5_000;
const RETRY_MS = { minTimeout: 20, maxTimeout: 500, randomize: true } as const;

/**
 * Runs `work` while no other process runs its own under the same path.
 * @param path need not exist, its folder must; `<path>.lock` appears beside it meanwhile
 * @param waitMs how long to wait for the others, about
 */
export async function withLock<T>(path: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const release = await lock(path, {
    realpath: false,
    stale: STALE_MS,
    retries: { retries: Math.ceil(waitMs / RETRY_MS.maxTimeout) + 6, ...RETRY_MS },
    // A machine that slept may lose its lock. Both then do the same work, whose last step is atomic.
    onCompromised: () => undefined,
  });
  try {
    return await work();
  } finally {
    await release().catch(() => undefined);
  }
}
