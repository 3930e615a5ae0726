/** Activities that join systems for consent. Interfaces only: workflows import this file as types. */
import type { ConsentRequest } from '../../domain/consent.js';
import type { AcceptedEvent } from '../../domain/product-event.js';
import type { ExtractJob } from '../marketo/contract.js';

/** Hands requests to `personConsent`; the one way from activities to it. */
export interface ConsentStarter {
  /**
   * One signal with start per person. Returns once Temporal has all of them; repeating it is harmless.
   * @throws ApplicationFailure `unavailable`, retryable, when Temporal does not take them
   */
  readonly start: (requests: readonly ConsentRequest[]) => Promise<void>;
}

/** Whom an extract says to be unsubscribed, by Marketo's id. */
export interface UnsubscribedLead {
  readonly leadId: number;
  /** By an activity, which counts whatever the flag says later, or by the lead's flag alone. */
  readonly by: 'event' | 'flag';
  /** Date of the activity, or when the flag was read; ms since 1970. */
  readonly sinceMs: number;
}

/** What comparing one extract with Iterable and with the consent log has found. */
export interface Comparison {
  readonly rows: number;
  /** Rows that say "unsubscribed", about this many different people with an address. */
  readonly unsubscribed: number;
  readonly missedByPush: number;
  readonly missedByPoll: number;
  /** Opted out and verified before, and mailable again in Iterable. */
  readonly drifted: number;
  readonly noEmail: number;
  readonly invalidEmail: number;
  readonly leadGone: number;
  /** People to be opted out: those above who need it. */
  readonly toStart: number;
  /** The first of them, at most as many as were asked for. */
  readonly leads: readonly UnsubscribedLead[];
  /** Person hashes of some of them, for whoever approves. */
  readonly sample: readonly string[];
  readonly started: number;
}

export interface ConsentActivities {
  /** Opt-ins of delivered events with `opt_in: true`. Events without it are passed over. */
  readonly requestOptIns: (events: readonly AcceptedEvent[]) => Promise<void>;
}

/** Served on `warehouse`, because the consent log is there. */
export interface ReconcileActivities {
  /**
   * Streams one finished extract, compares each unsubscribed person with Iterable and the log.
   * `count`: starts nobody. `start`: starts everybody who needs it. Bounded memory, heartbeats, resumable.
   */
  readonly compareExtract: (
    job: ExtractJob,
    exportId: string,
    options: { readonly mode: 'count' | 'start'; readonly mostLeads: number },
  ) => Promise<Comparison>;
  /** Starts the people of these leads; those by flag only where it is still set. @returns how many were started */
  readonly startLeads: (leads: readonly UnsubscribedLead[]) => Promise<number>;
}
