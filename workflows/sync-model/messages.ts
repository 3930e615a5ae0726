/** What goes into and comes out of `syncModel`: one run of one model. */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { PlanSummary, RowCounts, RunRecord } from '../../activities/warehouse/sync-contract.js';

export const SYNC_MODEL = 'syncModel';
/** One run of a model at a time: the id is the model's. */
export const syncWorkflowId = (model: string): string => `sync/${model}`;

export interface SyncModelInput {
  readonly model: string;
  readonly environment: string;
  /** Counts and estimates only; nothing is sent. */
  readonly dryRun: boolean;
  /** Set when it continues as new. */
  readonly resumed?: SyncMemory;
}

/** What a run hands to the next one. */
export interface SyncMemory {
  readonly runId: string;
  readonly startedAtMs: number;
  readonly plan: PlanSummary;
  readonly loaded: LoadState;
}

export interface LoadState {
  readonly nextRow: number;
  readonly rowsPerCall: number;
  readonly verdicts: RowCounts;
  readonly reasons: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly loadStartedAtMs: number;
  /** Requests per second at most, where an operator has set it. */
  readonly ratePerSecond?: number;
  readonly isPaused: boolean;
}

export type SyncPhase =
  'planning' | 'awaiting-approval' | 'loading' | 'paused' | 'verifying' | 'committing' | 'done';

export interface SyncProgress {
  readonly runId: string;
  readonly model: string;
  readonly phase: SyncPhase;
  readonly plan?: PlanSummary;
  /** Why the run waits for a person: codes with figures. */
  readonly guards: readonly string[];
  readonly loadedRows: number;
  readonly verdicts: RowCounts;
  readonly calls: number;
  readonly rowsPerSecond: number;
  /** Seconds; undefined where nothing can be said. */
  readonly etaSeconds?: number;
  readonly lastProblem?: string;
}

export const progressQuery = defineQuery<SyncProgress>('progress');
export const approveUpdate = defineUpdate<SyncProgress, [by: string]>('approve');
export const rejectUpdate = defineUpdate<SyncProgress, [because: string]>('reject');
export const pauseUpdate = defineUpdate<SyncProgress>('pause');
export const resumeUpdate = defineUpdate<SyncProgress>('resume');
/** Requests per second, more than 0 and at most Iterable's published limit. */
export const setRateUpdate = defineUpdate<SyncProgress, [ratePerSecond: number]>('setRate');
/** Settles what is in flight, commits what is confirmed, and ends. */
export const cancelUpdate = defineUpdate<SyncProgress>('cancelRun');

export interface SyncResult {
  readonly run: RunRecord;
}
