/** What workflows may ask of the warehouse. Interfaces only: workflows import this file as types. */
import type { ConsentOutcome, ConsentRecord, ConsentSource } from '../../domain/consent.js';

/** Latencies in ms; null where nothing was counted. */
export interface Quantiles {
  readonly count: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

export interface ConsentReport {
  /** ISO 8601; records decided within it. */
  readonly since: string;
  readonly until: string;
  /** Opt-outs that were written: from the activity, and from the receipt, to the read that verified them. */
  readonly activityToVerified: Quantiles;
  readonly receiptToVerified: Quantiles;
  readonly counts: readonly {
    readonly outcome: ConsentOutcome;
    readonly source: ConsentSource;
    readonly reason: string | null;
    readonly count: number;
  }[];
  /** Unsubscribes that a poll or a comparison found and no webhook had reported. */
  readonly missedByPush: number;
  /** Unsubscribes that only a comparison found. */
  readonly missedByPoll: number;
}

/** Activities of the queue `warehouse`, which only the owner of the database serves. */
export interface ConsentLogActivities {
  /** Appends what is not there yet: a record is known by reference, person and outcome. Never changes one. */
  readonly appendConsentLog: (records: readonly ConsentRecord[]) => Promise<void>;
  readonly consentReport: (range: {
    readonly sinceMs: number;
    readonly untilMs: number;
  }) => Promise<ConsentReport>;
  /** One person's records, oldest first, at most 1,000. */
  readonly consentHistory: (personHash: string) => Promise<readonly ConsentRecord[]>;
}
