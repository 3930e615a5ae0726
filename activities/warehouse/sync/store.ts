/**
 * The plan of a run and its ledger, as the loader uses them. Rows stay in the process that has the warehouse: nothing
 * of this passes through a workflow.
 */
import type { Operation, RowVerdict } from '../../../domain/sync-model.js';
import type { Cell } from '../engine.js';
import type { SyncRun } from '../sync-contract.js';

/** Cells of `columnsOf(model)`, in that order. `undefined`: not mapped yet when the row was sent. */
export type PlanCells = readonly (Cell | undefined)[];

export interface PlanRow {
  /** Number in the plan, from 0, without gaps. */
  readonly n: number;
  readonly operation: Operation;
  /** Text of the key. Personal data: for ids of events, never for logs. */
  readonly key: string;
  /** Normalised address that Iterable has the row under; absent where nothing is confirmed to be there. */
  readonly oldEmail?: string;
  /** Normalised address of the model's row; absent in removals, and where the column is NULL. */
  readonly newEmail?: string;
  /** What Iterable is known to have. Absent for rows that are new there or in doubt: everything is sent then. */
  readonly oldRow?: PlanCells;
  /** What Iterable is to have: NULLs that must not overwrite are replaced by what was sent. Absent in removals. */
  readonly newRow?: PlanCells;
  /** Refusals so far. */
  readonly attempts: number;
}

export interface RowResult {
  readonly n: number;
  readonly verdict: RowVerdict;
  /** A stable code: of domain/sync/row-reasons.ts or domain/reasons.ts. */
  readonly reason?: string;
}

/** Ranges are `fromRow` to `untilRow`, which is not part of them. */
export interface SyncStore {
  /**
   * @returns every row of the range, by number
   * @throws ApplicationFailure `plan-lost`, not retryable, when the plan table is gone or has not all of the range
   */
  readonly readPlanRows: (
    run: SyncRun,
    fromRow: number,
    untilRow: number,
    signal: AbortSignal,
  ) => Promise<readonly PlanRow[]>;
  /** Idempotent by number: of several verdicts on a row a settled one counts, else the latest. */
  readonly writeVerdicts: (run: SyncRun, rows: readonly RowResult[], signal: AbortSignal) => Promise<void>;
  /** The rows of the range that have a verdict, `retry` and `unknown` among them. */
  readonly settledRows: (
    run: SyncRun,
    fromRow: number,
    untilRow: number,
    signal: AbortSignal,
  ) => Promise<readonly RowResult[]>;
  /** Rows whose verdict is `unknown`, by number, after a number: -1 for the first page. */
  readonly doubtfulRows: (
    run: SyncRun,
    afterRow: number,
    limit: number,
    signal: AbortSignal,
  ) => Promise<readonly PlanRow[]>;
  /** Some of the delivered rows, spread over the run. */
  readonly sampleRows: (run: SyncRun, count: number, signal: AbortSignal) => Promise<readonly PlanRow[]>;
}
