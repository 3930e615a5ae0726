/** What is known of one metric of ours: the code records by it, and docs/operations.md lists it. */
export interface MetricRow {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly unit: string;
  readonly about: string;
  readonly tags: readonly string[];
}

export type MetricRows = Readonly<Record<string, MetricRow>>;

/** The name under which Prometheus sees a metric, with the suffixes that workers/telemetry.ts turns on. */
export function prometheusName(name: string, { kind, unit }: MetricRow): string {
  switch (kind) {
    case 'counter':
      return `${name}_total`;
    case 'histogram':
      return `${name}_${unit}`;
    case 'gauge':
      return name;
  }
}
