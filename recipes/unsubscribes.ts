/** Marketo unsubscribes: which fields say so, how often we look, and from where on a person has to approve. */

/** A yes/no field of a Marketo lead that says "no more marketing mail" when it turns true. */
export interface WatchedField {
  /** Name in Marketo's REST API. */
  readonly rest: string;
  /** Name that people see, which bulk extracts filter by. It can be renamed in Marketo, and then has to be here. */
  readonly display: string;
}

/**
 * Only a change from false to true acts. Left out on purpose: `marketingSuspended` (staff's own stop),
 * `emailSuspended` and `emailInvalid` (about the address, not the person's wish).
 */
export const WATCHED_FIELDS: readonly [WatchedField, ...WatchedField[]] = [
  { rest: 'unsubscribed', display: 'Unsubscribed' },
  { rest: 'blackListed', display: 'Black Listed' },
];

export const RECONCILE = {
  /** UTC. The daily comparison covers the two days before it. */
  dailyAt: { hour: 4, minute: 20 },
  dailyCoversDays: 2,
  /** Of all leads, on Sundays. */
  weeklyAt: { dayOfWeek: 0, hour: 5, minute: 40 },
  /** Where the leads begin: the year of the Marketo subscription. Extracts go by the lead's creation, 31 days each. */
  leadsSince: '2012-01-01',
  /** A comparison that would opt out more than this waits for an operator, in people or as a share of those compared. */
  breaker: { people: 1_000, share: 0.05, shareFromPeople: 50 },
  /** What has waited so long for an approval is given up; the next comparison finds it again. */
  approvalWithinHours: 96,
} as const;
