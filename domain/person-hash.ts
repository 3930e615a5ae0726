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
  let [out, bits, held] = ['', 0, 0];
  for (const byte of bytes) {
    [bits, held] = [(bits << 8) | byte, held + 8];
    for (; held >= 5; held -= 5) out += ALPHABET.charAt((bits >> (held - 5)) & 31);
    bits &= 31; // less than five are left over
  }
  return out;
}
