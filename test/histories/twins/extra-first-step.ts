/** The workflows with a step too many before their first: what a hasty change is to the runs that are under way. */
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
  await sleep('1 second');
  return rightForwardEvents(input);
}

export async function parkedEvent(input: ParkedEventInput): Promise<ParkedState> {
  await sleep('1 second');
  return rightParkedEvent(input);
}

export async function pollUnsubscribes(input: PollUnsubscribesInput): Promise<PollUnsubscribesResult> {
  await sleep('1 second');
  return rightPollUnsubscribes(input);
}
