import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { ApplicationFailure, defaultPayloadConverter, type Payload } from '@temporalio/common';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
  encodeErrorToFailure,
  encodeToPayloads,
  loadDataConverter,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import fc from 'fast-check';
import { loadConfig } from '../../config/load.js';
import { generatePayloadKey, HiddenPayloadKey, type PayloadKey } from '../../config/payload-keys.js';
import { createDataConverter, FAILURE_CONVERTER_PATH } from '../../workers/codec/data-converter.js';
import { createEncryptionCodec, isEncrypted, PAYLOAD_FAILURES } from '../../workers/codec/payload-codec.js';

const CANARY = 'canary@example.com';
const key = (id: string): PayloadKey => new HiddenPayloadKey(id, randomBytes(32));
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (payload: Payload): unknown => defaultPayloadConverter.fromPayload(payload);
const keyIdOf = (payload: Payload | undefined): string =>
  Buffer.from(payload?.metadata?.['encryption-key-id'] ?? []).toString();

async function encrypted(value: unknown, ...keys: PayloadKey[]): Promise<Payload> {
  const [payload] = await createEncryptionCodec(keys).encode([payloadOf(value)]);
  if (payload === undefined) throw new Error('no payload');
  return payload;
}

async function decrypted(payload: Payload, ...keys: PayloadKey[]): Promise<unknown> {
  const [plain] = await createEncryptionCodec(keys).decode([payload]);
  return plain && valueOf(plain);
}

describe('a payload', () => {
  it('comes back as it was, whatever it is', async () => {
    const codec = createEncryptionCodec([key('k1')]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
        const plain = values.map(payloadOf);
        const stored = await codec.encode(plain);
        expect(stored.every(isEncrypted)).toBe(true);
        // What JSON makes of a value is JSON's affair: -0 comes back as 0.
        expect((await codec.decode(stored)).map(valueOf)).toEqual(plain.map(valueOf));
      }),
    );
    const bytes = randomBytes(5000);
    expect(Buffer.from((await codec.decode(await codec.encode([payloadOf(bytes)])))[0]?.data ?? [])).toEqual(
      bytes,
    );
    expect((await codec.decode(await codec.encode([payloadOf(undefined)]))).map(valueOf)).toEqual([
      undefined,
    ]);
  });

  it('is stored without a trace of its content, and twice the same looks different', async () => {
    const k1 = key('k1');
    const [first, second] = [await encrypted({ email: CANARY }, k1), await encrypted({ email: CANARY }, k1)];
    expect(Buffer.from(first.data ?? []).includes('canary')).toBe(false);
    expect(inspect(first, { maxArrayLength: null })).not.toContain('json/plain');
    expect(first.data).not.toEqual(second.data);
  });

  it('is compressed where that pays', async () => {
    const k1 = key('k1');
    const events = Array.from({ length: 100 }, (_, index) => ({
      work_email: `p${index}@example.com`,
      country: 'US',
    }));
    const plainBytes = payloadOf(events).data?.length ?? 0;
    expect((await encrypted(events, k1)).data?.length).toBeLessThan(plainBytes / 4);
    expect(await decrypted(await encrypted(events, k1), k1)).toEqual(events);
    const noise = randomBytes(4096).toString('base64url');
    expect(await decrypted(await encrypted(noise, k1), k1)).toBe(noise);
  });

  it('passes as it is when it was never encrypted, so that encryption can be turned on later', async () => {
    expect(await decrypted(payloadOf({ a: 1 }), key('k1'))).toEqual({ a: 1 });
  });
});

describe('the key ring', () => {
  it('encrypts with its first key and reads with all', async () => {
    const [old, fresh] = [key('2025'), key('2026')];
    const before = await encrypted('before', old);
    const after = await encrypted('after', fresh, old);
    expect([keyIdOf(before), keyIdOf(after)]).toEqual(['2025', '2026']);
    expect(await decrypted(before, fresh, old)).toBe('before');
    expect(await decrypted(after, old, fresh)).toBe('after');
  });

  it('refuses by name what it has no key for, and asks to be tried again', async () => {
    const failure = { type: PAYLOAD_FAILURES.unknownKey, nonRetryable: false };
    const payload = await encrypted('before', key('2025'));
    const refused = decrypted(payload, key('2026'));
    await expect(refused).rejects.toMatchObject(failure);
    await expect(refused).rejects.toThrow('encrypted with key "2025", which is not in PAYLOAD_KEYS');
    await expect(createEncryptionCodec('none').decode([payload])).rejects.toMatchObject(failure);
  });

  it('shows no key id that was made up to say something', async () => {
    const payload = await encrypted('x', key('k1'));
    const forged = {
      ...payload,
      metadata: { ...payload.metadata, 'encryption-key-id': Buffer.from(`<${CANARY}>`) },
    };
    await expect(decrypted(forged, key('k1'))).rejects.toThrow('with key without a readable id');
  });

  it('refuses another key under the same id as damage, and asks to be tried again', async () => {
    const refused = decrypted(await encrypted('x', key('k1')), key('k1'));
    await expect(refused).rejects.toMatchObject({ type: PAYLOAD_FAILURES.damaged, nonRetryable: false });
  });

  it('none leaves payloads alone', async () => {
    const payload = payloadOf({ email: CANARY });
    expect(await createEncryptionCodec('none').encode([payload])).toEqual([payload]);
  });

  it('takes the keys that generatePayloadKey makes', async () => {
    const PAYLOAD_KEYS = `${generatePayloadKey('b')},${generatePayloadKey('a')}`;
    const env = { PAYLOAD_KEYS, PERSON_HASH_KEY: 'a-key-of-sixteen-or-more' };
    const { payloadKeys } = loadConfig(env, { gateway: false, worker: false });
    const codec = createEncryptionCodec(payloadKeys);
    const stored = await codec.encode([payloadOf('x')]);
    expect(keyIdOf(stored[0])).toBe('b');
    expect((await codec.decode(stored)).map(valueOf)).toEqual(['x']);
    expect(() => generatePayloadKey('a:b')).toThrow(RangeError);
  });
});

