/** How one event appears to operators: search attributes and names without personal data. */
import type { SearchAttributePair } from '@temporalio/common';
import type { AcceptedEvent } from '../../domain/product-event.js';
import type { FailureClass } from '../../domain/verdict.js';
import type { Reason } from '../../domain/reasons.js';
import { searchAttributes } from './search-attributes.js';

export const PRODUCT_EVENTS_RECIPE = 'product-events';
/** The hash at the end of an event id: short enough to list a hundred in one search attribute. */
export function eventKeyOf(eventId: string): string {
  return eventId.slice(eventId.lastIndexOf('-') + 1);
}

/** Search attributes that say which events a workflow carries. */
export function eventAttributes(
  events: readonly AcceptedEvent[],
  environment: string,
): SearchAttributePair[] {
  return [
    { key: searchAttributes.recipe, value: PRODUCT_EVENTS_RECIPE },
    { key: searchAttributes.sourceEvent, value: distinct(events.map(({ sourceEvent }) => sourceEvent)) },
    { key: searchAttributes.personHash, value: distinct(events.map(({ personHash }) => personHash)) },
    { key: searchAttributes.eventKey, value: events.map(({ eventId }) => eventKeyOf(eventId)) },
    { key: searchAttributes.environment, value: environment },
  ];
}

export function parkedAttributes(
  reason: Reason,
  failureClass: FailureClass,
  sinceMs: number,
): SearchAttributePair[] {
  return [
    { key: searchAttributes.outcome, value: 'parked' },
    { key: searchAttributes.parkReason, value: reason },
    { key: searchAttributes.failureClass, value: failureClass },
    { key: searchAttributes.parkedSince, value: new Date(sinceMs) },
  ];
}

/** `12 product events: 8 SaaS Trial, 4 Invited User` */
export function summaryOf(events: readonly AcceptedEvent[]): string {
  const counts = new Map<string, number>();
  for (const { sourceEvent } of events) counts.set(sourceEvent, (counts.get(sourceEvent) ?? 0) + 1);
  const kinds = [...counts].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${String(count)} ${kind}`);
  return `${String(events.length)} product event${events.length === 1 ? '' : 's'}: ${kinds.join(', ')}`.slice(
    0,
    400,
  );
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
