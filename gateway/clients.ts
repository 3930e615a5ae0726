import { randomBytes, timingSafeEqual } from 'node:crypto';
import { hashSecret } from '../config/gateway-clients.js';
import type { GatewayClient } from '../config/gateway-clients.js';

export interface ClientRegister {
  readonly exists: (id: string) => boolean;
  /** Whether this is one of the client's valid secrets. Takes as long for an unknown id as for a wrong secret. */
  readonly authenticate: (id: string, secret: string) => boolean;
}

const HASH_BYTES = 32;

/** Every client is compared with equally many hashes: its own, filled up with random ones that nothing matches. */
export function createClientRegister(clients: readonly GatewayClient[]): ClientRegister {
  const comparisons = Math.max(1, ...clients.map(({ secretHashes }) => secretHashes.length));
  const filledUp = (hashes: readonly Buffer[]): readonly Buffer[] =>
    Array.from({ length: comparisons }, (_, index) => hashes[index] ?? randomBytes(HASH_BYTES));
  const hashesById = new Map(clients.map(({ id, secretHashes }) => [id, filledUp(secretHashes)]));
  const nobody = filledUp([]);
  return {
    exists: (id) => hashesById.has(id),
    authenticate: (id, secret) => {
      const presented = hashSecret(secret);
      // No early exit: how long it takes says nothing about which secret matched.
      return (hashesById.get(id) ?? nobody).filter((hash) => timingSafeEqual(hash, presented)).length > 0;
    },
  };
}
