/** Accepted events for tests, all about invented people. */
import type { AcceptedEvent } from '../../domain/product-event.js';
import { parseProductEvent } from '../../domain/product-event.schema.js';
import { createHasher } from '../../domain/person-hash.js';
import { toAcceptedEvent } from '../../gateway/accepted-event.js';

export const TEST_HASHER = createHasher('a key for tests only');

/** An event as the gateway would accept it: person number `n`, a SaaS trial unless the fields say otherwise. */
export function acceptedEvent(
  n: number,
  fields: Record<string, unknown> = {},
  acceptedAtMs = 0,
): AcceptedEvent {
  const body = {
    work_email: `person-${String(n)}@example.com`,
    uid: n,
    product_interaction: 'SaaS Trial',
    ...fields,
  };
  const parsed = parseProductEvent(body);
  if (!parsed.ok) throw new Error(`not an event: ${JSON.stringify(parsed.errors)}`);
  return toAcceptedEvent(parsed, acceptedAtMs, TEST_HASHER);
}
