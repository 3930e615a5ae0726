/** What every command starts from: settings, and where needed a Temporal client that reads encrypted payloads. */
import type { Client } from '@temporalio/client';
import type { Config } from '../../config/config.js';
import { environment } from '../../config/environment.js';
import { loadConfig } from '../../config/load.js';
import { connectClient } from '../../workers/connect.js';
import { attachDevServer } from '../../workers/temporal/dev-server.js';
import { CommandError, EXIT } from './exit-codes.js';

export function commandConfig(): Config {
  return loadConfig(environment(), { gateway: false, worker: false });
}

/**
 * Runs with a client of the configured server, else of the development server that `npm start` has running here.
 * @throws CommandError unreachable when there is none, or it does not answer
 */
export async function withClient<T>(run: (client: Client, config: Config) => Promise<T>): Promise<T> {
  const config = commandConfig();
  const devServer = config.temporal.address === undefined ? await attachDevServer(config.dataDir) : undefined;
  try {
    const connected = await connect(config, config.temporal.address ?? devServer?.address);
    try {
      return await run(connected.client, config);
    } finally {
      await connected.close();
    }
  } finally {
    await devServer?.close();
  }
}

async function connect(config: Config, address: string | undefined): ReturnType<typeof connectClient> {
  try {
    if (address !== undefined) return await connectClient(config, address);
  } catch (cause) {
    throw new CommandError(EXIT.unreachable, `Temporal does not answer at ${String(address)}`, { cause });
  }
  throw new CommandError(
    EXIT.unreachable,
    'no Temporal here: set TEMPORAL_ADDRESS, or run npm start beside this',
  );
}
