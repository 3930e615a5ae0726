/** What operators can chart. Tags are names from our own tables, never anything of a person. */
import { Context } from '@temporalio/activity';
import type { FailureClass } from '../../domain/verdict.js';
import type { EndpointName } from './endpoints.js';

export interface IterableMetrics {
  /** @param outcome `ok`, or the class of the failure */
  readonly countCall: (endpoint: EndpointName, outcome: 'ok' | FailureClass, waitedMs: number) => void;
  /** @param fields Iterable names of fields whose value stands in no list of ours */
  readonly countUnlisted: (fields: readonly string[]) => void;
}

/** Metrics of the current activity. */
export function iterableMetrics(): IterableMetrics {
  const meter = Context.current().metricMeter;
  const calls = meter.createCounter('iterable_calls', 'calls', 'Calls to Iterable by endpoint and outcome');
  const waits = meter.createHistogram(
    'iterable_limiter_wait',
    'float',
    's',
    'Time that calls to Iterable waited for their turn',
  );
  const unlisted = meter.createCounter(
    'product_event_unlisted_values',
    'values',
    'Delivered values that stand in no list of recipes/, by field',
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
