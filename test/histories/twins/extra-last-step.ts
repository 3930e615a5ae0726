/** The workflows with a step too many after their last: right for all of a run's life, wrong at its end. */
import { sleep } from '@temporalio/workflow';
import type { ForwardEventsInput, ForwardEventsResult } from '../../../workflows/forward-events/messages.js';
import { forwardEvents as rightForwardEvents } from '../../../workflows/forward-events/workflow.js';
import type { ParkedEventInput, ParkedState } from '../../../workflows/parked-event/messages.js';
import { parkedEvent as rightParkedEvent } from '../../../workflows/parked-event/workflow.js';
import type {
  PollUnsubscribesInput,
  PollUnsubscribesResult,
} from '../../../workflows/poll-unsubscribes/messages.js';
import { pollUnsubscribes as rightPollUnsubscribes } from '../../../workflows/poll-unsubscribes/workflow.js';

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

export async function pollUnsubscribes(input: PollUnsubscribesInput): Promise<PollUnsubscribesResult> {
  const result = await rightPollUnsubscribes(input);
  await sleep('1 second');
  return result;
}
