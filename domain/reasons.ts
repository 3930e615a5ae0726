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
    meaning:
      'Iterable does not know the person; neither an opt-out nor a sync that only updates creates anybody.',
    fix: 'Nothing: they are looked up again, for an opt-out for some days.',
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
  // Rows of a warehouse model
  'invalid-data': {
    meaning: 'Iterable refused the fields of this person without saying which one.',
    fix: 'Compare the row with the field types under Settings > Project Settings in Iterable, then correct the model.',
  },
  'field-not-created': {
    meaning: 'Iterable dropped a field that it does not have: new fields are not created in this project.',
    fix: 'Create the field in Iterable, or take it out of the mapping.',
  },
  'consent-in-flight': {
    meaning: 'An unsubscribe or opt-in of this person is on its way, and goes first.',
    fix: 'Nothing: the row is sent after it.',
  },
  'answer-lost': {
    meaning: 'Sent, but no answer came: it may or may not have been applied.',
    fix: 'Nothing: it is read back, and sent again where it is not there.',
  },
  'failed-inside': {
    meaning: 'Iterable took the request, failed for this person, and gave no reason.',
    fix: 'Look the person up in Iterable; the row is tried again when it is due.',
  },
  'failure-unexplained': {
    meaning: 'Iterable counted a failure in the request without naming the row.',
    fix: 'Nothing: it is read back, and sent again where it is not there.',
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
  // Marketo: not now
  'marketo-busy': {
    meaning: 'Marketo asked to slow down: too many calls within 20 s, or at once (606, 615, 429).',
    fix: 'Nothing: it is tried again. Often: see who else uses the same Marketo instance.',
  },
  'marketo-quota': {
    meaning: "Today's calls to Marketo are used up (607); they are counted anew at midnight in Chicago.",
    fix: 'Nothing: it goes on after midnight. Often: see who uses the calls, or buy more.',
  },
  'marketo-quota-kept': {
    meaning: 'Over 80 % of the calls of the day are used: what is left is kept for unsubscribes.',
    fix: 'Nothing: comparisons go on after midnight in Chicago.',
  },
  'marketo-unavailable': {
    meaning: 'Marketo answered 5xx, or a code that passes.',
    fix: 'Nothing: it is tried again.',
  },
  'marketo-unreadable': {
    meaning: 'Marketo answered something that is not what it documents, such as JSON that breaks off.',
    fix: 'Nothing: it is tried again. If it stays: look at the page in Marketo with its support.',
  },
  'marketo-unreachable': {
    meaning: 'No answer from Marketo: connection refused, cut or timed out.',
    fix: 'Nothing: it is tried again.',
  },
  'marketo-extracts-full': {
    meaning: 'Marketo takes no further bulk extract now: ten wait already (1029).',
    fix: 'Nothing: it is tried again.',
  },
  'marketo-extract-quota': {
    meaning: 'The 500 MB of bulk extracts of the day are used up (1029).',
    fix: 'Nothing: it goes on after midnight in Chicago.',
  },
  'marketo-extract-not-ready': {
    meaning: 'Marketo is still writing the file of a bulk extract.',
    fix: 'Nothing: it is looked at again.',
  },
  'marketo-extract-incomplete': {
    meaning: 'The file of a bulk extract has not the size, rows or checksum that Marketo told.',
    fix: 'Nothing: it is read again.',
  },
  // Marketo: somebody has to act
  'marketo-credentials': {
    meaning: 'Marketo refused the client id and secret, or the tokens that it had given for them.',
    fix: 'Correct MARKETO_CLIENT_ID and MARKETO_CLIENT_SECRET and restart the worker.',
  },
  'marketo-access': {
    meaning: 'The API user of Marketo may not do this: role, workspace or list of allowed addresses.',
    fix: 'Give the API user Read-Only Lead and Read-Only Activity, in every workspace.',
  },
  'marketo-endpoint-not-found': {
    meaning: 'Marketo does not know the endpoint: wrong base URL.',
    fix: 'Correct MARKETO_BASE_URL and restart the worker.',
  },
  'marketo-refused': {
    meaning: 'Marketo refused the request as wrong, or answered an internal error three times.',
    fix: 'Read the activity failure, which has the code, and correct the request.',
  },
  'marketo-extract-lost': {
    meaning: 'A bulk extract was cancelled, failed, or Marketo has forgotten it.',
    fix: 'Nothing: the next comparison makes a new one.',
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
