/** What goes into and comes out of `pollUnsubscribes`. */
import type { PollCounts, PollCursor } from '../../activities/marketo/contract.js';

export const POLL_UNSUBSCRIBES = 'pollUnsubscribes';
/** Value of the search attribute `Recipe`. */
export const UNSUBSCRIBES_RECIPE = 'marketo-unsubscribes';

export interface PollUnsubscribesInput {
  /** For the search attribute: `production`, `staging`, `development`. */
  readonly environment: string;
  /** Set when it continues as new; else it begins where the run before it has ended. */
  readonly resumed?: PollUnsubscribesResult;
}

/** The next run of the schedule begins with it. */
export interface PollUnsubscribesResult {
  readonly cursor: PollCursor;
  /** Of all steps of the run. */
  readonly counts: PollCounts;
}
