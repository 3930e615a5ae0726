/** The workflows with a step too many after their last: right for all of a run's life, wrong at its end. */
import { sleep } from '@temporalio/workflow';
import type { ForwardEventsInput, ForwardEventsResult } from '../../../workflows/forward-events/messages.js';
import { forwardEvents as rightForwardEvents } from '../../../workflows/forward-events/workflow.js';
import type { ParkedEventInput, ParkedState } from '../../../workflows/parked-event/messages.js';
import { parkedEvent as rightParkedEvent } from '../../../workflows/parked-event/workflow.js';
import type { ConsentState, PersonConsentInput } from '../../../workflows/person-consent/messages.js';
import { personConsent as rightPersonConsent } from '../../../workflows/person-consent/workflow.js';

export async function forwardEvents(input: ForwardEventsInput): Promise<ForwardEventsResult> {
  const result = await rightForwardEvents(input);
  await sleep('1 second');
  return result;
}

export async function parkedEvent(input: ParkedEventInput): Promise<ParkedState> {
  const state = await rightParkedEvent(input);
  await sleep('1 second');
  return state;
}

export async function personConsent(input: PersonConsentInput): Promise<ConsentState> {
  const state = await rightPersonConsent(input);
  await sleep('1 second');
  return state;
}
