/** What operators can chart. Tags are names from our own tables, never anything of a person. */
import { Context } from '@temporalio/activity';
import type { MetricRows } from '../../domain/metric.js';
import type { FailureClass } from '../../domain/verdict.js';
import type { EndpointName } from './endpoints.js';

export type CallOutcome = 'ok' | 'gone' | 'stale-token' | 'bad-token' | FailureClass;
export const FINDINGS = [
  'started',
  'repeated',
  'resubscribed',
  'no-email',
  'invalid-email',
  'lead-gone',
  'late',
  'unreadable',
] as const;
export type Finding = (typeof FINDINGS)[number];

export interface MarketoMetrics {
  readonly countCall: (endpoint: EndpointName, outcome: CallOutcome, waitedMs: number) => void;
  readonly countRepair: (endpoint: EndpointName) => void;
  readonly countFindings: (finding: Finding, count: number) => void;
  readonly quotaUsed: (calls: number) => void;
}

export const MARKETO_METRICS = {
  marketo_calls: {
    kind: 'counter',
    unit: 'calls',
    about:
      'Calls to Marketo by endpoint and outcome: `ok`, `gone`, `stale-token`, `bad-token`, or the class of the failure',
    tags: ['endpoint', 'outcome'],
  },
  marketo_limiter_wait: {
    kind: 'histogram',
    unit: 's',
    about: 'Time that calls to Marketo waited for their turn',
    tags: ['endpoint'],
  },
  marketo_repaired_answers: {
    kind: 'counter',
    unit: 'answers',
    about: 'Answers of Marketo whose broken JSON had to be repaired, by endpoint',
    tags: ['endpoint'],
  },
  marketo_poll_findings: {
    kind: 'counter',
    unit: 'findings',
    about:
      'What polls have found, by what became of it: `started`, `repeated`, `resubscribed`, `no-email`, `invalid-email`, ' +
      '`lead-gone`, `late` (behind the watermark, found by the sweep), `unreadable`',
    tags: ['finding'],
  },
  marketo_quota_used: {
    kind: 'gauge',
    unit: 'calls',
    about: "Today's calls to the Marketo instance, of everybody who uses it, as Marketo counts them",
    tags: [],
  },
} as const satisfies MetricRows;

type Name = keyof typeof MARKETO_METRICS;

/** Metrics of the current activity. */
export function marketoMetrics(): MarketoMetrics {
  const meter = Context.current().metricMeter;
  const textsOf = (name: Name): [unit: string, about: string] => [
    MARKETO_METRICS[name].unit,
    MARKETO_METRICS[name].about,
  ];
  const counter = (name: Name): ReturnType<typeof meter.createCounter> =>
    meter.createCounter(name, ...textsOf(name));
  return {
    countCall: (endpoint, outcome, waitedMs) => {
      counter('marketo_calls').add(1, { endpoint, outcome });
      meter
        .createHistogram('marketo_limiter_wait', 'float', ...textsOf('marketo_limiter_wait'))
        .record(waitedMs / 1000, { endpoint });
    },
    countRepair: (endpoint) => {
      counter('marketo_repaired_answers').add(1, { endpoint });
    },
    countFindings: (finding, count) => {
      if (count > 0) counter('marketo_poll_findings').add(count, { finding });
    },
    quotaUsed: (calls) => {
      meter.createGauge('marketo_quota_used', 'int', ...textsOf('marketo_quota_used')).set(calls);
    },
  };
}
