/** What workflows may ask of Iterable. Interfaces only: workflows import this file as types. */
import type { AcceptedEvent } from '../../domain/product-event.js';
import type { Verdict } from '../../domain/verdict.js';

/** One event on its way, with what earlier attempts have already done for it. */
export interface DeliveryItem {
  readonly event: AcceptedEvent;
  /**
   * When Iterable accepted the profile, ms since 1970. Set: only the event is still to be tracked, because writing
   * a profile again can send people into journeys again.
   */
  readonly profileWrittenAtMs?: number;
}

export interface ItemVerdict {
  readonly eventId: string;
  readonly verdict: Verdict;
  readonly profileWrittenAtMs?: number;
}

export interface IterableActivities {
  /**
   * Maps each event, writes the profile, then tracks the event under its own id. One verdict per item, in order.
   * Items of one person go one after another, people side by side within the project's limits.
   * Returns as soon as something has been settled or advanced, or waits for its profile, with `retry` for the rest; throws (retryable, with
   * the server's wait as next delay) when an attempt has achieved nothing, so that an outage grows no history.
   * Idempotent by `eventId`. Heartbeats what is done.
   * @throws ApplicationFailure of type `unavailable`, `rate-limited` or `auth`, retryable; `interrupted`, retryable at
   *   once, when the worker stops
   */
  readonly deliverEvents: (items: readonly DeliveryItem[]) => Promise<readonly ItemVerdict[]>;
}

export interface EventActivities {
  /**
   * An event with some of its fields replaced: same id, same time. The person follows the address.
   * @throws ApplicationFailure of type `invalid-input`, not retryable; names each field and what would be right
   */
  readonly reviseEvent: (
    event: AcceptedEvent,
    fields: Readonly<Record<string, unknown>>,
  ) => Promise<AcceptedEvent>;
}
