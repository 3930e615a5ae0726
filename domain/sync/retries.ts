/** When a row that did not get through is tried again. */
import type { RowRetries } from '../sync-model.js';

const HOUR_MS = 3_600_000;

/**
 * @param attempts refusals so far, this one included
 * @returns ms since 1970; undefined when the row is given up
 */
export function dueAfterRefusal(retries: RowRetries, attempts: number, nowMs: number): number | undefined {
  const waitHours = retries.waitHours[attempts - 1];
  return waitHours === undefined ? undefined : nowMs + waitHours * HOUR_MS;
}

/** Whoever is not at Iterable may come any day: tried again for ever, at last at the longest interval. */
export function dueAfterAbsence(retries: RowRetries, attempts: number, nowMs: number): number {
  const { waitHours } = retries;
  return nowMs + (waitHours[Math.min(attempts, waitHours.length) - 1] ?? 0) * HOUR_MS;
}
