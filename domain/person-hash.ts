/**
 * Keyed hashes: how a person or a business key is named where no personal data may stand (workflow ids, search
 * attributes, logs, metrics). Keyed, because plain hashes of addresses are reversed by guessing.
 */
import { createHmac } from 'node:crypto';
import { normaliseEmail } from './email.js';
import type { Hasher } from './hasher.js';

export type { Hasher } from './hasher.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'; // RFC 4648 base32, lower case
const HASH_BYTES = 10; // 80 bits: 16 characters; one collision in about 10^8 for 100 million people

/** @param key the secret of PERSON_HASH_KEY; another key gives another name to everybody */
export function createHasher(key: string): Hasher {
  const text = (purpose: string, value: string): string =>
    base32(createHmac('sha256', key).update(`${purpose}\0${value}`).digest().subarray(0, HASH_BYTES));
  return { text, person: (address) => text('person', normaliseEmail(address)) };
}

function base32(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  let out = '';
  for (let shift = bytes.length * 8 - 5; shift >= 0; shift -= 5) {
    out += ALPHABET.charAt(Number((bits >> BigInt(shift)) & 31n));
  }
  return out;
}
