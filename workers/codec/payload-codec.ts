/**
 * Encrypts what Temporal stores: arguments, results, signals, updates, memos, summaries, details of failures.
 * Not covered, and therefore free of personal data: ids, task queues, type names, search attributes, headers.
 *
 * One encrypted payload: metadata `encoding`, `encryption-key-id` and `encryption-version` in the clear, and as data
 * the nonce (12 bytes), the AES-256-GCM ciphertext, and the tag (16 bytes). The clear metadata is authenticated too.
 * Within the ciphertext, one byte says whether the payload after it, in protobuf form, is compressed.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { ApplicationFailure, type Payload, type PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { type PayloadKey, PAYLOAD_KEY_ID, type PayloadKeyRing } from '../../config/payload-keys.js';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

const CIPHER = 'aes-256-gcm';
/**
 * Random nonces are safe for 2^32 payloads per key: at 1,000 a second, change keys at least every seven weeks.
 * @see https://csrc.nist.gov/pubs/sp/800/38/d/final, section 8.3
 */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const ENCRYPTED = 'binary/encrypted';
const VERSION = '1';

const COMPRESS_FROM_BYTES = 1024; // smaller ones gain less than the time is worth
const COMPRESSION_LEVEL = 1; // JSON of events shrinks almost as much as at 6, in half the time
const STORED = 0;
const DEFLATED = 1;

/** The `type` of the failure that an undecipherable payload raises. Types are stored in the clear and searchable. */
export const PAYLOAD_FAILURES = {
  /** Encrypted with a key that is not in the ring, or by a newer version of this codec. */
  unknownKey: 'payload-key-unknown',
  /** Changed since it was encrypted, or encrypted with another key under the same id. */
  damaged: 'payload-damaged',
} as const;

/**
 * The codec for a key ring: the first key encrypts, all keys decrypt. Payloads that are not encrypted pass decoding
 * as they are, so that encryption can be turned on while workflows run. With `'none'` nothing is encrypted, and what
 * once was is refused by name instead of being handed on as bytes.
 *
 * `decode` throws a retryable ApplicationFailure of a type in `PAYLOAD_FAILURES`. Temporal then fails the workflow
 * task or the activity attempt and tries again: nothing is lost, the failure stands in the history and in the
 * worker's log, and the work goes on by itself once the ring is put right. A key with wrong bytes under a right id
 * looks like a changed payload, which is why that one is not given up either.
 */
export function createEncryptionCodec(keys: PayloadKeyRing): PayloadCodec {
  const ring = new Map(keys === 'none' ? [] : keys.map((key) => [key.id, key]));
  const [first] = ring.values();
  const encode = (payload: Payload): Payload => (first === undefined ? payload : encrypt(payload, first));
  const decode = (payload: Payload): Payload => (isEncrypted(payload) ? decrypt(payload, ring) : payload);
  return {
    encode: (payloads) => Promise.resolve(payloads.map(encode)),
    // Within a promise, so that a throw becomes a rejection.
    decode: (payloads) => Promise.resolve().then(() => payloads.map(decode)),
  };
}

function encrypt(payload: Payload, { id, key }: PayloadKey): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(clearPart(id));
  const [marker, body] = packed(PayloadMessage.encode(payload).finish());
  const data = Buffer.concat([
    nonce,
    cipher.update(Uint8Array.of(marker)),
    cipher.update(body),
    cipher.final(),
  ]);
  return {
    metadata: {
      encoding: Buffer.from(ENCRYPTED),
      'encryption-key-id': Buffer.from(id),
      'encryption-version': Buffer.from(VERSION),
    },
    data: Buffer.concat([data, cipher.getAuthTag()]),
  };
}

function decrypt(payload: Payload, ring: ReadonlyMap<string, PayloadKey>): Payload {
  const id = metadataText(payload, 'encryption-key-id');
  const shownId = PAYLOAD_KEY_ID.test(id) ? `"${id}"` : 'without a readable id';
  const version = metadataText(payload, 'encryption-version');
  const key = ring.get(id)?.key;
  if (key === undefined) {
    throw failure(
      'unknownKey',
      `A payload is encrypted with key ${shownId}, which is not in PAYLOAD_KEYS. Add it again.`,
    );
  }
  if (version !== VERSION) {
    throw failure(
      'unknownKey',
      `A payload with key ${shownId} is of an encryption version that this release does not know.`,
    );
  }
  try {
    return PayloadMessage.decode(unpacked(decipher(payload.data ?? new Uint8Array(), key, id)));
  } catch {
    // The cause is left out: messages of parsers can quote data.
    throw failure(
      'damaged',
      `A payload with key ${shownId} was changed, or PAYLOAD_KEYS has another key under this id.`,
    );
  }
}

function decipher(data: Uint8Array, key: Buffer, id: string): Buffer {
  const nonce = data.subarray(0, NONCE_BYTES);
  const tag = data.subarray(data.length - TAG_BYTES);
  const cipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(clearPart(id))
    .setAuthTag(tag);
  return Buffer.concat([cipher.update(data.subarray(NONCE_BYTES, data.length - TAG_BYTES)), cipher.final()]);
}

/** What stands in the clear and still must not be changed. */
function clearPart(id: string): Buffer {
  return Buffer.from([ENCRYPTED, VERSION, id].join('\0'));
}

function packed(plain: Uint8Array): readonly [marker: number, body: Uint8Array] {
  if (plain.length < COMPRESS_FROM_BYTES) return [STORED, plain];
  const small = deflateRawSync(plain, { level: COMPRESSION_LEVEL });
  return small.length < plain.length ? [DEFLATED, small] : [STORED, plain];
}

function unpacked(packedBytes: Buffer): Uint8Array {
  const body = packedBytes.subarray(1);
  return packedBytes[0] === DEFLATED ? inflateRawSync(body) : body;
}

export function isEncrypted(payload: Payload): boolean {
  return metadataText(payload, 'encoding') === ENCRYPTED;
}

function metadataText(payload: Payload, name: string): string {
  return Buffer.from(payload.metadata?.[name] ?? []).toString();
}

function failure(kind: keyof typeof PAYLOAD_FAILURES, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: PAYLOAD_FAILURES[kind], message, nonRetryable: false });
}
