/**
 * Every reason that a verdict, a parked event or a failure can carry, with what it means and what to do about it.
 * `docs/reasons.md` is generated from this table. Adding a reason is one line here.
 */
export const REASONS = {
  // Mapping
  'unknown-product-interaction': {
    meaning: 'No recipe maps this `product_interaction` yet.',
    fix: 'Add it to recipes/product-events.ts, deploy, then release the event.',
  },
  'personal-in-company-registration': {
    meaning: 'A `SaaS Registration` that says it is not for a company: the company event would be wrong.',
    fix: 'Replace `product_interaction` with `Personal SaaS Registration` and release, or discard.',
  },
  // Iterable says no to this item
  'invalid-email': {
    meaning: 'Iterable does not accept the e-mail address.',
    fix: 'Replace `work_email` and release, or discard.',
  },
  'invalid-user-id': {
    meaning: 'Iterable does not accept the user id.',
    fix: 'Replace `uid` and release, or discard.',
  },
  'forgotten-user': {
    meaning: 'The person asked to be forgotten; Iterable accepts nothing more about them.',
    fix: 'Discard. Never send again.',
  },
  'event-name-disallowed': {
    meaning: 'The Iterable project blocks this event name.',
    fix: 'Allow the name under Settings > Custom Events in Iterable, then release.',
  },
  'field-type-mismatch': {
    meaning: 'A field has another type than the one Iterable fixed at its first value.',
    fix: 'Correct the mapping or replace the field, then release.',
  },
  'identity-conflict': {
    meaning: 'Address and user id belong to two different Iterable users.',
    fix: 'Merge or correct the users in Iterable, then release.',
  },
  'field-limit-exceeded': {
    meaning: 'The Iterable project has reached its limit of distinct fields.',
    fix: 'Remove unused fields in Iterable, then release.',
  },
  'request-refused': {
    meaning: 'Iterable refused the request as malformed.',
    fix: 'Read the activity failure, correct the mapping, then release.',
  },
  'body-too-large': {
    meaning: 'One item alone is over the size that Iterable accepts.',
    fix: 'Replace the large fields and release.',
  },
  'endpoint-not-found': {
    meaning: 'Iterable does not know the endpoint: wrong base URL, or a feature that is not enabled.',
    fix: 'Correct ITERABLE_BASE_URL and restart the worker; waiting events go on by themselves.',
  },
  // Consent
  'not-in-iterable': {
    meaning: 'Iterable does not know the person; an opt-out creates nobody.',
    fix: 'Nothing: they are looked up again for some days.',
  },
  'channel-closed': {
    meaning: 'The person has left the whole channel in Iterable.',
    fix: 'Nothing: only they can come back to it.',
  },
  'opted-out-since': {
    meaning: 'The opt-in was written and is gone again: somebody has opted the person out in Iterable since.',
    fix: 'Nothing: the later opt-out wins.',
  },
  'schema-mismatch': {
    meaning: 'Message types or channels in Iterable are not those of recipes/subscriptions.ts.',
    fix: 'Read which one in the activity failure; mend it in Iterable or in recipes/. Waiting requests go on by themselves.',
  },
  settling: {
    meaning: 'Iterable may still show what was before our last write to this person.',
    fix: 'Nothing: it is looked at again once the settling time is over.',
  },
  // Not now
  'profile-not-visible': {
    meaning: 'The profile was written but cannot be read yet; Iterable applies updates with a delay.',
    fix: 'Nothing: it is tried again.',
  },
  'rate-limited': { meaning: 'Iterable asked to slow down.', fix: 'Nothing: it is tried again.' },
  unavailable: {
    meaning: 'Iterable answered 5xx or something unreadable.',
    fix: 'Nothing: it is tried again.',
  },
  unreachable: {
    meaning: 'No answer: connection refused, cut or timed out.',
    fix: 'Nothing: it is tried again.',
  },
  'bad-credentials': {
    meaning: 'Iterable refused the API key.',
    fix: 'Correct ITERABLE_API_KEY (and ITERABLE_REGION) and restart the worker; waiting events go on by themselves.',
  },
  // The end of patience
  cancelled: {
    meaning: 'An operator cancelled the workflow that carried the event or request.',
    fix: 'Release or discard.',
  },
  'gave-up': {
    meaning: 'Not deliverable within 76 hours.',
    fix: 'Find out what kept Iterable from accepting it, then release.',
  },
} as const satisfies Readonly<Record<string, { readonly meaning: string; readonly fix: string }>>;

export type Reason = keyof typeof REASONS;

/** Total, also for a reason that a later release no longer has: parked events live longer than releases. */
export function describeReason(reason: string): { readonly meaning: string; readonly fix: string } {
  return isReason(reason)
    ? REASONS[reason]
    : { meaning: 'A reason of an earlier release.', fix: 'Release, or discard.' };
}

export function isReason(value: string): value is Reason {
  return Object.hasOwn(REASONS, value);
}
