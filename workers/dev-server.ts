/** The development server as the processes of this project start it. */
import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import { environment } from '../config/environment.js';
import { searchAttributes } from '../workflows/shared/search-attributes.js';
import { findBinary, TEMPORAL_CLI } from './temporal/binaries.js';
import { ensureDevServer, type DevServer, type DevServerOptions } from './temporal/dev-server.js';

/**
 * Starts the development server of DATA_DIR, or joins the one that runs.
 * @throws BinaryNotFoundError when the machine has no Temporal and cannot fetch one
 */
export async function startDevServer(
  config: Config,
  logger: Logger,
  options: Partial<DevServerOptions> = {},
): Promise<DevServer> {
  const { path } = await findBinary(TEMPORAL_CLI, {
    explicitPath: config.temporalCliPath,
    searchPath: environment()['PATH'] ?? '',
    onNotice: (sentence) => {
      logger.info(sentence);
    },
  });
  return ensureDevServer({
    executable: path,
    dataDir: config.dataDir,
    namespace: config.temporal.namespace,
    searchAttributes: Object.values(searchAttributes),
    ...options,
  });
}
