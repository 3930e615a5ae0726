/** Consent goes first: a sync writes nothing of a person whose unsubscribe or opt-in is on its way. */
import type { SyncLoadDependencies } from './dependencies.js';
import type { Ledger } from './ledger.js';
import type { OpenRow } from './sort-rows.js';

/** @returns the others; those people's rows get the verdict `retry`, and are due with the next run */
export async function withoutConsentInFlight(
  rows: readonly OpenRow[],
  ledger: Ledger,
  { hasher, consentInFlight }: SyncLoadDependencies,
): Promise<readonly OpenRow[]> {
  if (rows.length === 0) return rows;
  const people = await consentInFlight();
  if (people.size === 0) return rows;
  const waiting = new Set(rows.filter(({ out }) => people.has(hasher.person(out.email))));
  await ledger.write([...waiting].map(({ n }) => ({ n, verdict: 'retry', reason: 'consent-in-flight' })));
  return rows.filter((row) => !waiting.has(row));
}
