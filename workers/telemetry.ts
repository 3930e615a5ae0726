/**
 * Logs and metrics of the whole process, set up once, before the first connection.
 * Everything, the SDK's and ours, goes to one pino stream and one Prometheus endpoint.
 */
import { TemporalFailure } from '@temporalio/common';
import { Runtime, type LogMetadata, type Logger as SdkLogger, type LogLevel } from '@temporalio/worker';
import { pino, type Logger } from 'pino';
import { stackFrames } from '../domain/stack-frames.js';

/** In each metric's own unit. The SDK's default buckets are for times in ms, of a few seconds. */
const BUCKETS = {
  gateway_group_events: [1, 2, 5, 10, 20, 40, 60, 80, 100],
  gateway_group_age: [5, 10, 25, 50, 100, 250, 500, 1000, 2500],
  iterable_limiter_wait: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  marketo_limiter_wait: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40],
};

export interface TelemetryOptions {
  readonly logLevel: string;
  /** Loopback port of the Prometheus endpoint; none without it. */
  readonly metricsPort: number | undefined;
  readonly metricsHost?: string;
}

/** Installs the SDK's runtime for this process and returns the process's logger. Call once. */
export function installTelemetry({
  logLevel,
  metricsPort,
  metricsHost = '127.0.0.1',
}: TelemetryOptions): Logger {
  const logger = pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  Runtime.install({
    logger: toSdkLogger(logger),
    // The process decides the order of its own shutdown: gateway first, then workers.
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(metricsPort === undefined
        ? {}
        : {
            metrics: {
              prometheus: {
                bindAddress: `${metricsHost}:${String(metricsPort)}`,
                countersTotalSuffix: true,
                unitSuffix: true,
                histogramBucketOverrides: BUCKETS,
              },
            },
          }),
    },
  });
  return logger;
}

/** Each queue of ours has one kind of task; the SDK remarks on the others at every start. */
const isRoutine = (message: string): boolean =>
  message === 'Worker state changed' || /^No .* registered, not polling/.test(message);

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** What the SDK logs, as lines of ours: of its metadata ids and codes only, of errors what `describeError` leaves. */
export function toSdkLogger(logger: Logger): SdkLogger {
  const log = (given: LogLevel, message: string, meta?: LogMetadata): void => {
    const level = isRoutine(message) ? 'DEBUG' : given;
    const { sdkComponent, taskQueue, workflowId, runId, workflowType, activityType, attempt, error } =
      meta ?? {};
    logger[LEVELS[level]](
      {
        sdkComponent,
        taskQueue,
        workflowId,
        runId,
        workflowType,
        activityType,
        attempt,
        error: describeError(error),
      },
      withoutQuote(message, error),
    );
  };
  return {
    log,
    trace: (message, meta) => {
      log('TRACE', message, meta);
    },
    debug: (message, meta) => {
      log('DEBUG', message, meta);
    },
    info: (message, meta) => {
      log('INFO', message, meta);
    },
    warn: (message, meta) => {
      log('WARN', message, meta);
    },
    error: (message, meta) => {
      log('ERROR', message, meta);
    },
  };
}

/**
 * Of failures that we make: type and message, which we write without personal data. Of foreign errors, whose messages
 * may quote what they choked on: where they came from. Their messages stand in Temporal, encrypted.
 */
function describeError(error: unknown): object | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof TemporalFailure) return { type: error.name, message: error.message };
  return { type: error.name, stack: stackFrames(error) };
}

/** The SDK puts messages of errors into some of its own. */
function withoutQuote(message: string, error: unknown): string {
  const isForeign = error instanceof Error && !(error instanceof TemporalFailure) && error.message !== '';
  return isForeign ? message.replace(error.message, () => error.name) : message;
}
