/** What the pages say of metrics and search attributes, held against a real scrape and the attributes themselves. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Runtime } from '@temporalio/worker';
import got from 'got';
import { ITERABLE_METRICS, iterableMetrics } from '../../activities/iterable/metrics.js';
import { MARKETO_METRICS, marketoMetrics } from '../../activities/marketo/metrics.js';
import { STATE_SCHEMA } from '../../activities/warehouse/state-schema.js';
import { prometheusName } from '../../domain/metric.js';
import { createGatewayMetrics, GATEWAY_METRICS } from '../../gateway/metrics.js';
import { installTelemetry } from '../../workers/telemetry.js';
import { freePort } from '../../workers/temporal/ports.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { readPages, type Page } from './pages.js';

let pages: readonly Page[];
beforeAll(async () => {
  pages = await readPages();
});

/** Attributes that every Temporal server has. @see https://docs.temporal.io/search-attribute#default-search-attribute */
const OF_TEMPORAL = ['WorkflowType', 'WorkflowId', 'ExecutionStatus', 'StartTime', 'CloseTime', 'TaskQueue'];

const OURS = { ...GATEWAY_METRICS, ...ITERABLE_METRICS, ...MARKETO_METRICS };

describe('metrics', () => {
  // Its server would keep the process alive.
  afterAll(() => Runtime.instance().shutdown());

  it('have the names and labels in Prometheus that docs/operations.md tells', async () => {
    const metricsPort = await freePort(0);
    installTelemetry({ logLevel: 'silent', metricsPort });
    const metricMeter = Runtime.instance().metricMeter;
    const gateway = createGatewayMetrics(metricMeter);
    gateway.groupStarted(3, 10);
    gateway.queueLength(1);
    gateway.duplicate();
    gateway.answered('/readyz', 200);
    gateway.rejected('no-token');
    gateway.repaired();
    await new MockActivityEnvironment({}, { metricMeter }).run(() => {
      const iterable = iterableMetrics();
      iterable.countCall('trackEvent', 'ok', 20);
      iterable.countUnlisted(['userRole']);
      const marketo = marketoMetrics();
      marketo.countCall('leads', 'ok', 20);
      marketo.countRepair('leads');
      marketo.countFindings('started', 1);
      marketo.quotaUsed(100);
      return Promise.resolve();
    });
    const scraped = await got(`http://127.0.0.1:${metricsPort}/metrics`).text();
    for (const [name, metric] of Object.entries(OURS)) {
      expect(scraped).toMatch(new RegExp(`^# TYPE ${prometheusName(name, metric)} ${metric.kind}$`, 'm'));
      const series = scraped.split('\n').filter((line) => line.startsWith(prometheusName(name, metric)));
      for (const tag of metric.tags) expect(series.join('\n')).toContain(`${tag}="`);
    }
    // A bucket for times below a second: this one is in seconds.
    expect(scraped).toMatch(/iterable_limiter_wait_s_bucket\{.*le="0.05"/);
  });

  it('that an alert names exist', () => {
    const own = Object.entries(OURS);
    const names = own.map(([name, metric]) => prometheusName(name, metric));
    const named = pages.flatMap(({ spans }) =>
      spans.flatMap((span) => /^(gateway|iterable|marketo|product_event)_\w+/.exec(span)?.[0] ?? []),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !names.includes(name) && name !== STATE_SCHEMA)).toEqual([]);
  });
});

describe('queries for the Temporal UI', () => {
  it('ask for search attributes that exist', () => {
    const known = [...OF_TEMPORAL, ...Object.values(searchAttributes).map(({ name }) => name)];
    const queries = pages.flatMap(({ blocks }) =>
      blocks.filter(({ language }) => language === 'text').flatMap(({ text }) => text.trim().split('\n')),
    );
    expect(queries.length).toBeGreaterThan(5);
    const asked = queries.flatMap((query) => query.split(' AND ').map((term) => term.split(' ')[0]));
    expect(asked.filter((name) => !known.includes(String(name)))).toEqual([]);
  });
});
