/** The verdicts of one attempt on a range: written down as they come, and counted together with what was there. */
import type { RowVerdict } from '../../../domain/sync-model.js';
import type { RowCounts, SyncRun } from '../../warehouse/sync-contract.js';
import type { RowResult, SyncStore } from '../../warehouse/sync/store.js';
import type { RowOutcome } from '../bulk-lists.js';

export interface Ledger {
  readonly has: (n: number) => boolean;
  /** Written when it returns. A cancellation does not keep it from being written. */
  readonly write: (rows: readonly RowResult[]) => Promise<void>;
  readonly count: () => { readonly verdicts: RowCounts; readonly reasons: Readonly<Record<string, number>> };
}

export function openLedger(store: SyncStore, run: SyncRun, before: readonly RowResult[]): Ledger {
  const rows = new Map(before.map((row) => [row.n, row]));
  const always = new AbortController().signal;
  return {
    has: (n) => rows.has(n),
    write: async (told) => {
      if (told.length === 0) return;
      await store.writeVerdicts(run, told, always);
      for (const row of told) rows.set(row.n, row);
    },
    count: () => countRows(rows.values()),
  };
}

export function resultOf(n: number, outcome: RowOutcome): RowResult {
  return { n, verdict: outcome.kind, ...('reason' in outcome ? { reason: outcome.reason } : {}) };
}

function countRows(rows: Iterable<RowResult>): ReturnType<Ledger['count']> {
  const verdicts: Record<RowVerdict, number> = { ...NONE };
  const reasons: Record<string, number> = {};
  for (const { verdict, reason } of rows) {
    verdicts[verdict] += 1;
    if (reason !== undefined) reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return { verdicts, reasons };
}

const NONE: RowCounts = { delivered: 0, unchanged: 0, skipped: 0, rejected: 0, retry: 0, unknown: 0 };
