/** Looks at everything that has to be right before an event reaches Iterable. Changes nothing, prints no secret. */
import type { Config } from '../../config/config.js';
import { gatewayAccess } from '../../config/gateway-access.js';
import { loadConfig, type Needs } from '../../config/load.js';
import type { Finding } from './finding.js';
import { examineIterable, type IterableExamination } from './iterable.js';
import { examineCodecServer, examineGateway } from './local-servers.js';
import { examineMarketo } from './marketo.js';
import { examinePayloadKeys, examineSettings } from './settings.js';
import { examineTemporal } from './temporal.js';

/**
 * One or two calls per system, all at once, each with the least that its answer needs.
 * @param needs whose settings have to be complete: those of the gateway, the worker, or both
 * @throws ConfigError when settings are missing or cannot be read
 */
export async function examine(
  env: NodeJS.ProcessEnv,
  needs: Needs,
  iterable: IterableExamination = {},
): Promise<readonly Finding[]> {
  const config: Config = loadConfig(env, needs);
  const [payloadKeys, onIterable, onMarketo, onTemporal, gateway, codecServer] = await Promise.all([
    examinePayloadKeys(config),
    examineIterable(config.iterable, iterable),
    examineMarketo(config.marketo, iterable.now),
    examineTemporal(config),
    examineGateway(gatewayAccess(env).url),
    examineCodecServer(config.codecServerPort),
  ]);
  return [
    ...examineSettings(config),
    payloadKeys,
    ...onIterable,
    ...onMarketo,
    ...onTemporal,
    gateway,
    ...(codecServer === undefined ? [] : [codecServer]),
  ];
}
