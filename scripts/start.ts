/**
 * `npm start`: gateway and worker from the environment; `--only gateway` or `--only worker` for separate processes.
 * Without TEMPORAL_ADDRESS it runs a Temporal development server with a database file in DATA_DIR.
 * Exit codes: 0 after SIGTERM or SIGINT, 1 when something stopped on its own, 2 for settings.
 */
import { setFlagsFromString } from 'node:v8';
import { Command, Option } from 'commander';
import type { Logger } from 'pino';
import { ConfigError } from '../config/config-error.js';
import type { Config } from '../config/config.js';
import { environment } from '../config/environment.js';
import { loadConfig, systemsOff } from '../config/load.js';
import { startApp } from '../workers/app.js';
import { startDevServer } from '../workers/dev-server.js';
import { installTelemetry } from '../workers/telemetry.js';

/**
 * V8 collects when the heap has doubled, which it may: rows of a sync and groups of events are short-lived, so that most
 * of what it grows by is garbage. A tenth keeps the process in half a gigabyte; a fixed limit would end it instead.
 */
setFlagsFromString('--heap-growing-percent=10');

interface Roles {
  readonly gateway: boolean;
  readonly worker: boolean;
}

function readRoles(): Roles {
  const { only } = new Command('start')
    .addOption(new Option('--only <part>', 'run one part').choices(['gateway', 'worker']))
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<{ only?: 'gateway' | 'worker' }>();
  return { gateway: only !== 'worker', worker: only !== 'gateway' };
}

function readConfig(roles: Roles): Config {
  try {
    return loadConfig(environment(), roles);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(2);
  }
}

function reportSettings(config: Config, logger: Logger): void {
  for (const warning of config.warnings) logger.warn(warning);
  for (const { recipe, missing } of systemsOff(config)) logger.info({ recipe, missing }, 'recipe is off');
  if (config.payloadKeys === 'none')
    logger.warn('PAYLOAD_KEYS=none: Temporal stores personal data in the clear');
}

function signalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
}

async function main(): Promise<void> {
  const stopAsked = signalled();
  const roles = readRoles();
  const config = readConfig(roles);
  const logger = installTelemetry(config);
  reportSettings(config, logger);
  const devServer = config.temporal.address === undefined ? await startDevServer(config, logger) : undefined;
  try {
    const address = config.temporal.address ?? devServer?.address ?? '';
    const app = await startApp({ config, logger, address, ownsNamespace: devServer !== undefined, ...roles });
    logger.info(
      { gateway: app.gatewayUrl, worker: roles.worker, temporal: address, ui: devServer?.uiUrl },
      'ready',
    );
    try {
      const signal = await Promise.race([stopAsked, app.failed]);
      logger.info({ signal }, 'stopping');
    } finally {
      await app.stop();
    }
  } finally {
    await devServer?.close();
  }
}

await main();
// What is left is the SDK's threads, which end with the process.
process.exit();
