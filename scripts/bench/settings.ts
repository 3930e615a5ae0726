/** What the processes of every benchmark are set to, whatever else one of them needs. */
import { randomBytes } from 'node:crypto';
import { environment } from '../../config/environment.js';
import { generatePayloadKey } from '../../config/payload-keys.js';
import type { SandboxIterable } from '../../sandbox/iterable/index.js';

/** Of its own gateway: nobody else is to send. */
export const CLIENT = { clientId: 'bench', clientSecret: randomBytes(24).toString('base64url') };
const PERSON_HASH_KEY = randomBytes(32).toString('base64');
const PAYLOAD_KEYS = generatePayloadKey('bench');

/** The same keys each time in one process: what one worker has begun, the next one can read. */
export function benchSettings(
  dataDir: string,
  iterable: Pick<SandboxIterable, 'url' | 'apiKey'>,
): Record<string, string> {
  const { PATH = '', HOME = '', TEMPORAL_CLI_PATH = '' } = environment();
  return {
    PATH,
    HOME,
    TEMPORAL_CLI_PATH,
    DATA_DIR: dataDir,
    GATEWAY_PORT: '0',
    GATEWAY_CLIENTS: `${CLIENT.clientId}:${CLIENT.clientSecret}`,
    ITERABLE_API_KEY: iterable.apiKey,
    ITERABLE_BASE_URL: iterable.url,
    PERSON_HASH_KEY,
    PAYLOAD_KEYS,
  };
}
