/** Temporal servers for tests, with the project's search attributes registered. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Runtime } from '@temporalio/worker';
import { apiTypeOf } from '../../workers/temporal/search-attribute-types.js';
import { testConverter } from './converter.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { tool } from './tools.js';

/**
 * A server whose clock leaps over waiting. Has no list, count or schedules, and one clock: no concurrent tests on it.
 */
export async function timeSkippingEnv(): Promise<TestWorkflowEnvironment> {
  quiet();
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: testServerPath() } },
    client: { dataConverter: testConverter },
  });
  await env.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(
      Object.values(searchAttributes).map((key) => [key.name, apiTypeOf(key)]),
    ),
  });
  return env;
}

/** A whole server in memory, in real time. `extraArgs` go to its command line. */
export async function localEnv(extraArgs: string[] = []): Promise<TestWorkflowEnvironment> {
  quiet();
  return TestWorkflowEnvironment.createLocal({
    client: { dataConverter: testConverter },
    server: {
      executable: { type: 'existing-path', path: temporalCliPath() },
      ip: '127.0.0.1',
      log: { format: 'pretty', level: 'error' },
      searchAttributes: Object.values(searchAttributes),
      extraArgs,
    },
  });
}

/** Path of the Temporal CLI. @throws Error when there is none */
export const temporalCliPath = (): string => tool('TEST_TEMPORAL_CLI');
/** Path of the time-skipping server. @throws Error when there is none */
export const testServerPath = (): string => tool('TEST_TEMPORAL_TEST_SERVER');
/** Path of the bundle of workflows/, made at the start of the run. @throws Error when it could not be made */
export const workflowBundlePath = (): string => tool('TEST_WORKFLOW_BUNDLE');

let isQuiet = false;
/** The SDK logs each worker's start and stop, what the test server lacks, and every failure that a test provokes. */
export function quiet(): void {
  if (isQuiet) return;
  isQuiet = true;
  const ignore = (): void => undefined;
  Runtime.install({
    logger: { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
    shutdownSignals: [],
  });
}
