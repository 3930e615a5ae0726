/** The workflows with a step too many before their first: what a hasty change is to the runs that are under way. */
import { sleep } from '@temporalio/workflow';
import type { ForwardEventsInput, ForwardEventsResult } from '../../../workflows/forward-events/messages.js';
import { forwardEvents as rightForwardEvents } from '../../../workflows/forward-events/workflow.js';
import type { ParkedEventInput, ParkedState } from '../../../workflows/parked-event/messages.js';
import { parkedEvent as rightParkedEvent } from '../../../workflows/parked-event/workflow.js';
import type { ConsentState, PersonConsentInput } from '../../../workflows/person-consent/messages.js';
import { personConsent as rightPersonConsent } from '../../../workflows/person-consent/workflow.js';

export async function forwardEvents(input: ForwardEventsInput): Promise<ForwardEventsResult> {
  await sleep('1 second');
  return rightForwardEvents(input);
}

export async function parkedEvent(input: ParkedEventInput): Promise<ParkedState> {
  await sleep('1 second');
  return rightParkedEvent(input);
}

export async function personConsent(input: PersonConsentInput): Promise<ConsentState> {
  await sleep('1 second');
  return rightPersonConsent(input);
}
