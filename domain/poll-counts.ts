/** What a poll of Marketo has come across: of one stretch, one step, or a whole run. */
export interface PollCounts {
  readonly pages: number;
  readonly activities: number;
  /** Requests handed to `personConsent`. */
  readonly started: number;
  /** Unsubscribes seen before. */
  readonly repeated: number;
  /** true to false in Marketo: logged, never acted on. */
  readonly resubscribed: number;
  readonly noEmail: number;
  readonly invalidEmail: number;
  readonly leadGone: number;
  /** Records that appeared behind the watermark, found by the sweep. */
  readonly late: number;
}

export const NO_COUNTS: PollCounts = {
  pages: 0,
  activities: 0,
  started: 0,
  repeated: 0,
  resubscribed: 0,
  noEmail: 0,
  invalidEmail: 0,
  leadGone: 0,
  late: 0,
};

export function addCounts(a: PollCounts, b: PollCounts): PollCounts {
  return {
    pages: a.pages + b.pages,
    activities: a.activities + b.activities,
    started: a.started + b.started,
    repeated: a.repeated + b.repeated,
    resubscribed: a.resubscribed + b.resubscribed,
    noEmail: a.noEmail + b.noEmail,
    invalidEmail: a.invalidEmail + b.invalidEmail,
    leadGone: a.leadGone + b.leadGone,
    late: a.late + b.late,
  };
}
