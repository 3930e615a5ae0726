/** What goes into and comes out of `forwardEvents`. */
import type { AcceptedEvent } from '../../domain/product-event.js';
import type { FailureClass } from '../../domain/verdict.js';
import type { Reason } from '../../domain/reasons.js';

export const FORWARD_EVENTS = 'forwardEvents';

export interface ForwardEventsInput {
  /** 1 to 100 events, together at most 256 KB of JSON, unless one alone is larger. */
  readonly events: readonly AcceptedEvent[];
  /** For the search attributes of parked events. */
  readonly environment: string;
  /** Set when a long wait continues as new. */
  readonly resumed?: { readonly open: readonly OpenEvent[]; readonly outcomes: readonly EventOutcome[] };
}

/** An event that is not settled yet, by its id. */
export interface OpenEvent {
  readonly eventId: string;
  /** How often Iterable has been asked, and answered "not yet". */
  readonly tries: number;
  /** Not to be tried before, ms since 1970. */
  readonly notBeforeMs: number;
  readonly profileWrittenAtMs?: number;
}

/**
 * What became of one event. `parked` names the reason; the workflow `parked/<eventId>` has the rest. `optIn` is there
 * only where a delivered event asks for marketing mail and nobody could be told within 76 h.
 */
export type EventOutcome =
  | { readonly eventId: string; readonly status: 'delivered'; readonly optIn?: 'not-requested' }
  | {
      readonly eventId: string;
      readonly status: 'parked';
      readonly reason: Reason;
      readonly class: FailureClass;
    };

export interface ForwardEventsResult {
  /** One per event, in the order of the input. */
  readonly outcomes: readonly EventOutcome[];
}

/** Workflow id of an event that came alone. */
export const eventWorkflowId = (eventId: string): string => `event/${eventId}`;
/** Workflow id of a group; `group` is a random id that the gateway makes. */
export const groupWorkflowId = (group: string): string => `events/${group}`;
