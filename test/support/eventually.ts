/** Waits for what other processes or real timers bring about. */
import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 20;
const PATIENCE_MS = 30_000;

/** Repeats the expectation until it holds; after half a minute throws what it threw last. */
export async function eventually(expectation: () => void | Promise<void>): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await expectation();
      return;
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
    }
    await delay(EVERY_MS);
  }
}
