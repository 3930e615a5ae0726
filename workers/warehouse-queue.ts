/**
 * The queues that need the warehouse. A DuckDB file has one owner, which alone serves them: a worker that finds the
 * file taken runs without, and takes over when the owner has gone, because in a rolling restart the new worker starts
 * before the old one has ended. Snowflake has any number of workers.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DuckDbOptions } from '../activities/warehouse/duckdb.js';
import type { Warehouse } from '../activities/warehouse/engine.js';
import { openOwnedWarehouse } from '../activities/warehouse/ownership.js';
import { createSnowflake } from '../activities/warehouse/snowflake/snowflake.js';
import type { WarehouseConfig } from '../config/config.js';
import type { RunningWorkers } from './workers.js';

export interface WarehouseQueueOptions {
  readonly file: DuckDbOptions;
  readonly logger: Logger;
  /** Starts the workers that need the warehouse; called once, when this process has it. */
  readonly start: (warehouse: Warehouse) => Promise<RunningWorkers>;
  /** How often a file that is taken is tried again. */
  readonly retryEveryMs?: number;
}

const RETRY_EVERY_MS = 3_000;

/** @throws when the warehouse cannot be opened: a broken file, a private key that cannot be used */
export async function serveWarehouseOf(
  config: WarehouseConfig,
  options: Omit<WarehouseQueueOptions, 'file'>,
): Promise<RunningWorkers> {
  if (config.kind === 'duckdb') return serveWarehouse({ ...options, file: { path: config.path } });
  const warehouse = createSnowflake(config);
  const workers = await options.start(warehouse);
  return {
    done: workers.done,
    stop: async () => {
      await workers.stop();
      await warehouse.close();
    },
  };
}

/**
 * Tries to have the file once before it returns, then in the background. `done` settles after `stop`; it rejects when
 * its workers fail, or cannot be started.
 * @throws ApplicationFailure when the file cannot be opened at all
 */
export async function serveWarehouse(options: WarehouseQueueOptions): Promise<RunningWorkers> {
  const stopping = new AbortController();
  const first = await tryToServe(options);
  if (first.kind === 'taken') {
    options.logger.warn(
      { path: options.file.path, ownerPid: first.ownerPid },
      'another process has the warehouse: this one runs without its queue until that has ended',
    );
  }
  const serving = first.kind === 'serving' ? Promise.resolve(first) : retry(options, stopping.signal);
  return {
    done: serving.then((served) => served?.workers.done),
    stop: async () => {
      stopping.abort();
      const served = await serving.catch(() => undefined);
      await served?.workers.stop();
      await served?.warehouse.close();
    },
  };
}

interface Serving {
  readonly kind: 'serving';
  readonly warehouse: Warehouse;
  readonly workers: RunningWorkers;
}
interface Taken {
  readonly kind: 'taken';
  readonly ownerPid: number | undefined;
}

async function tryToServe({ file, start }: WarehouseQueueOptions): Promise<Serving | Taken> {
  const opened = await openOwnedWarehouse(file);
  if (opened.kind === 'taken') return opened;
  const { warehouse } = opened;
  try {
    return { kind: 'serving', warehouse, workers: await start(warehouse) };
  } catch (error) {
    await warehouse.close(); // or nobody else could have it
    throw error;
  }
}

/** @returns undefined when it was stopped first */
async function retry(options: WarehouseQueueOptions, stopped: AbortSignal): Promise<Serving | undefined> {
  const { retryEveryMs = RETRY_EVERY_MS, logger, file } = options;
  for (;;) {
    await delay(retryEveryMs, undefined, { signal: stopped }).catch(() => undefined);
    if (stopped.aborted) return undefined;
    const next = await tryToServe(options);
    if (next.kind === 'taken') continue;
    logger.info({ path: file.path }, 'the warehouse is free: this process serves its queue from now on');
    return next;
  }
}
