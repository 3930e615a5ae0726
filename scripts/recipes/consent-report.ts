/** The consent report as people and spreadsheets read it. */
import { stringify } from 'csv-stringify/sync';
import type { ConsentReport, Quantiles } from '../../activities/warehouse/contract.js';
import { table } from './output.js';

export function reportTables(report: ConsentReport): string {
  const { since, until, activityToVerified, receiptToVerified, counts, missedByPush, missedByPoll } = report;
  return [
    `decided from ${since} to ${until}`,
    table(
      ['opt-outs that were written', 'count', 'p50', 'p95', 'p99', 'max'],
      [
        ['from the activity to verified', ...latencies(activityToVerified)],
        ['from the receipt to verified', ...latencies(receiptToVerified)],
      ],
    ),
    counts.length === 0
      ? 'nothing was decided'
      : table(
          ['outcome', 'source', 'reason', 'count'],
          counts.map(({ outcome, source, reason, count }) => [outcome, source, reason ?? '', String(count)]),
        ),
    table(
      ['missed', 'unsubscribes'],
      [
        ['by push: no webhook told of them', String(missedByPush)],
        ['by poll: only a comparison found them', String(missedByPoll)],
      ],
    ),
  ].join('\n');
}

function latencies({ count, p50Ms, p95Ms, p99Ms, maxMs }: Quantiles): string[] {
  return [String(count), ...[p50Ms, p95Ms, p99Ms, maxMs].map(seconds)];
}

const seconds = (ms: number | null): string => (ms === null ? '' : `${(ms / 1_000).toFixed(1)} s`);

/** One measure per line, so that lines of several reports can stand below each other. Latencies in ms. */
export function reportCsv({ since, until, counts, ...report }: ConsentReport): string {
  const ofReport = (measure: string, value: number | null): unknown[] => [
    ...[since, until, measure],
    ...['', '', ''],
    value,
  ];
  const lines = [
    ...quantileLines('activity_to_verified', report.activityToVerified).map(([m, v]) => ofReport(m, v)),
    ...quantileLines('receipt_to_verified', report.receiptToVerified).map(([m, v]) => ofReport(m, v)),
    ...counts.map(({ outcome, source, reason, count }) => [
      ...[since, until, 'decided'],
      ...[outcome, source, reason, count],
    ]),
    ofReport('missed_by_push', report.missedByPush),
    ofReport('missed_by_poll', report.missedByPoll),
  ];
  const columns = ['since', 'until', 'measure', 'outcome', 'source', 'reason', 'value'];
  return stringify(lines, { header: true, columns }).trimEnd();
}

function quantileLines(
  name: string,
  { count, p50Ms, p95Ms, p99Ms, maxMs }: Quantiles,
): [string, number | null][] {
  return [
    [`${name}_count`, count],
    [`${name}_p50_ms`, p50Ms],
    [`${name}_p95_ms`, p95Ms],
    [`${name}_p99_ms`, p99Ms],
    [`${name}_max_ms`, maxMs],
  ];
}
