/** How a command on this machine reaches the gateway that the same settings start. */
import { textOf } from './reader.js';
import { SETTINGS } from './settings.js';
import { listed } from './values.js';

export interface GatewayAccessDefaults {
  /** Where `npm start` listens with these settings. */
  readonly url: string;
  /** `id:secret` of the first client whose secret is given in plain text. */
  readonly client: string | undefined;
}

export function gatewayAccess(env: NodeJS.ProcessEnv): GatewayAccessDefaults {
  const host = textOf(env, SETTINGS.gatewayHost.variable) ?? SETTINGS.gatewayHost.fallback;
  const port = textOf(env, SETTINGS.gatewayPort.variable) ?? SETTINGS.gatewayPort.fallback;
  const pairs = listed(textOf(env, SETTINGS.gatewayClients.variable) ?? '');
  return {
    url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`,
    client: pairs.find((pair) => /^[^:]+:(?!sha256:)/.test(pair)),
  };
}
