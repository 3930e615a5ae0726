/** What workflows may ask about syncs. Interfaces only: workflows import this file as types. Rows never pass here. */
import type { Operation, RowVerdict, SyncGuards, SyncTarget } from '../../domain/sync-model.js';

export interface SyncRun {
  /** `<model>-<time>-<random>`: names the plan table; letters, digits and hyphens. */
  readonly runId: string;
  readonly model: string;
}

export type RowCounts = Readonly<Record<RowVerdict, number>>;

/** A frozen plan, in numbers. */
export interface PlanSummary {
  readonly sourceRows: number;
  /** Rows of the snapshot, which are those of the last run. */
  readonly knownRows: number;
  readonly operations: Readonly<Record<Operation, number>>;
  /** Rows of the plan table: the sum of the operations. */
  readonly plannedRows: number;
  readonly unchangedRows: number;
  /** Left out of the plan: rows without a key, and rows whose key is there several times. */
  readonly nullKeys: number;
  readonly duplicateKeys: number;
  /** Against the last run: names of columns. */
  readonly newColumns: readonly string[];
  readonly goneColumns: readonly string[];
  readonly retypedColumns: readonly string[];
  /** Iterable fields whose type there does not take what the mapping sends. */
  readonly typeConflicts: readonly string[];
  /** Hashes of some keys, by operation, for whoever approves. */
  readonly sample: readonly { readonly operation: Operation; readonly keyHash: string }[];
  readonly estimate: { readonly calls: number; readonly seconds: number };
}

/** What a run has done in the end. The verdicts add up to the planned rows. */
export interface RunTotals {
  readonly planned: number;
  readonly verdicts: RowCounts;
}

/** A line of the run log. Times ISO 8601. */
export interface RunRecord extends SyncRun {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly outcome: 'done' | 'rejected' | 'timed-out' | 'cancelled' | 'failed';
  readonly plan: PlanSummary | undefined;
  readonly totals: RunTotals | undefined;
  readonly calls: number;
  readonly seconds: number;
  readonly problem: string | undefined;
}

/** Queue `warehouse`. */
export interface SyncWarehouseActivities {
  /**
   * Freezes the model's result as a table of operations with old and new row. Repeating it for a run that has its plan
   * returns the same plan. Proves declared rows = read rows.
   * @throws ApplicationFailure `invalid-input`, not retryable: the model's SQL is wrong, or maps what it must not
   */
  readonly planSync: (run: SyncRun) => Promise<PlanSummary>;
  /** Moves the snapshot by the confirmed verdicts, writes the row log, drops the plan. Idempotent by run. */
  readonly commitSync: (run: SyncRun) => Promise<RunTotals>;
  /** Whether the plan table is still there and whole. */
  readonly hasPlan: (run: SyncRun) => Promise<boolean>;
  /** Drops the plan of a run that ends without commit, and every plan older than so long. */
  readonly dropPlans: (run: SyncRun, olderThanMs: number) => Promise<void>;
  readonly recordRun: (record: RunRecord) => Promise<void>;
  /** Makes every rejected row of the model due at once. @returns how many */
  readonly retryFailed: (model: string) => Promise<number>;
}

/** A row as a command shows it. Times ISO 8601. */
export interface SyncRowView {
  readonly keyHash: string;
  readonly verdict: RowVerdict;
  readonly reason: string | undefined;
  /** Refusals in a row, or times that nobody was found. */
  readonly attempts: number;
  /** Of the last run that settled it, or of the run that was asked for. */
  readonly at: string | undefined;
  /** Absent where the row is settled or given up; only of the present state. */
  readonly nextEligible: string | undefined;
  /** Only of a run. */
  readonly operation: Operation | undefined;
}

export interface SyncRowsQuestion {
  readonly model: string;
  readonly verdict?: RowVerdict;
  /** The row log of this run; else the present state of the model's rows. */
  readonly runId?: string;
  /** At most 1,000. */
  readonly limit: number;
}
export interface SyncHistoryQuestion {
  readonly model: string;
  readonly limit: number;
}

/** Queue `warehouse`: read-only questions of the commands. */
export interface SyncQuestionActivities {
  /** By verdict, the latest first. */
  readonly syncRows: (question: SyncRowsQuestion) => Promise<readonly SyncRowView[]>;
  /** The latest runs first. */
  readonly syncHistory: (question: SyncHistoryQuestion) => Promise<readonly RunRecord[]>;
}

export interface LoadRange extends SyncRun {
  /** Rows of the plan by number, from 0; `untilRow` is not part of it. */
  readonly fromRow: number;
  readonly untilRow: number;
  /** Rows in one request at most, as learnt so far. */
  readonly rowsPerCall: number;
}

export interface LoadResult {
  /** Of the whole range, also of what an earlier attempt has settled. Their sum is the range. */
  readonly verdicts: RowCounts;
  readonly calls: number;
  /** Rows in the largest request that Iterable took, and in the smallest that it found too large. */
  readonly acceptedRows: number;
  readonly tooLargeRows?: number;
  /** Codes of reasons with their counts. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** What a run goes by: of its model, and of the worker. Read once, so that a change of recipes/ meets the next run. */
export interface SyncSettings {
  readonly target: SyncTarget['kind'];
  readonly guards: SyncGuards;
  /** Requests per second and project, as Iterable publishes them. */
  readonly mostPerSecond: number;
}

/** Queues `iterable-bulk-users` and `iterable-bulk-events`, in the process that has the warehouse. */
export interface SyncLoadActivities {
  /** @throws ApplicationFailure `invalid-input`, not retryable: no such model, or one that maps what it must not */
  readonly syncSettings: (model: string) => Promise<SyncSettings>;
  /**
   * Sends one range: maps, compares, batches by rows and bytes, reads every answer row by row, isolates bad rows. The
   * verdict of each row is in the ledger before it returns; an attempt after a crash sends only what the ledger lacks.
   * @throws ApplicationFailure `unavailable`, `rate-limited`, `auth`, retryable, when a request got nowhere
   */
  readonly loadRange: (range: LoadRange) => Promise<LoadResult>;
  /** Reads doubtful rows and a sample back from Iterable, and settles the doubtful ones in the ledger. */
  readonly verifyRun: (
    run: SyncRun,
    sampleRows: number,
  ) => Promise<{ readonly settled: number; readonly sampled: number; readonly differing: number }>;
}
