/** What goes into and comes out of `reconcileConsent`: what push and poll have missed, found in Marketo's bulk extracts. */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { UnsubscribedLead } from '../../activities/consent/contract.js';
import type { ExtractJob } from '../../activities/marketo/contract.js';

export const RECONCILE_CONSENT = 'reconcileConsent';

export interface ReconcileInput {
  /** `recent`: the unsubscribes of the last days. `all`: every lead that is unsubscribed. */
  readonly scope: 'recent' | 'all';
  readonly environment: string;
  /** Set when it continues as new. */
  readonly resumed?: ReconcileMemory;
}

/** What a run hands to the next one. Bounded: leads only up to the breaker's number. */
export interface ReconcileMemory {
  readonly jobs: readonly JobState[];
  readonly counts: ReconcileCounts;
  readonly leads: readonly UnsubscribedLead[];
  readonly sample: readonly string[];
}

export interface JobState {
  readonly job: ExtractJob;
  /** `lost`: Marketo did not deliver it, also when asked again. */
  readonly status: 'open' | 'compared' | 'lost';
  readonly exportId?: string;
}

/** What is missed, drifted or without an address is counted per extract: somebody in both of `recent` counts twice. */
export interface ReconcileCounts {
  readonly rows: number;
  readonly unsubscribed: number;
  readonly missedByPush: number;
  readonly missedByPoll: number;
  readonly drifted: number;
  readonly noEmail: number;
  readonly invalidEmail: number;
  readonly leadGone: number;
  readonly toStart: number;
  readonly started: number;
}

export type ReconcilePhase = 'comparing' | 'awaiting-approval' | 'starting' | 'done';

export interface ReconcileState {
  readonly scope: ReconcileInput['scope'];
  readonly phase: ReconcilePhase;
  readonly extracts: { readonly open: number; readonly compared: number; readonly lost: number };
  readonly counts: ReconcileCounts;
  /** Why a person has to approve; empty where nobody has to. */
  readonly breaker: readonly string[];
  /** Person hashes of some who would be opted out. */
  readonly sample: readonly string[];
}

/**
 * - `done`: all who were missing are started
 * - `nothing-missing`
 * - `incomplete`: as `done`, but an extract was lost
 * - `rejected`, `timed-out`: the breaker had tripped, and nobody was started
 */
export type ReconcileOutcome = 'done' | 'nothing-missing' | 'incomplete' | 'rejected' | 'timed-out';

export interface ReconcileResult {
  readonly outcome: ReconcileOutcome;
  readonly counts: ReconcileCounts;
  readonly lostExtracts: number;
  /** What an operator said who rejected. */
  readonly because?: string;
}

export const reconcileStateQuery = defineQuery<ReconcileState>('reconcileState');
export const approveUpdate = defineUpdate<ReconcileState>('approve');
export const rejectUpdate = defineUpdate<ReconcileState, [because: string]>('reject');
