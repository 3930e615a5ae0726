/** What goes into and comes out of `forwardEvents`. */
import type { AcceptedEvent } from '../../domain/product-event.js';
import type { FailureClass } from '../../domain/verdict.js';
import type { Reason } from '../../domain/reasons.js';
import type { DeliveryItem } from '../../activities/iterable/contract.js';

export const FORWARD_EVENTS = 'forwardEvents';

export interface ForwardEventsInput {
  /** 1 to 100 events, together at most 256 KB of JSON. */
  readonly events: readonly AcceptedEvent[];
  /** For the search attributes of parked events. */
  readonly environment: string;
  /** Set when a long wait continues as new: what is still open, and what is already decided. */
  readonly resumed?: { readonly open: readonly DeliveryItem[]; readonly outcomes: readonly EventOutcome[]; readonly round: number };
}

/** What became of one event. `parked` names the reason; the workflow `parked/<eventId>` has the rest. */
export type EventOutcome =
  | { readonly eventId: string; readonly status: 'delivered' }
  | { readonly eventId: string; readonly status: 'parked'; readonly reason: Reason; readonly class: FailureClass };

export interface ForwardEventsResult {
  /** One per event, in the order of the input. */
  readonly outcomes: readonly EventOutcome[];
}

/** Workflow id of an event that came alone. */
export const eventWorkflowId = (eventId: string): string => `event/${eventId}`;
/** Workflow id of a group; `group` is a random id that the gateway makes. */
export const groupWorkflowId = (group: string): string => `events/${group}`;
