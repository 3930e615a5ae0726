/** Activities of a sync for stories about its workflow: a model of so many rows, every one delivered unless told otherwise. */
import type {
  LoadRange,
  LoadResult,
  PlanSummary,
  RunRecord,
} from '../../activities/warehouse/sync-contract.js';
import { DEFAULT_GUARDS } from '../../domain/define-model.js';
import { NO_ROWS } from '../../workflows/sync-model/load-state.js';
import type { TestActivities } from './recipes-worker.js';

export function planOf(rows: number, changes: Partial<PlanSummary> = {}): PlanSummary {
  return {
    sourceRows: rows,
    knownRows: 0,
    operations: { add: rows, change: 0, remove: 0, retry: 0 },
    plannedRows: rows,
    unchangedRows: 0,
    nullKeys: 0,
    duplicateKeys: 0,
    newColumns: [],
    goneColumns: [],
    retypedColumns: [],
    typeConflicts: [],
    sample: [],
    estimate: { calls: Math.ceil(rows / 1_000), seconds: 1 },
    ...changes,
  };
}

export function deliveredAll({ fromRow, untilRow }: LoadRange): LoadResult {
  const rows = untilRow - fromRow;
  return { verdicts: { ...NO_ROWS, delivered: rows }, calls: 1, acceptedRows: rows, reasons: {} };
}

export interface SyncStory {
  readonly activities: Partial<TestActivities>;
  /** Names of what was called, in order; ranges as `load 0-1000`. */
  readonly calls: string[];
  readonly records: RunRecord[];
}

export function syncStory(plan: PlanSummary, changes: Partial<TestActivities> = {}): SyncStory {
  const calls: string[] = [];
  const records: RunRecord[] = [];
  let loaded = 0;
  const load = changes.loadRange ?? ((range): Promise<LoadResult> => Promise.resolve(deliveredAll(range)));
  const activities: Partial<TestActivities> = {
    syncSettings: () => Promise.resolve({ target: 'user', guards: DEFAULT_GUARDS, mostPerSecond: 5 }),
    planSync: () => Promise.resolve(plan),
    hasPlan: () => Promise.resolve(true),
    verifyRun: () => Promise.resolve({ settled: 0, sampled: 20, differing: 0 }),
    commitSync: () => {
      const open = plan.plannedRows - loaded;
      return Promise.resolve({
        planned: plan.plannedRows,
        verdicts: { ...NO_ROWS, delivered: loaded, retry: open },
      });
    },
    dropPlans: () => Promise.resolve(),
    retryFailed: () => Promise.resolve(0),
    ...changes,
    recordRun: (record) => {
      records.push(record);
      return Promise.resolve();
    },
    loadRange: async (range) => {
      const result = await load(range);
      loaded += range.untilRow - range.fromRow;
      return result;
    },
  };
  return { activities: noted(activities, calls), calls, records };
}

/** Every activity notes its name as soon as it is called. */
function noted(activities: Partial<TestActivities>, calls: string[]): Partial<TestActivities> {
  const { planSync, commitSync, hasPlan, verifyRun, dropPlans, recordRun, retryFailed, loadRange } =
    activities;
  const note = <A extends unknown[], R>(name: string, act: ((...args: A) => R) | undefined) =>
    act === undefined
      ? {}
      : {
          [name]: (...args: A): R => {
            calls.push(name);
            return act(...args);
          },
        };
  return {
    ...activities,
    ...note('planSync', planSync),
    ...note('commitSync', commitSync),
    ...note('hasPlan', hasPlan),
    ...note('verifyRun', verifyRun),
    ...note('dropPlans', dropPlans),
    ...note('recordRun', recordRun),
    ...note('retryFailed', retryFailed),
    loadRange: (range) => {
      calls.push(`load ${String(range.fromRow)}-${String(range.untilRow)}`);
      return loadRange === undefined ? Promise.reject(new Error('nothing loads')) : loadRange(range);
    },
  };
}
