/** Listens to everything that an activity says to the outside: logs, heartbeats, metrics, failures, the console. */
import { inspect } from 'node:util';
import type { MetricMeter, MetricTags } from '@temporalio/common';
import { noopMetricMeter } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly tags: MetricTags;
}

export interface Overheard {
  readonly env: MockActivityEnvironment;
  readonly note: (what: unknown) => void;
  readonly metrics: readonly Measured[];
  /** All of it. */
  readonly text: () => string;
  /** Gives the console back. */
  readonly end: () => void;
}

/** One activity environment with ears. Time limits are those of production. */
export function overhear(): Overheard {
  const parts: string[] = [];
  const metrics: Measured[] = [];
  const measure = (measured: Measured): void => {
    metrics.push(measured);
    note(measured);
  };
  const note = (what: unknown): void => {
    parts.push(inspect(what, { depth: 10, showHidden: true }));
  };
  const logger = new DefaultLogger('TRACE', note);
  const env = new MockActivityEnvironment(
    { startToCloseTimeoutMs: 300_000 },
    { logger, metricMeter: noting(measure) },
  );
  env.on('heartbeat', note);
  const restore = [...overhearStreams(note), ...overhearConsole(note)];
  return {
    env,
    note,
    metrics,
    text: () => parts.join('\n'),
    end: () => {
      restore.forEach((giveBack) => {
        giveBack();
      });
    },
  };
}

function overhearStreams(note: (what: unknown) => void): (() => void)[] {
  return [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream);
    stream.write = (text: string | Uint8Array): boolean => {
      note(String(text));
      return true;
    };
    return () => {
      stream.write = write;
    };
  });
}

/** Jest's console does not write to the streams. */
function overhearConsole(note: (what: unknown) => void): (() => void)[] {
  return (['debug', 'log', 'info', 'warn', 'error'] as const).map((method) => {
    const original = console[method].bind(console);
    console[method] = (...args: unknown[]) => {
      note(args);
    };
    return () => {
      console[method] = original;
    };
  });
}

/** A meter that notes names and tags of everything that is counted. */
function noting(measure: (measured: Measured) => void, tags: MetricTags = {}): MetricMeter {
  const record = (name: string) => (value: number, extra?: MetricTags) => {
    measure({ name, value, tags: { ...tags, ...extra } });
  };
  return {
    createGauge: (name, valueType) => noopMetricMeter.createGauge(name, valueType),
    createCounter: (name) => ({ ...noopMetricMeter.createCounter(name), name, add: record(name) }),
    createHistogram: (name, valueType) => ({
      ...noopMetricMeter.createHistogram(name, valueType),
      name,
      record: record(name),
    }),
    withTags: (more) => noting(measure, { ...tags, ...more }),
  };
}
