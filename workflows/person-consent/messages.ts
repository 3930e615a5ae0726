/** What goes into and comes out of `personConsent`, the one writer of a person's subscriptions. */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { ConsentChange, ConsentRecord, ConsentRequest, ConsentSource } from '../../domain/consent.js';

export const PERSON_CONSENT = 'personConsent';
export const personConsentId = (personHash: string): string => `personConsent/${personHash}`;

export interface PersonConsentInput {
  readonly personHash: string;
  readonly environment: string;
  /** Set when it continues as new. */
  readonly resumed?: ConsentMemory;
}

/** What a run hands to the next one. Bounded: see `limits` in `memory.ts`. */
export interface ConsentMemory {
  readonly pending: readonly PendingRequest[];
  /** Source time of the newest opt-out that was heard of, and of the newest opt-in that was applied, ms since 1970. */
  readonly newestOptOutAtMs?: number;
  readonly newestOptInAtMs?: number;
  /** When Iterable last accepted a write of ours, or may have, by the workflow's clock, ms since 1970. */
  readonly writtenAtMs?: number;
  /** References of requests that were decided, newest last. */
  readonly decided: readonly string[];
  /** The newest records, newest last. */
  readonly recent: readonly ConsentRecord[];
  /** Records that the consent log does not have yet. */
  readonly unlogged: readonly ConsentRecord[];
  /** When the last request came, ms since 1970: from then on the run stays for some days. */
  readonly lastHeardMs: number;
}

export type PendingStatus = 'waiting' | 'applying' | 'verifying' | 'watching';

export interface PendingRequest {
  readonly request: ConsentRequest;
  /** `watching`: the person is not in Iterable, and is looked up again. */
  readonly status: PendingStatus;
  /** Tries in a row without progress: waits grow with them. */
  readonly tries: number;
  /** Not to be tried before, ms since 1970. */
  readonly notBeforeMs: number;
  readonly acknowledgedAtMs?: number;
  /** When the person was first found to be missing, ms since 1970. */
  readonly absentSinceMs?: number;
  /** A record `not-in-iterable` exists: whatever is decided later is a second one. */
  readonly isRecordedAbsent?: true;
  /** Code of what kept the last try from succeeding. */
  readonly lastProblem?: string;
}

/** Answer of the query: no address in it. */
export interface ConsentState {
  readonly personHash: string;
  readonly standing: 'opted-out' | 'opted-in' | 'unknown';
  readonly pending: readonly {
    readonly reference: string;
    readonly source: ConsentSource;
    readonly change: ConsentChange;
    /** ISO 8601 */
    readonly decidedBySource: string;
    readonly status: PendingStatus;
    readonly lastProblem?: string;
  }[];
  readonly recent: readonly ConsentRecord[];
  readonly unlogged: number;
}

/** Requests about this one person. Sent with a start: the workflow need not exist. */
export const consentRequestsSignal = defineSignal<[requests: readonly ConsentRequest[]]>('consentRequests');
export const consentStateQuery = defineQuery<ConsentState>('consentState');
