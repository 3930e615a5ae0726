/**
 * The keys that encrypt what Temporal stores. The first encrypts, all decrypt. To rotate without a pause: add the new
 * key at the end and restart every process, so that all can read it; move it to the front and restart again; drop the
 * old one when the namespace's retention has passed since the last workflow that used it closed.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { listed, quoted } from './values.js';

export const KEY_BYTES = 32; // AES-256

/** A key with its public name. */
export interface PayloadKey {
  readonly id: string;
  /** Exactly 32 bytes. */
  readonly key: Buffer;
}

/** `'none'`: payloads are stored in clear text, which somebody has asked for by name. */
export type PayloadKeyRing = 'none' | readonly PayloadKey[];

/** A key that prints and serialises as its id only. */
export class HiddenPayloadKey implements PayloadKey {
  readonly id: string;
  readonly #key: Buffer;

  constructor(id: string, key: Buffer) {
    this.id = id;
    this.#key = key;
  }

  get key(): Buffer {
    return this.#key;
  }
}

/** Ids travel in clear text beside every payload: a short word, no blanks, nothing secret. */
export const PAYLOAD_KEY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A fresh random key as one entry of PAYLOAD_KEYS: `<id>:<base64 of 32 bytes>`. */
export function generatePayloadKey(id: string): string {
  if (!PAYLOAD_KEY_ID.test(id)) {
    throw new RangeError('the id of a payload key is a short word of letters, digits, ".", "_" and "-"');
  }
  return `${id}:${randomBytes(KEY_BYTES).toString('base64')}`;
}

/** `none`, or `<id>:<base64 of 32 bytes>` entries divided by commas. Messages name ids, never keys. */
export const payloadKeyRing = z.string().transform((value, context): PayloadKeyRing => {
  if (value.trim() === 'none') return 'none';
  const keys = new Map<string, PayloadKey>();
  for (const [index, entry] of listed(value).entries()) {
    const parsed = parseEntry(entry, `entry ${index + 1}`);
    if (typeof parsed === 'string') context.addIssue(parsed);
    else if (keys.has(parsed.id)) context.addIssue(`${quoted(parsed.id)} is the id of two keys`);
    else keys.set(parsed.id, parsed);
  }
  if (listed(value).length === 0) context.addIssue('names no key');
  return [...keys.values()];
});

/** The key, or what is wrong with the entry. */
function parseEntry(entry: string, place: string): PayloadKey | string {
  const colon = entry.indexOf(':');
  const id = entry.slice(0, Math.max(colon, 0));
  if (!PAYLOAD_KEY_ID.test(id)) return `${place} is not of the form id:base64`;
  const base64 = entry.slice(colon + 1);
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) return `the key ${quoted(id)} is not base64`;
  const key = Buffer.from(base64, 'base64');
  if (key.length !== KEY_BYTES) return `the key ${quoted(id)} has ${key.length} bytes, not ${KEY_BYTES}`;
  return new HiddenPayloadKey(id, key);
}