describe('a changed payload', () => {
  it('is refused, whichever byte was changed', async () => {
    const k1 = key('k1');
    const payload = await encrypted({ email: CANARY }, k1);
    const data = Buffer.from(payload.data ?? []);
    for (let at = 0; at < data.length; at++) {
      const changed = Buffer.from(data);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      const refused = decrypted({ ...payload, data: changed }, k1);
      await expect(refused).rejects.toMatchObject({ type: PAYLOAD_FAILURES.damaged, cause: undefined });
      await expect(refused).rejects.not.toThrow('canary');
    }
  });

  it('is refused at every shorter length', async () => {
    const k1 = key('k1');
    const payload = await encrypted('x', k1);
    const data = Buffer.from(payload.data ?? []);
    for (let length = 0; length < data.length; length++) {
      const refused = decrypted({ ...payload, data: data.subarray(0, length) }, k1);
      await expect(refused).rejects.toMatchObject({ type: PAYLOAD_FAILURES.damaged });
    }
  });

  it('is refused when its clear metadata was changed', async () => {
    const bytes = randomBytes(32);
    const [one, other] = [new HiddenPayloadKey('k1', bytes), new HiddenPayloadKey('k2', bytes)];
    const payload = await encrypted('x', one);
    const relabelled = {
      ...payload,
      metadata: { ...payload.metadata, 'encryption-key-id': Buffer.from('k2') },
    };
    await expect(decrypted(relabelled, one, other)).rejects.toMatchObject({ type: PAYLOAD_FAILURES.damaged });
    const newer = { ...payload, metadata: { ...payload.metadata, 'encryption-version': Buffer.from('2') } };
    await expect(decrypted(newer, one)).rejects.toMatchObject({ type: PAYLOAD_FAILURES.unknownKey });
  });
});

describe('the data converter', () => {
  const failureOf = (): Error =>
    ApplicationFailure.create({
      message: `no user ${CANARY}`,
      type: 'rejected',
      details: [{ email: CANARY }],
    });

  it('keeps messages, stack traces and details of failures from being read, and gives them back', async () => {
    const converter = loadDataConverter(createDataConverter([key('k1')]));
    const stored = await encodeErrorToFailure(converter, failureOf());
    expect(stored.message).toBe('Encoded failure');
    expect(stored.stackTrace).toBe('');
    expect(stored.applicationFailureInfo?.type).toBe('rejected');
    const bytes = [
      stored.encodedAttributes?.data,
      stored.applicationFailureInfo?.details?.payloads?.[0]?.data,
    ];
    expect(bytes.map((data) => Buffer.from(data ?? 'canary').includes('canary'))).toEqual([false, false]);
    expect(JSON.stringify(stored)).not.toContain('canary');

    const error = await decodeOptionalFailureToOptionalError(converter, stored);
    expect(error).toMatchObject({ message: `no user ${CANARY}`, details: [{ email: CANARY }] });
    expect(error?.stack).toContain('codec.test.ts');
  });

  it('without keys stores the same failure in clear text: this test can fail', async () => {
    const converter = loadDataConverter(createDataConverter('none'));
    const stored = await encodeErrorToFailure(converter, failureOf());
    expect(Buffer.from(stored.encodedAttributes?.data ?? []).includes('canary')).toBe(true);
  });

  it('converts several arguments and none', async () => {
    const converter = loadDataConverter(createDataConverter([key('k1')]));
    const stored = await encodeToPayloads(converter, { a: 1 }, undefined, 'x');
    expect(await decodeArrayFromPayloads(converter, stored)).toEqual([{ a: 1 }, undefined, 'x']);
    expect(await encodeToPayloads(converter)).toBeUndefined();
  });

  it('names its failure converter by an absolute path, as the workflow bundle needs it', () => {
    expect(FAILURE_CONVERTER_PATH).toMatch(/^\/.*\/workers\/codec\/failure-converter\.cjs$/);
  });
});
