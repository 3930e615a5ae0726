/** The gateway's metrics. Tags are route patterns, statuses and fixed codes: never a value from a request. */
import type { MetricCounter, MetricHistogram, MetricMeter } from '@temporalio/common';
import type { MetricRows } from '../domain/metric.js';

export interface IntakeMetrics {
  /** A group goes to Temporal: how many events, and how long the oldest of them has waited. */
  readonly groupStarted: (events: number, ageMs: number) => void;
  /** Events that wait for a start. */
  readonly queueLength: (events: number) => void;
  readonly duplicate: () => void;
}

export interface HttpMetrics {
  readonly answered: (route: string, status: number) => void;
  /** Something was not taken; `reason` is a fixed kebab-case code. */
  readonly rejected: (reason: string) => void;
  /** An address arrived damaged from Marketo, and was mended. */
  readonly repaired: () => void;
}

export const GATEWAY_METRICS = {
  gateway_group_events: { kind: 'histogram', unit: 'events', about: 'Events in one group', tags: [] },
  gateway_group_age: {
    kind: 'histogram',
    unit: 'ms',
    about: 'Wait of the oldest event in a group',
    tags: [],
  },
  gateway_queued_events: { kind: 'gauge', unit: 'events', about: 'Events that wait for a start', tags: [] },
  gateway_duplicates: {
    kind: 'counter',
    unit: 'events',
    about: 'Events that were already accepted',
    tags: [],
  },
  gateway_answers: {
    kind: 'counter',
    unit: 'requests',
    about: 'Answers by route and status',
    tags: ['route', 'status'],
  },
  gateway_rejections: {
    kind: 'counter',
    unit: 'rejections',
    about: 'Requests and items not taken',
    tags: ['reason'],
  },
  gateway_repaired_addresses: {
    kind: 'counter',
    unit: 'addresses',
    about: "Addresses of Marketo's webhook whose + had become a blank",
    tags: [],
  },
} as const satisfies MetricRows;

type Name = keyof typeof GATEWAY_METRICS;

/** Call once for each process. */
export function createGatewayMetrics(meter: MetricMeter): IntakeMetrics & HttpMetrics {
  const textsOf = (name: Name): [unit: string, about: string] => [
    GATEWAY_METRICS[name].unit,
    GATEWAY_METRICS[name].about,
  ];
  const counter = (name: Name): MetricCounter => meter.createCounter(name, ...textsOf(name));
  const histogram = (name: Name): MetricHistogram => meter.createHistogram(name, 'int', ...textsOf(name));
  const groupEvents = histogram('gateway_group_events');
  const groupAge = histogram('gateway_group_age');
  const queued = meter.createGauge('gateway_queued_events', 'int', ...textsOf('gateway_queued_events'));
  const duplicates = counter('gateway_duplicates');
  const answers = counter('gateway_answers');
  const rejections = counter('gateway_rejections');
  const repaired = counter('gateway_repaired_addresses');
  return {
    groupStarted: (events, ageMs) => {
      groupEvents.record(events);
      groupAge.record(ageMs);
    },
    queueLength: (events) => {
      queued.set(events);
    },
    duplicate: () => {
      duplicates.add(1);
    },
    answered: (route, status) => {
      answers.add(1, { route, status });
    },
    rejected: (reason) => {
      rejections.add(1, { reason });
    },
    repaired: () => {
      repaired.add(1);
    },
  };
}
