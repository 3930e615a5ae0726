/** The search attributes of every recipe, by which operators find workflows. Never encrypted: no personal data. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const searchAttributes = {
  /** Id of the recipe: `product-events`. */
  recipe: defineSearchAttributeKey('Recipe', SearchAttributeType.KEYWORD),
  /** Values of `product_interaction` that recipes know, or `unmapped`. */
  sourceEvent: defineSearchAttributeKey('SourceEvent', SearchAttributeType.KEYWORD_LIST),
  personHash: defineSearchAttributeKey('PersonHash', SearchAttributeType.KEYWORD_LIST),
  /** The 16 characters at the end of each event id: finds the group that an event travelled in. */
  eventKey: defineSearchAttributeKey('EventKey', SearchAttributeType.KEYWORD_LIST),
  /** `accepted`, then `delivered`, `partly-parked`, `parked` or `discarded`. */
  outcome: defineSearchAttributeKey('Outcome', SearchAttributeType.KEYWORD),
  /** Why an event is parked: a code of docs/reasons.md. */
  parkReason: defineSearchAttributeKey('ParkReason', SearchAttributeType.KEYWORD),
  failureClass: defineSearchAttributeKey('FailureClass', SearchAttributeType.KEYWORD),
  parkedSince: defineSearchAttributeKey('ParkedSince', SearchAttributeType.DATETIME),
  /** DEPLOY_ENVIRONMENT: `production`, `staging`, `development`. */
  environment: defineSearchAttributeKey('Environment', SearchAttributeType.KEYWORD),
} as const;
