/** Paging tokens: where a reader of activities stands, in the two forms that Marketo has handed out. */
import { createHash } from 'node:crypto';
import { Refusal } from './answers.js';
import { formatDate, wholeSeconds } from './dates.js';
import type { MarketoSettings } from './settings.js';

/** After this activity; sequence number 0 is before all of its second. */
export interface Position {
  /** Whole seconds, in ms since 1970. */
  readonly atMs: number;
  readonly seq: number;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648, with padding. */
export function base32(bytes: Buffer): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  const groups = bits.match(/.{1,5}/g) ?? [];
  const letters = groups.map((group) => ALPHABET.charAt(Number.parseInt(group.padEnd(5, '0'), 2))).join('');
  return letters.padEnd(Math.ceil(letters.length / 8) * 8, '=');
}

/** @returns nothing for what is not base32 */
export function fromBase32(text: string): Buffer | undefined {
  if (!/^[A-Z2-7]+=*$/.test(text)) return undefined;
  const bits = Array.from(text.replace(/=+$/, ''))
    .map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

const OPAQUE_BYTES = 32;
const KNOWN_BYTES = 20;
const DATED = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\.(\d{3})\+0000,(\d+)$/;

const checksum = (known: Buffer): Buffer =>
  createHash('sha256')
    .update(known)
    .digest()
    .subarray(0, OPAQUE_BYTES - KNOWN_BYTES);

/** How many generations there are before they start anew. */
export const GENERATIONS = 1000;

/** @param generation below `GENERATIONS`: tokens of another generation than the world's are refused */
export function writeToken(
  { atMs, seq }: Position,
  generation: number,
  form: MarketoSettings['pagingTokens'],
): string {
  if (form === 'dated') {
    // The milliseconds of a date are always 000 at Marketo. Here they hold the generation.
    const ms = String(generation).padStart(3, '0');
    return base32(
      Buffer.from(`${formatDate(wholeSeconds(atMs), 'zulu').replace('Z', '')}.${ms}+0000,${seq}`),
    );
  }
  const known = Buffer.alloc(KNOWN_BYTES);
  known.writeBigInt64BE(BigInt(wholeSeconds(atMs)), 0);
  known.writeBigInt64BE(BigInt(seq), 8);
  known.writeUInt32BE(generation, 16);
  return base32(Buffer.concat([known, checksum(known)]));
}

/** @throws Refusal 1003 for what was never a token */
export function readToken(token: string): Position & { readonly generation: number } {
  const bytes = fromBase32(token);
  if (bytes?.length === OPAQUE_BYTES) {
    const known = bytes.subarray(0, KNOWN_BYTES);
    if (checksum(known).equals(bytes.subarray(KNOWN_BYTES))) {
      const atMs = Number(known.readBigInt64BE(0));
      return { atMs, seq: Number(known.readBigInt64BE(8)), generation: known.readUInt32BE(16) };
    }
  }
  const [, date, ms, seq] = DATED.exec(bytes?.toString('latin1') ?? '') ?? [];
  if (date === undefined) throw new Refusal('1003', 'Invalid nextPageToken');
  return { atMs: Date.parse(`${date}Z`), seq: Number(seq), generation: Number(ms) };
}
