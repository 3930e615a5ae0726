/**
 * How Temporal is reached, by the rules of Temporal's own tools: variables first, then temporal.toml.
 * @see https://docs.temporal.io/develop/environment-configuration
 */
import { existsSync } from 'node:fs';
import { loadClientConfigProfile, toClientOptions, type ClientConfigProfile } from '@temporalio/envconfig';
import { z } from 'zod';
import type { TemporalConfig } from './config.js';
import { type Reader, textOf } from './reader.js';
import { Secret } from './secret.js';
import { TEMPORAL } from './temporal-settings.js';

/** Reads the variables and the file; what is wrong goes to the reader. */
export function temporalConfig(env: NodeJS.ProcessEnv, reader: Reader): TemporalConfig {
  const configFile = reader.optional(TEMPORAL.configFile);
  reader.optional(TEMPORAL.tls);
  // The library passes over a named file that is missing, and the worker would meet some other server.
  if (configFile !== undefined && !existsSync(configFile)) {
    reader.add({ variable: TEMPORAL.configFile.variable, reason: 'there is no such file' });
  }
  const { namespace, connectionOptions } = load(env, reader);
  const address = connectionOptions.address;
  if (address !== undefined && !/^[^\s/]+$/.test(address)) {
    const { variable, example } = TEMPORAL.address;
    reader.add({ variable, reason: 'not of the form host:port', example });
  }
  return {
    address,
    namespace: namespace ?? TEMPORAL.namespace.fallback,
    connection: new Secret(connectionOptions),
  };
}

function load(env: NodeJS.ProcessEnv, reader: Reader): ReturnType<typeof toClientOptions> {
  try {
    const profile = loadClientConfigProfile({ overrideEnvVars: withoutBlanks(env) });
    reportHalfCertificate(profile, reader);
    return toClientOptions(profile);
  } catch (error) {
    reader.add({ variable: 'TEMPORAL_*', reason: reasonOf(error) });
    return { connectionOptions: {} };
  }
}

/** With one half only the library connects without a certificate, and the server's refusal says nothing of it. */
function reportHalfCertificate({ tls }: ClientConfigProfile, reader: Reader): void {
  if (tls === undefined || tls.disabled === true) return;
  if ((tls.clientCert === undefined) === (tls.clientKey === undefined)) return;
  const { variable, example } =
    tls.clientCert === undefined ? TEMPORAL.tlsClientCertPath : TEMPORAL.tlsClientKeyPath;
  reader.add({ variable, reason: 'missing; a client certificate and its key go together', example });
}

const Trouble = z.object({ message: z.string(), path: z.string().optional(), code: z.string().optional() });

/** A parser's message may quote the file, which may hold the API key: only the kind of trouble is passed on. */
function reasonOf(error: unknown): string {
  const { message, path, code } = Trouble.parse(error);
  if (path !== undefined && code !== undefined) return `the file ${path} cannot be read (${code})`;
  if (/^(Profile '|Cannot specify both)/.test(message)) return message;
  return `${TEMPORAL.configFile.variable}, or temporal.toml in the home folder, is no valid configuration of Temporal`;
}

/** An empty TEMPORAL_GRPC_META_* stays: there it means that the header of the file is taken away. */
function withoutBlanks(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [variable, value] of Object.entries(env)) {
    const text = variable.startsWith('TEMPORAL_GRPC_META_') ? value : textOf(env, variable);
    if (text !== undefined) kept[variable] = text;
  }
  return kept;
}
