import { GENERAL_KEY, UNMAPPED, eventIdOf } from '../domain/event-identity.js';
import type { Hasher } from '../domain/person-hash.js';
import type { AcceptedEvent } from '../domain/product-event.js';
import type { ParsedBody } from '../domain/product-event.schema.js';
import { recipeFor, sourceEventOf } from '../recipes/product-events.js';

/** An event with its size, measured once: queue, group and request all have limits in bytes. */
export interface SizedEvent {
  readonly event: AcceptedEvent;
  /** Written as JSON. */
  readonly bytes: number;
}

/** Gives a body that was read its id, person and time. The id follows the recipe's business key. */
export function toAcceptedEvent(
  parsed: Extract<ParsedBody, { ok: true }>,
  receivedAtMs: number,
  hasher: Hasher,
): AcceptedEvent {
  const { fields, unknown } = parsed;
  const identity = recipeFor(fields.product_interaction) ?? { slug: UNMAPPED, key: GENERAL_KEY };
  return {
    eventId: eventIdOf(identity, fields, receivedAtMs, hasher),
    acceptedAtMs: receivedAtMs,
    personHash: hasher.person(fields.work_email),
    sourceEvent: sourceEventOf(fields),
    fields,
    unknown,
  };
}

export function sized(event: AcceptedEvent): SizedEvent {
  return { event, bytes: Buffer.byteLength(JSON.stringify(event)) };
}
