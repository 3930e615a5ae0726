/** A body as it looks once the gateway has accepted it. */
import { createHasher } from '../../domain/person-hash.js';
import type { AcceptedEvent } from '../../domain/product-event.js';
import { parseProductEvent } from '../../domain/product-event.schema.js';
import { toAcceptedEvent } from '../../gateway/accepted-event.js';

export const hasher = createHasher('a key for tests');
export const NOON_MS = Date.parse('2023-06-11T12:00:00.999Z');

/** @throws when the body is refused, naming the fields */
export function accepted(body: unknown, receivedAtMs = NOON_MS): AcceptedEvent {
  const parsed = parseProductEvent(body);
  if (!parsed.ok)
    throw new Error(parsed.errors.map(({ field, message }) => `${field}: ${message}`).join('; '));
  return toAcceptedEvent(parsed, receivedAtMs, hasher);
}

export const idOf = (body: unknown, receivedAtMs?: number): string => accepted(body, receivedAtMs).eventId;
