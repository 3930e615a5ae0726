/** The table of metrics in docs/operations.md, under the names that a Prometheus server finds. */
import { ITERABLE_METRICS } from '../../activities/iterable/metrics.js';
import { MARKETO_METRICS } from '../../activities/marketo/metrics.js';
import { prometheusName, type MetricRow, type MetricRows } from '../../domain/metric.js';
import { GATEWAY_METRICS } from '../../gateway/metrics.js';
import { code, markdownTable } from './generated.js';

/** By process: which one has them. */
const METRICS: Readonly<Record<'gateway' | 'worker', MetricRows>> = {
  gateway: GATEWAY_METRICS,
  worker: { ...ITERABLE_METRICS, ...MARKETO_METRICS },
};

export function metricsTable(): string {
  const rows = Object.entries(METRICS).flatMap(([process, metrics]) =>
    Object.entries(metrics).map(([name, metric]) => row(process, name, metric)),
  );
  return markdownTable(['Metric', 'Kind', 'Process', 'What it counts', 'Labels'], rows);
}

function row(process: string, name: string, metric: MetricRow): string[] {
  const labels = metric.tags.map(code).join(', ');
  return [code(prometheusName(name, metric)), metric.kind, process, metric.about, labels];
}
