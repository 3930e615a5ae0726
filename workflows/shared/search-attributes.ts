/** The search attributes of every recipe, by which operators find workflows. Never encrypted: no personal data. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const searchAttributes = {
  recipe: defineSearchAttributeKey('Recipe', SearchAttributeType.KEYWORD),
  sourceEvent: defineSearchAttributeKey('SourceEvent', SearchAttributeType.KEYWORD_LIST),
  personHash: defineSearchAttributeKey('PersonHash', SearchAttributeType.KEYWORD_LIST),
  eventKey: defineSearchAttributeKey('EventKey', SearchAttributeType.KEYWORD_LIST),
  outcome: defineSearchAttributeKey('Outcome', SearchAttributeType.KEYWORD),
  parkReason: defineSearchAttributeKey('ParkReason', SearchAttributeType.KEYWORD),
  failureClass: defineSearchAttributeKey('FailureClass', SearchAttributeType.KEYWORD),
  parkedSince: defineSearchAttributeKey('ParkedSince', SearchAttributeType.DATETIME),
  environment: defineSearchAttributeKey('Environment', SearchAttributeType.KEYWORD),
} as const;

/** What each one holds; docs/parked-events.md lists them. */
export const SEARCH_ATTRIBUTE_MEANINGS: Readonly<Record<keyof typeof searchAttributes, string>> = {
  recipe: 'Id of the recipe: `product-events`, `consent` or `marketo-unsubscribes`.',
  sourceEvent: 'Values of `product_interaction` that recipes know, or `unmapped`.',
  personHash: 'The people that the events or requests are about, by the keyed hash of their address.',
  eventKey: 'The 16 characters at the end of each event id: finds the group that an event travelled in.',
  outcome:
    '`accepted`, then `delivered`, `partly-parked`, `parked` or `discarded`; of a person’s consent the newest outcome in docs/opt-outs.md; of a poll that found nobody `unchanged`.',
  parkReason: 'Why an event is parked: a code of docs/reasons.md.',
  failureClass:
    'Class of the failure: `invalid-input`, `auth`, `rate-limited`, `unavailable`, `rejected` or `expected`.',
  parkedSince: 'When the event was parked, or parked again after a release.',
  environment: 'DEPLOY_ENVIRONMENT of the gateway that took the event.',
};
