import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 90_000;

/** Waits until something holds; gives up silently, because the table shows what is missing. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) return;
    await delay(100);
  }
}
