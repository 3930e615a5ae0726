/** The messages of `parkedEvent`: one workflow per event that cannot be delivered, until a person decides. */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { AcceptedEvent } from '../../domain/product-event.js';
import type { FailureClass } from '../../domain/verdict.js';
import type { Reason } from '../../domain/reasons.js';

export const PARKED_EVENT = 'parkedEvent';
export const parkedWorkflowId = (eventId: string): string => `parked/${eventId}`;

export interface ParkedEventInput {
  readonly event: AcceptedEvent;
  readonly reason: Reason;
  readonly class: FailureClass;
  readonly environment: string;
  /** Set when many releases continue as new. */
  readonly resumed?: ParkedState;
}

export interface ParkedState {
  readonly eventId: string;
  /** `releasing`: being delivered again, at most 76 h, then parked once more. */
  readonly status: 'parked' | 'releasing' | 'delivered' | 'discarded';
  readonly reason: Reason;
  readonly class: FailureClass;
  /** ISO 8601 */
  readonly since: string;
  readonly releases: number;
  /** Only when discarded: what the operator said. */
  readonly discardReason?: string;
  /** Only when delivered: the event asks for marketing mail, and nobody could be told within 76 h. */
  readonly optIn?: 'not-requested';
}

export const stateQuery = defineQuery<ParkedState>('state');
/** Maps the event with today's code and delivers it under the same id. Answers once it is settled, or after 20 s. */
export const releaseUpdate = defineUpdate<ParkedState>('release');
export const discardUpdate = defineUpdate<ParkedState, [reason: string]>('discard');
/** Replaces fields by their flat names; the event stays parked until it is released. */
export const replaceUpdate = defineUpdate<ParkedState, [fields: Record<string, unknown>]>('replace');
