/** The gateway's metrics. Tags are route patterns, statuses and fixed codes: never a value from a request. */
import type { MetricMeter } from '@temporalio/common';

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
}

/** Call once for each process. */
export function createGatewayMetrics(meter: MetricMeter): IntakeMetrics & HttpMetrics {
  const groupEvents = meter.createHistogram('gateway_group_events', 'int', 'events', 'Events in one group');
  const groupAge = meter.createHistogram(
    'gateway_group_age',
    'int',
    'ms',
    'Wait of the oldest event in a group',
  );
  const queued = meter.createGauge('gateway_queued_events', 'int', 'events', 'Events that wait for a start');
  const duplicates = meter.createCounter('gateway_duplicates', 'events', 'Events that were already accepted');
  const answers = meter.createCounter('gateway_answers', 'requests', 'Answers by route and status');
  const rejections = meter.createCounter('gateway_rejections', 'rejections', 'Requests and items not taken');
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
  };
}
