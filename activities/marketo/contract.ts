/** What workflows may ask of Marketo. Interfaces only: workflows import this file as types. */
import type { PollCounts } from '../../domain/poll-counts.js';

export type { PollCounts } from '../../domain/poll-counts.js';

/** Where a poll stands. Small, without personal data; the result of one poll is the start of the next. */
export interface PollCursor {
  /** One for each of the two feeds: lead changes, and activities of type 9 and 12. */
  readonly changes: FeedCursor;
  readonly activities: FeedCursor;
  /** When the last sweep over the overlap was started, ms since 1970. */
  readonly sweptAtMs: number;
  /** Short hashes of the GUIDs that were seen within the overlap, newest last; bounded. */
  readonly seen: readonly string[];
  /** Unsubscribes within the overlap, oldest first, whose lead may yet turn out to be somebody else's; bounded. */
  readonly recent: readonly RecentUnsubscribe[];
}
export interface RecentUnsubscribe {
  readonly leadId: number;
  /** Date of its activity, ms since 1970. */
  readonly atMs: number;
  /** Marketo had the lead no more: a merge that comes to light later says who it became. */
  readonly wasGone: boolean;
}
export interface FeedCursor {
  /** Marketo's paging token; absent: mint one from `sinceMs`. */
  readonly token?: string;
  /**
   * Date of the newest activity seen, or when Marketo last had no more; ms since 1970. A refused token is minted anew
   * from this minus the overlap.
   */
  readonly sinceMs: number;
  /** While the overlap is read again: what is older than this, ms since 1970, and unseen, has come late. */
  readonly againUntilMs?: number;
}

export interface PollStep {
  readonly cursor: PollCursor;
  readonly counts: PollCounts;
  /** False: Marketo has more; call again. */
  readonly isCaughtUp: boolean;
}

/** One person's standing in Marketo. `unknown-there`: no lead has the address. */
export interface MarketoStanding {
  readonly personHash: string;
  readonly standing: 'unsubscribed' | 'subscribed' | 'unknown-there';
}

/** A bulk extract, by what it covers. Times in ms since 1970; at most 31 days. */
export type ExtractJob =
  | { readonly kind: 'unsubscribe-activities'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'field-changes'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'leads'; readonly fromMs: number; readonly toMs: number };

export interface MarketoActivities {
  /**
   * Reads what is new since the cursor, finds whose it is, and starts `personConsent` for each unsubscribe. Returns
   * only when all of them are durable, so that the cursor it returns is safe to keep. Ends after some pages. A first
   * cursor is made by `firstCursor`.
   * @throws ApplicationFailure of type `unavailable`, `rate-limited` (quota: until it is reset) or `auth`, retryable
   */
  readonly followUnsubscribes: (cursor: PollCursor | undefined) => Promise<PollStep>;
  /** One standing per item, in order. Any lead with the address that is unsubscribed counts. */
  readonly marketoStanding: (
    items: readonly { readonly personHash: string; readonly email: string }[],
  ) => Promise<readonly MarketoStanding[]>;
  /** Creates and enqueues a bulk extract. @returns its id at Marketo */
  readonly startExtract: (job: ExtractJob) => Promise<string>;
  /**
   * Returns once the file can be read; until then throws, benign and retryable, with Marketo's pace as next delay.
   * @throws ApplicationFailure `extract-lost`, not retryable, when Marketo has cancelled, failed or forgotten it
   */
  readonly awaitExtract: (job: ExtractJob, exportId: string) => Promise<{ readonly rows: number }>;
  /** Ends an extract that nobody needs any more. */
  readonly cancelExtract: (job: ExtractJob, exportId: string) => Promise<void>;
}
