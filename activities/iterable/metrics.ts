/** What operators can chart. Tags are names from our own tables, never anything of a person. */
import { Context } from '@temporalio/activity';
import type { MetricRows } from '../../domain/metric.js';
import type { FailureClass } from '../../domain/verdict.js';
import type { EndpointName } from './endpoints.js';

export interface IterableMetrics {
  /** @param outcome `ok`, or the class of the failure */
  readonly countCall: (endpoint: EndpointName, outcome: 'ok' | FailureClass, waitedMs: number) => void;
  /** @param fields Iterable names of fields whose value stands in no list of ours */
  readonly countUnlisted: (fields: readonly string[]) => void;
}

export const ITERABLE_METRICS = {
  iterable_calls: {
    kind: 'counter',
    unit: 'calls',
    about: 'Calls to Iterable by endpoint and outcome: `ok`, or the class of the failure',
    tags: ['endpoint', 'outcome'],
  },
  iterable_limiter_wait: {
    kind: 'histogram',
    unit: 's',
    about: 'Time that calls to Iterable waited for their turn',
    tags: ['endpoint'],
  },
  product_event_unlisted_values: {
    kind: 'counter',
    unit: 'values',
    about: 'Delivered values that stand in no list of recipes/, by field',
    tags: ['field'],
  },
} as const satisfies MetricRows;

type Name = keyof typeof ITERABLE_METRICS;

/** Metrics of the current activity. */
export function iterableMetrics(): IterableMetrics {
  const meter = Context.current().metricMeter;
  const textsOf = (name: Name): [unit: string, about: string] => [
    ITERABLE_METRICS[name].unit,
    ITERABLE_METRICS[name].about,
  ];
  const calls = meter.createCounter('iterable_calls', ...textsOf('iterable_calls'));
  const waits = meter.createHistogram('iterable_limiter_wait', 'float', ...textsOf('iterable_limiter_wait'));
  const unlisted = meter.createCounter(
    'product_event_unlisted_values',
    ...textsOf('product_event_unlisted_values'),
  );
  return {
    countCall: (endpoint, outcome, waitedMs) => {
      calls.add(1, { endpoint, outcome });
      waits.record(waitedMs / 1000, { endpoint });
    },
    countUnlisted: (fields) => {
      for (const field of fields) unlisted.add(1, { field });
    },
  };
}
