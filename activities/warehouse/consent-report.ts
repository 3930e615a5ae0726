/**
 * What the consent log says about a span of time. Quantiles are by nearest rank: the smallest value that at least so
 * many percent of all do not exceed, so always one that was measured.
 *
 * What counts as missed: opt-outs that polls and comparisons report about one person within an hour of each other are
 * one unsubscribe. A webhook or a poll has told of it when it has a record of the same person whose activity lies
 * between an hour before and a day after (webhooks without a date carry the time of their receipt), whenever it came.
 * A comparison of all leads knows no more than that somebody is unsubscribed: whatever told of that person before
 * counts, back to their last opt-in; such a find is a drift in Iterable, and not missed.
 * - missed by push: found by a poll or a comparison, and no webhook has told of it
 * - missed by poll: found by a comparison only
 */
import { z } from 'zod';
import { CONSENT_OUTCOMES, CONSENT_SOURCES } from '../../domain/consent.js';
import { CONSENT_LOG, entries } from './consent-table.js';
import type { ConsentReport } from './contract.js';
import type { Cell, Warehouse } from './engine.js';
import { readRows } from './read-rows.js';

interface Range {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/**
 * One query after another: each may need all the memory that the engine is allowed.
 * @param range since, inclusive; until, exclusive: by the time of the decision
 */
export async function readConsentReport(
  warehouse: Warehouse,
  range: Range,
  signal: AbortSignal,
): Promise<ConsentReport> {
  const since = new Date(range.sinceMs).toISOString();
  const until = new Date(range.untilMs).toISOString();
  const bound = warehouse.dialect.timestamp('?');
  const decided = `decided_at >= ${bound} AND decided_at < ${bound}`;
  const ask = (sql: string, binds: readonly Cell[]): Promise<readonly (readonly Cell[])[]> =>
    readRows(warehouse, { sql, binds }, signal);
  const counts = await ask(countsSql(warehouse, decided), [since, until]);
  const latencies = await ask(latenciesSql(warehouse, decided), [since, until]);
  const missed = await ask(missedSql(warehouse, decided), [since, until, since, until]);
  return {
    since,
    until,
    ...latenciesOf(latencies),
    counts: counts.map((row) => {
      const [outcome, source, reason, count] = CountRow.parse(row);
      return { outcome, source, reason, count };
    }),
    ...missedOf(missed),
  };
}

const whole = z.coerce.number().int();
const CountRow = z.tuple([z.enum(CONSENT_OUTCOMES), z.enum(CONSENT_SOURCES), z.string().nullable(), whole]);
const latency = whole.nullable();
const LatenciesRow = z.tuple([whole, latency, latency, latency, latency, latency, latency, latency, latency]);
const MissedRow = z.tuple([whole, whole]);

const countsSql = (warehouse: Warehouse, decided: string): string =>
  `SELECT outcome, source, reason, COUNT(*)
   FROM ${entries(warehouse, ['outcome', 'source', 'reason'], decided)}
   GROUP BY outcome, source, reason ORDER BY outcome, source, COALESCE(reason, '')`;

/** Of opt-outs that were written and seen. Those applied late waited for the person to appear, not for us. */
function latenciesSql(warehouse: Warehouse, decided: string): string {
  const columns = ['activity_to_verified_ms', 'receipt_to_verified_ms'] as const;
  const figures = columns.flatMap((column) => [
    ...['0.5', '0.95', '0.99'].map((part) => `PERCENTILE_DISC(${part}) WITHIN GROUP (ORDER BY ${column})`),
    `MAX(${column})`,
  ]);
  const written = `${decided} AND outcome = 'opted-out' AND verified_at IS NOT NULL`;
  return `SELECT COUNT(*), ${figures.join(', ')} FROM ${entries(warehouse, columns, written)}`;
}

function latenciesOf(
  rows: readonly (readonly Cell[])[],
): Pick<ConsentReport, 'activityToVerified' | 'receiptToVerified'> {
  const [count, ...ms] = LatenciesRow.parse(rows[0]);
  const [activity50, activity95, activity99, activityMax, receipt50, receipt95, receipt99, receiptMax] = ms;
  return {
    activityToVerified: {
      count,
      p50Ms: activity50,
      p95Ms: activity95,
      p99Ms: activity99,
      maxMs: activityMax,
    },
    receiptToVerified: { count, p50Ms: receipt50, p95Ms: receipt95, p99Ms: receipt99, maxMs: receiptMax },
  };
}

const FINDERS = `'marketo-poll', 'marketo-reconcile'`;

/**
 * Two counts: missed by push, missed by poll. Of the people alone whom a poll or a comparison reports in the
 * range. Joined by equality alone: engines compare every two rows where they find more in a join's condition.
 */
const missedSql = (warehouse: Warehouse, decided: string): string => `
  WITH history AS (
    SELECT person_hash, change, source, activity_at, CASE WHEN ${decided} THEN 1 ELSE 0 END AS is_in_range,
      MAX(CASE WHEN outcome IN ('opted-in', 'already-opted-in') THEN activity_at END) OVER (
        PARTITION BY person_hash ORDER BY activity_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS opted_in_at
    FROM ${entries(
      warehouse,
      ['person_hash', 'change', 'source', 'activity_at', 'decided_at', 'outcome'],
      `person_hash IN (SELECT person_hash FROM ${CONSENT_LOG} WHERE ${decided} AND source IN (${FINDERS}))`,
    )}),
  reports AS (SELECT * FROM history WHERE change = 'opt-out'),
  finds AS (
    SELECT reports.*, CASE WHEN LAG(activity_at) OVER (PARTITION BY person_hash ORDER BY activity_at)
      >= activity_at - INTERVAL '1 hour' THEN 0 ELSE 1 END AS is_first
    FROM reports WHERE is_in_range = 1 AND source IN (${FINDERS})),
  numbered AS (
    SELECT finds.*, SUM(is_first) OVER (PARTITION BY person_hash ORDER BY activity_at
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS nth
    FROM finds),
  pairs AS (
    SELECT found.person_hash, found.nth, found.source, CASE
      WHEN told.activity_at > found.activity_at + INTERVAL '24 hours' THEN NULL
      WHEN told.activity_at >= found.activity_at - INTERVAL '1 hour' THEN told.source
      WHEN found.source <> 'marketo-reconcile' OR told.activity_at <= found.opted_in_at THEN NULL
      ELSE told.source END AS told_by
    FROM numbered AS found LEFT JOIN reports AS told ON told.person_hash = found.person_hash),
  unsubscribes AS (
    SELECT person_hash, nth,
      MAX(CASE WHEN source = 'marketo-poll' THEN 1 ELSE 0 END) AS is_polled_now,
      MAX(CASE WHEN told_by = 'marketo-poll' THEN 1 ELSE 0 END) AS is_polled,
      MAX(CASE WHEN told_by = 'marketo-webhook' THEN 1 ELSE 0 END) AS is_pushed
    FROM pairs GROUP BY person_hash, nth)
  SELECT
    COUNT(CASE WHEN is_pushed = 0 AND (is_polled_now = 1 OR is_polled = 0) THEN 1 END),
    COUNT(CASE WHEN is_pushed = 0 AND is_polled = 0 THEN 1 END)
  FROM unsubscribes`;

function missedOf(rows: readonly (readonly Cell[])[]): Pick<ConsentReport, 'missedByPush' | 'missedByPoll'> {
  const [missedByPush, missedByPoll] = MissedRow.parse(rows[0]);
  return { missedByPush, missedByPoll };
}
