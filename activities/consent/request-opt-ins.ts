/**
 * The activity `requestOptIns`: whoever said yes in the product asks for marketing mail. It is a request and no more;
 * `personConsent` decides, with Marketo's word and whatever else it knows of the person.
 */
import type { ConsentRequest } from '../../domain/consent.js';
import { normaliseEmail } from '../../domain/email.js';
import type { AcceptedEvent } from '../../domain/product-event.js';
import type { ConsentActivities, ConsentStarter } from './contract.js';

/** Absent, null and false ask for nothing: consent is a yes. */
export function createRequestOptIns(starter: ConsentStarter): ConsentActivities['requestOptIns'] {
  return async (events) => {
    const requests = events.filter(({ fields }) => fields.opt_in === true).map(optInOf);
    if (requests.length > 0) await starter.start(requests);
  };
}

/** An event has no time of its own: it counts from its acceptance, as it does at Iterable. */
function optInOf({ eventId, acceptedAtMs, fields }: AcceptedEvent): ConsentRequest {
  return {
    reference: eventId,
    change: 'opt-in',
    source: 'product-event',
    sourceAtMs: acceptedAtMs,
    receivedAtMs: acceptedAtMs,
    email: normaliseEmail(fields.work_email),
  };
}
