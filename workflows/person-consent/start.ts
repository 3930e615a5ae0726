/**
 * How requests reach `personConsent`: what everybody who has some to hand over (gateway, activities, commands) gives to
 * `client.workflow.signalWithStart(PERSON_CONSENT, …)`. The workflow need not exist; a repeat is harmless.
 */
import { TypedSearchAttributes } from '@temporalio/common';
import type { ConsentRequest } from '../../domain/consent.js';
import { searchAttributes } from '../shared/search-attributes.js';
import {
  consentRequestsSignal,
  personConsentId,
  type ConsentState,
  type PersonConsentInput,
} from './messages.js';

export const CONSENT_RECIPE = 'consent';

/** The workflow as clients see it. */
export type PersonConsent = (input: PersonConsentInput) => Promise<ConsentState>;

export interface ConsentStart {
  readonly workflowId: string;
  readonly taskQueue: 'recipes';
  readonly args: [input: PersonConsentInput];
  readonly signal: typeof consentRequestsSignal;
  readonly signalArgs: [requests: readonly ConsentRequest[]];
  readonly typedSearchAttributes: TypedSearchAttributes;
  readonly staticSummary: string;
  readonly priority: { readonly priorityKey: number };
}

/**
 * @param requests all about one person, whose address they carry; a few hundred at most, for the size of one signal
 * @param personHash that person's
 * @param environment value of the search attribute: `production`, `staging`, `development`
 */
export function consentStart(
  requests: readonly [ConsentRequest, ...ConsentRequest[]],
  personHash: string,
  environment: string,
): ConsentStart {
  const [{ change, source }] = requests;
  return {
    workflowId: personConsentId(personHash),
    taskQueue: 'recipes',
    args: [{ personHash, environment }],
    signal: consentRequestsSignal,
    signalArgs: [requests],
    typedSearchAttributes: new TypedSearchAttributes([
      { key: searchAttributes.recipe, value: CONSENT_RECIPE },
      { key: searchAttributes.personHash, value: [personHash] },
      { key: searchAttributes.environment, value: environment },
      { key: searchAttributes.outcome, value: 'accepted' },
    ]),
    staticSummary: `consent of one person; first heard: ${change}, ${source}`,
    priority: { priorityKey: 1 },
  };
}
