/** How many requests a plan will take, and how long: for dry runs and for whoever approves. */
import type { SyncTarget } from '../sync-model.js';

export const MOST_ROWS_PER_CALL = 1_000;
/** Iterable takes 4 MB; the rest is for what goes around the rows. */
export const MOST_BYTES_PER_CALL = 3_900_000;
/**
 * Requests per second and project.
 * @see https://api.iterable.com/api/docs#users_bulkUpdateUser
 * @see https://api.iterable.com/api/docs#events_trackBulk
 */
const PER_SECOND: Readonly<Record<SyncTarget['kind'], number>> = { user: 5, event: 10 };
/** Names of fields, quotes and the address, beside the cells. */
const BYTES_AROUND_ROW = 400;

/** @param bytes of the planned rows' cells */
export function estimateOf(
  rows: number,
  bytes: number,
  target: SyncTarget,
): { readonly calls: number; readonly seconds: number } {
  const calls = Math.ceil(
    Math.max(rows / MOST_ROWS_PER_CALL, (bytes + rows * BYTES_AROUND_ROW) / MOST_BYTES_PER_CALL),
  );
  return { calls, seconds: Math.ceil(calls / PER_SECOND[target.kind]) };
}
