/** What goes into and comes out of `syncModel`: one run of one model. */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type {
  PlanSummary,
  RowCounts,
  RunRecord,
  SyncSettings,
} from '../../activities/warehouse/sync-contract.js';

export const SYNC_MODEL = 'syncModel';
/** Value of the search attribute `Recipe`. */
export const SYNC_RECIPE = 'warehouse-sync';
/** One run of a model at a time: the id is the model's. */
export const syncWorkflowId = (model: string): string => `sync/${model}`;
/** Beside a run: it sends nothing. */
export const dryRunWorkflowId = (model: string): string => `sync/${model}/dry-run`;
/** What a schedule starts: Temporal appends the time to the id of what it starts, and so cannot start the run itself. */
export const SCHEDULED_SYNC = 'scheduledSync';
export const scheduledSyncId = (model: string): string => `sync/${model}/by-schedule`;

export interface SyncModelInput {
  readonly model: string;
  readonly environment: string;
  /** Counts and estimates only; nothing is sent. */
  readonly dryRun: boolean;
  /** Rows that Iterable refused are due at once, also those that were given up. */
  readonly retryFailed?: boolean;
  /** Set when it continues as new. */
  readonly resumed?: SyncMemory;
}

/** What a run hands to the next one. */
export interface SyncMemory {
  readonly runId: string;
  readonly startedAtMs: number;
  readonly settings: SyncSettings;
  readonly plan: PlanSummary;
  readonly loaded: LoadState;
  /** Codes of the guards that a person has let pass. */
  readonly approved: readonly string[];
  /** Plans that were lost so far. */
  readonly lostPlans: number;
}

export interface LoadState {
  readonly nextRow: number;
  readonly rowsPerCall: number;
  /** The fewest rows that Iterable found too many. */
  readonly tooManyRows?: number;
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

export interface ScheduledSyncInput {
  readonly model: string;
  readonly environment: string;
}
export type ScheduledSyncResult =
  | SyncResult
  /** Another run of the model was under way: it takes whatever this one would have taken, or the next one does. */
  | { readonly skipped: 'another-run' };
