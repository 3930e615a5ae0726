/** The project's data converter with a key for tests only. */
import type { PayloadKeyRing } from '../../config/payload-keys.js';
import { createDataConverter } from '../../workers/codec/data-converter.js';

export const TEST_KEYS: PayloadKeyRing = [{ id: 'test', key: Buffer.alloc(32, 7) }];
export const testConverter = createDataConverter(TEST_KEYS);
