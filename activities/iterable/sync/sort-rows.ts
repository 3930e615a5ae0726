/** What is to be done with each row of a range, before anything is asked of Iterable. */
import type { Hasher } from '../../../domain/hasher.js';
import type { SyncModel } from '../../../domain/sync-model.js';
import { outgoing, type Outgoing } from '../../../domain/sync/outgoing.js';
import type { PlanRow, RowResult } from '../../warehouse/sync/store.js';

/** A row that has something for Iterable. */
export interface OpenRow {
  readonly n: number;
  readonly out: Exclude<Outgoing, { kind: 'nothing' | 'refused' }>;
  /** Nobody is created for it. */
  readonly mustExist: boolean;
  /** Whether Iterable has had the person, as far as confirmed verdicts tell. */
  readonly isKnown: boolean;
}

export interface Sorted {
  readonly settled: readonly RowResult[];
  readonly open: readonly OpenRow[];
}

export function sortRows(model: SyncModel, rows: readonly PlanRow[], hasher: Hasher): Sorted {
  const settled: RowResult[] = [];
  const open: OpenRow[] = [];
  for (const row of rows) {
    const { n, operation } = row;
    const out = sends(model, row) ? outgoing(model, row, hasher) : ({ kind: 'nothing' } as const);
    if (out.kind === 'nothing') settled.push({ n, verdict: 'unchanged' });
    else if (out.kind === 'refused') settled.push({ n, verdict: 'rejected', reason: out.reason });
    else {
      const isRemoval = operation === 'remove';
      const mustExist = isRemoval || model.mode.kind === 'update-only';
      // Who is removed may have been deleted since: an update would create them again.
      open.push({ n, out, mustExist, isKnown: row.oldEmail !== undefined && !isRemoval });
    }
  }
  return { settled, open };
}

const sends = (model: SyncModel, { operation }: PlanRow): boolean =>
  model.mode.kind !== 'insert-only' || operation !== 'change';
