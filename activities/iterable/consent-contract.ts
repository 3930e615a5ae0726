/** What workflows may ask of Iterable about subscriptions. Interfaces only: workflows import this file as types. */
import type { ConsentChange } from '../../domain/consent.js';
import type { Verdict } from '../../domain/verdict.js';

/** How consent is handled here: settings of the worker, so that they can change under runs that last for days. */
export interface ConsentSettings {
  /** From a write to the read that verifies it. */
  readonly settleMs: number;
  /** When a person who is not in Iterable is looked up again, counted from the first look; ascending. */
  readonly lookAgainMs: readonly number[];
  /** `checked`: after asking Marketo. `unchecked`: without. `off`: opt-ins are ignored. */
  readonly optIns: 'checked' | 'unchecked' | 'off';
}

export interface ConsentItem {
  readonly personHash: string;
  /** Normalised address. */
  readonly email: string;
  readonly change: ConsentChange;
  /**
   * When this person's subscriptions were last written by us, ms since 1970. Within the settling time a read may still
   * show what was before: what it shows is then not taken for done.
   */
  readonly writtenAtMs?: number;
  /**
   * This change was written before, and its settling time is over. An opt-out that is not in place now did not hold: it
   * is written the other way, by merging. An opt-in that is not in place is not written again: somebody has opted out.
   */
  readonly verifies?: true;
}

/**
 * What became of one item. `delivered`: Iterable accepted a write. `unchanged`: the read showed everything as wanted.
 * `retry` with the reason `settling`: what is stored cannot be known before the settling time is over.
 * `skipped` for `not-in-iterable`, `forgotten-user` and, opt-ins only, `channel-closed` and `opted-out-since`.
 */
export interface ConsentVerdict {
  readonly personHash: string;
  readonly verdict: Verdict;
  /** When Iterable answered, ms since 1970. */
  readonly atMs: number;
}

export interface IterableConsentActivities {
  readonly consentSettings: () => Promise<ConsentSettings>;
  /**
   * Makes Iterable agree: reads each person, and writes what `recipes/subscriptions.ts` names where it is not so yet.
   * An unknown person is not created. Idempotent: called again it verifies. One verdict per item, in order; throws
   * only when not one item got anywhere.
   * @throws ApplicationFailure of type `unavailable`, `rate-limited` or `auth`, retryable; `auth` also when Iterable's
   *   schema is not the declared one (`schema-mismatch`), which an operator mends
   */
  readonly applyConsent: (items: readonly ConsentItem[]) => Promise<readonly ConsentVerdict[]>;
}
