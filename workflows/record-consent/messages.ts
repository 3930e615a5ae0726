/** What goes into `recordConsent`: records of unsubscribes that concern nobody whose `personConsent` could keep them. */
import type { ConsentRecord } from '../../domain/consent.js';

export const RECORD_CONSENT = 'recordConsent';

export interface RecordConsentInput {
  readonly records: readonly ConsentRecord[];
}
