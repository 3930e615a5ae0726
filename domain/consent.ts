/**
 * Consent to marketing mail: who asked for what, when, and what became of it. Everything here is data; the rules that
 * decide between requests stand in `consent-order.ts`.
 */
import type { ConsentReason } from './consent-reasons.js';

/** Where a request comes from: search attribute, column of the consent log, label of metrics. */
export const CONSENT_SOURCES = [
  'marketo-webhook',
  'marketo-poll',
  'marketo-reconcile',
  'product-event',
  'operator',
] as const;
export type ConsentSource = (typeof CONSENT_SOURCES)[number];

export type ConsentChange = 'opt-out' | 'opt-in';

/** One person's decision, as one source reports it. */
export interface ConsentRequest {
  /**
   * Names this report for ever, without personal data: Marketo's activity GUID, the receipt of a webhook call, the id
   * of a product event. A request that comes again under its reference changes nothing.
   */
  readonly reference: string;
  readonly change: ConsentChange;
  readonly source: ConsentSource;
  /**
   * When the person decided, ms since 1970, by which requests are ordered. Marketo tells whole seconds: they count to
   * their last millisecond, so that an unsubscribe is never taken for older than what happened in the same second.
   */
  readonly sourceAtMs: number;
  /** When this system heard of it, ms since 1970. */
  readonly receivedAtMs: number;
  /** Normalised address. Stands in encrypted payloads only. */
  readonly email: string;
  /** Marketo's id of the lead, where the source names one. */
  readonly leadId?: number;
}

export const CONSENT_OUTCOMES = [
  /** Iterable has confirmed it, and a later read has shown it. */
  'opted-out',
  /** Nothing had to be written. */
  'already-opted-out',
  /** The person was unknown to Iterable at first, appeared later, and was opted out then. */
  'applied-late',
  'opted-in',
  'already-opted-in',
  /** Iterable does not know the person. Nobody is created; they are looked up again for some days. */
  'not-in-iterable',
  'no-email',
  'invalid-email',
  /** Marketo no longer has the lead, so that nobody can say whose unsubscribe it was. */
  'lead-gone',
  /** Not acted on, for the reason beside it. */
  'ignored',
  /** Iterable refuses for good, for the reason beside it: a person has to look. */
  'failed',
] as const;
export type ConsentOutcome = (typeof CONSENT_OUTCOMES)[number];

/**
 * What became of one request: a row of the consent log, which outlives workflow histories and is never changed. A
 * request has one row per outcome: `not-in-iterable` may be followed by `applied-late`. Times in ms since 1970.
 */
export interface ConsentRecord {
  readonly reference: string;
  /** Null where no address is known: `lead-gone`, `no-email`. */
  readonly personHash: string | null;
  readonly leadId: number | null;
  readonly change: ConsentChange;
  readonly source: ConsentSource;
  /** `sourceAtMs` of the request. */
  readonly activityAtMs: number;
  readonly receivedAtMs: number;
  /** When Iterable accepted the last write; null where nothing was written. */
  readonly acknowledgedAtMs: number | null;
  /** When a read showed it as wanted; null where nothing was to be seen. */
  readonly verifiedAtMs: number | null;
  readonly decidedAtMs: number;
  readonly outcome: ConsentOutcome;
  /** Only of `ignored` and `failed`. */
  readonly reason: ConsentReason | null;
}
