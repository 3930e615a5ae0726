/** Consent goes first: a sync writes nothing of a person whose unsubscribe or opt-in is on its way. */
import type { SyncLoadDependencies } from './dependencies.js';
import type { Ledger } from './ledger.js';
import type { OpenRow } from './sort-rows.js';

/** @returns the others; those people's rows get the verdict `retry`, and are due with the next run */
export async function withoutConsentInFlight(
  rows: readonly OpenRow[],
  ledger: Ledger,
  { hasher, hasConsentInFlight }: SyncLoadDependencies,
): Promise<readonly OpenRow[]> {
  if (rows.length === 0) return rows;
  const hashes = rows.map(({ out }) => hasher.person(out.email));
  const waiting = await hasConsentInFlight(hashes);
  if (waiting.size === 0) return rows;
  const isWaiting = (_: OpenRow, index: number): boolean => waiting.has(hashes[index] ?? '');
  await ledger.write(
    rows.filter(isWaiting).map(({ n }) => ({ n, verdict: 'retry', reason: 'consent-in-flight' })),
  );
  return rows.filter((row, index) => !isWaiting(row, index));
}
