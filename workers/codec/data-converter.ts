/** The one data converter: clients, workers, tests and replays that differ in it cannot read each other's payloads. */
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { PayloadKeyRing } from '../../config/payload-keys.js';
import { createEncryptionCodec } from './payload-codec.js';

/** Also goes into the workflow bundle, as `failureConverterPath`. The build copies the file beside this one. */
export const FAILURE_CONVERTER_PATH = fileURLToPath(new URL('./failure-converter.cjs', import.meta.url));

/** JSON payloads, encrypted by the ring; messages and stack traces of failures are payloads too. */
export function createDataConverter(keys: PayloadKeyRing): DataConverter {
  return { failureConverterPath: FAILURE_CONVERTER_PATH, payloadCodecs: [createEncryptionCodec(keys)] };
}
