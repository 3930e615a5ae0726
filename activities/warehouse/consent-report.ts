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
import { CONSENT_LOG, distinctEntries } from './consent-table.js';
import type { ConsentReport, Quantiles } from './contract.js';
import type { Cell, Warehouse } from './engine.js';
import { readRows } from './read-rows.js';

interface Range {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** @param range since, inclusive; until, exclusive: by the time of the decision */
export async function readConsentReport(
  warehouse: Warehouse,
  range: Range,
  signal: AbortSignal,
): Promise<ConsentReport> {
  const since = new Date(range.sinceMs).toISOString();
  const until = new Date(range.untilMs).toISOString();
  const ask = (sql: string): Promise<readonly (readonly Cell[])[]> =>
    readRows(warehouse, { sql, binds: [since, until] }, signal);
  const askTwiceBound = (sql: string): Promise<readonly (readonly Cell[])[]> =>
    readRows(warehouse, { sql, binds: [since, until, since, until] }, signal);
  const bound = warehouse.dialect.timestamp('?');
  const decided = `decided_at >= ${bound} AND decided_at < ${bound}`;
  const [counts, activity, receipt, missed] = await Promise.all([
    ask(countsSql(decided)),
    ask(quantilesSql('activity_to_verified_ms', decided)),
    ask(quantilesSql('receipt_to_verified_ms', decided)),
    askTwiceBound(missedSql(decided)),
  ]);
  return {
    since,
    until,
    activityToVerified: quantilesOf(activity),
    receiptToVerified: quantilesOf(receipt),
    counts: counts.map((row) => {
      const [outcome, source, reason, count] = CountRow.parse(row);
      return { outcome, source, reason, count };
    }),
    ...missedOf(missed),
  };
}

const whole = z.coerce.number().int();
const CountRow = z.tuple([z.enum(CONSENT_OUTCOMES), z.enum(CONSENT_SOURCES), z.string().nullable(), whole]);
const QuantilesRow = z.tuple([whole, whole.nullable(), whole.nullable(), whole.nullable(), whole.nullable()]);
const MissedRow = z.tuple([whole, whole]);

const countsSql = (decided: string): string =>
  `SELECT outcome, source, reason, COUNT(*) FROM ${distinctEntries(decided)} AS entries
   GROUP BY outcome, source, reason ORDER BY outcome, source, COALESCE(reason, '')`;

/** Of opt-outs that were written and seen. Those applied late waited for the person to appear, not for us. */
function quantilesSql(column: string, decided: string): string {
  const rank = (percent: number): string =>
    `MIN(CASE WHEN nth * 100 >= ${String(percent)} * total THEN ms END)`;
  return `SELECT COUNT(*), ${rank(50)}, ${rank(95)}, ${rank(99)}, MAX(ms) FROM (
      SELECT ${column} AS ms, ROW_NUMBER() OVER (ORDER BY ${column}) AS nth, COUNT(*) OVER () AS total
      FROM ${distinctEntries(`${decided} AND outcome = 'opted-out' AND ${column} IS NOT NULL`)} AS entries) AS ranked`;
}

function quantilesOf(rows: readonly (readonly Cell[])[]): Quantiles {
  const [count, p50Ms, p95Ms, p99Ms, maxMs] = QuantilesRow.parse(rows[0]);
  return { count, p50Ms, p95Ms, p99Ms, maxMs };
}

const FINDERS = `'marketo-poll', 'marketo-reconcile'`;

/** Two counts: missed by push, missed by poll. */
const missedSql = (decided: string): string => `
  WITH entries AS (
    SELECT entry_id, person_hash, change, source, activity_at,
      CASE WHEN ${decided} THEN 1 ELSE 0 END AS is_in_range,
      MAX(CASE WHEN outcome IN ('opted-in', 'already-opted-in') THEN activity_at END) OVER (
        PARTITION BY person_hash ORDER BY activity_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS opted_in_at
    FROM ${distinctEntries(`person_hash IN (SELECT person_hash FROM ${CONSENT_LOG}
      WHERE ${decided} AND source IN (${FINDERS}))`)} AS every_entry),
  reports AS (SELECT * FROM entries WHERE change = 'opt-out'),
  finds AS (
    SELECT reports.*, CASE WHEN LAG(activity_at) OVER (PARTITION BY person_hash ORDER BY activity_at, entry_id)
      >= activity_at - INTERVAL '1 hour' THEN 0 ELSE 1 END AS is_first
    FROM reports WHERE is_in_range = 1 AND source IN (${FINDERS})),
  numbered AS (
    SELECT finds.*, SUM(is_first) OVER (PARTITION BY person_hash ORDER BY activity_at, entry_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS nth
    FROM finds),
  unsubscribes AS (
    SELECT found.person_hash, found.nth,
      MAX(CASE WHEN found.source = 'marketo-poll' THEN 1 ELSE 0 END) AS is_polled_now,
      MAX(CASE WHEN told.source = 'marketo-poll' THEN 1 ELSE 0 END) AS is_polled,
      MAX(CASE WHEN told.source = 'marketo-webhook' THEN 1 ELSE 0 END) AS is_pushed
    FROM numbered AS found LEFT JOIN reports AS told
      ON told.person_hash = found.person_hash
      AND told.source IN ('marketo-webhook', 'marketo-poll')
      AND told.activity_at <= found.activity_at + INTERVAL '24 hours'
      AND (told.activity_at >= found.activity_at - INTERVAL '1 hour'
        OR found.source = 'marketo-reconcile'
          AND (found.opted_in_at IS NULL OR told.activity_at > found.opted_in_at))
    GROUP BY found.person_hash, found.nth)
  SELECT
    COUNT(CASE WHEN is_pushed = 0 AND (is_polled_now = 1 OR is_polled = 0) THEN 1 END),
    COUNT(CASE WHEN is_pushed = 0 AND is_polled = 0 THEN 1 END)
  FROM unsubscribes`;

function missedOf(rows: readonly (readonly Cell[])[]): Pick<ConsentReport, 'missedByPush' | 'missedByPoll'> {
  const [missedByPush, missedByPoll] = MissedRow.parse(rows[0]);
  return { missedByPush, missedByPoll };
}
