/** What the settings say without asking anybody, and whether the payload keys do what they are for. */
import type { Payload } from '@temporalio/common';
import type { Config } from '../../config/config.js';
import { createEncryptionCodec, isEncrypted } from '../../workers/codec/payload-codec.js';
import { note, ok, wrong, type Finding } from './finding.js';

/** Settings that could not be read have ended the examination before: here are those that look odd. */
export function examineSettings({ warnings }: Config): readonly Finding[] {
  return [
    ok('settings', 'every setting can be read'),
    ...warnings.map((warning) => note('settings', warning)),
  ];
}

const SAMPLE: Payload = {
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from('"a payload of the doctor"'),
};

/** Encrypts and decrypts one payload with every key of the ring. */
export async function examinePayloadKeys({ payloadKeys }: Config): Promise<Finding> {
  if (payloadKeys === 'none') {
    return note('payload-keys', 'none: Temporal stores names and addresses in the clear', [
      'npm run recipes -- keys payload',
    ]);
  }
  const encoded = await Promise.all(payloadKeys.map((key) => createEncryptionCodec([key]).encode([SAMPLE])));
  const decoded = await createEncryptionCodec(payloadKeys).decode(encoded.flat());
  const intact = decoded.every(({ data }) => Buffer.from(data ?? []).equals(Buffer.from(SAMPLE.data ?? [])));
  if (!intact || !encoded.flat().every(isEncrypted)) {
    return wrong('payload-keys', 'a payload does not come back as it was');
  }
  const [first, ...others] = payloadKeys.map(({ id }) => id);
  const readers = others.length === 0 ? '' : `, ${others.join(', ')} only decrypt`;
  return ok('payload-keys', `${first ?? ''} encrypts${readers}`);
}
