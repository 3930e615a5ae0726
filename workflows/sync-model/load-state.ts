/** How far a load is, and what it has learnt: values in, values out. */
import type { LoadResult, RowCounts } from '../../activities/warehouse/sync-contract.js';
import type { LoadState } from './messages.js';

const FIRST_ROWS = 1_000;
const MOST_ROWS = 4_000;
const GROWTH = 1.25;

export const NO_ROWS: RowCounts = {
  delivered: 0,
  unchanged: 0,
  skipped: 0,
  rejected: 0,
  retry: 0,
  unknown: 0,
};

export function startLoad(nowMs: number): LoadState {
  return {
    nextRow: 0,
    rowsPerCall: FIRST_ROWS,
    verdicts: NO_ROWS,
    reasons: {},
    calls: 0,
    loadStartedAtMs: nowMs,
    isPaused: false,
  };
}

/** More than is known to be accepted, for one request that tries it; nothing where that is known to be too much. */
export function largerRows({ rowsPerCall, tooManyRows = Infinity }: LoadState): number | undefined {
  const rows = Math.min(Math.ceil(rowsPerCall * GROWTH), MOST_ROWS);
  return rows > rowsPerCall && rows < tooManyRows ? rows : undefined;
}

export function afterRange(state: LoadState, result: LoadResult): LoadState {
  const tooManyRows = Math.min(state.tooManyRows ?? Infinity, result.tooLargeRows ?? Infinity);
  return {
    ...state,
    rowsPerCall: rowsAfter(Math.max(state.rowsPerCall, result.acceptedRows), tooManyRows),
    ...(tooManyRows === Infinity ? {} : { tooManyRows }),
    verdicts: addCounts(state.verdicts, result.verdicts),
    reasons: addReasons(state.reasons, result.reasons),
    calls: state.calls + result.calls,
  };
}

const rowsAfter = (rows: number, tooMany: number): number =>
  rows < tooMany ? rows : Math.max(1, Math.floor(tooMany / 2));

export function sumOf(counts: RowCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function addCounts(left: RowCounts, right: RowCounts): RowCounts {
  return {
    delivered: left.delivered + right.delivered,
    unchanged: left.unchanged + right.unchanged,
    skipped: left.skipped + right.skipped,
    rejected: left.rejected + right.rejected,
    retry: left.retry + right.retry,
    unknown: left.unknown + right.unknown,
  };
}

function addReasons(
  left: Readonly<Record<string, number>>,
  right: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum: Record<string, number> = { ...left };
  for (const [reason, count] of Object.entries(right)) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}
