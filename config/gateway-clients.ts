/** Who may call the gateway: `id:secret` pairs. The secrets are hashed at once; nothing in memory can be replayed. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { listed } from './values.js';

export interface GatewayClient {
  /** `client_id` of OAuth: visible ASCII without colon or comma. */
  readonly id: string;
  /** SHA-256 of each secret that is valid now, 32 bytes each; several while secrets are being rotated. */
  readonly secretHashes: readonly Buffer[];
}

/** What a presented secret is compared with, in constant time: 32 bytes. */
export function hashSecret(presented: string): Buffer {
  return createHash('sha256').update(presented).digest();
}

/**
 * Pairs divided by commas, each split at its first colon. The same id several times means several valid secrets.
 * `id:sha256:<64 hex digits>` gives a secret by its SHA-256.
 */
export const gatewayClients = z.string().transform((value, context): readonly GatewayClient[] => {
  const secretsById = new Map<string, Buffer[]>();
  for (const [index, pair] of listed(value).entries()) {
    const parsed = parsePair(pair);
    if ('fault' in parsed) context.addIssue(`pair ${index + 1} ${parsed.fault}`);
    else secretsById.set(parsed.id, [...(secretsById.get(parsed.id) ?? []), parsed.secretHash]);
  }
  return [...secretsById].map(([id, secretHashes]) => ({ id, secretHashes }));
});

type ParsedPair = { readonly id: string; readonly secretHash: Buffer } | { readonly fault: string };

function parsePair(pair: string): ParsedPair {
  const colon = pair.indexOf(':');
  const id = pair.slice(0, colon);
  const secret = pair.slice(colon + 1);
  if (colon < 1 || secret === '') return { fault: 'is not of the form id:secret' };
  if (!/^[\x21-\x7e]+$/.test(id)) return { fault: 'has an id with blanks or other than ASCII characters' };
  if (!secret.startsWith('sha256:')) return { id, secretHash: hashSecret(secret) };
  const hex = secret.slice('sha256:'.length);
  if (!/^[0-9a-f]{64}$/i.test(hex)) return { fault: 'has a hash that is not 64 hexadecimal digits' };
  return { id, secretHash: Buffer.from(hex, 'hex') };
}

/** Tokens that one system presents, several while they are being rotated: the SHA-256 of each, 32 bytes. */
export const hashedTokens = z
  .string()
  .transform((value): readonly Buffer[] => listed(value).map(hashSecret))
  .refine((hashes) => hashes.length > 0, 'names no token');
