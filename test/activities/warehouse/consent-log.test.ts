import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import fc from 'fast-check';
import { createConsentLogActivities } from '../../../activities/warehouse/consent-log.js';
import { createConsentLogReader } from '../../../activities/warehouse/consent-seen.js';
import type { ConsentLogActivities, ConsentReport } from '../../../activities/warehouse/contract.js';
import type { Warehouse } from '../../../activities/warehouse/engine.js';
import { CONSENT_OUTCOMES, CONSENT_SOURCES, type ConsentRecord } from '../../../domain/consent.js';
import { consentRecord, MORNING_MS } from '../../support/consent-records.js';
import { openWarehouseFile, readAll, type WarehouseFile } from '../../support/warehouse-file.js';

const DAY_MS = 86_400_000;

describe('the consent log', () => {
  let file: WarehouseFile;
  let log: ConsentLogActivities;
  beforeEach(async () => {
    file = await openWarehouseFile();
    log = activitiesOn(file.warehouse);
  });
  afterEach(() => file.remove());

  /** As Temporal calls them: within an activity. */
  function activitiesOn(warehouse: Warehouse, now?: () => number): ConsentLogActivities {
    const activities = createConsentLogActivities(warehouse, now);
    return {
      appendConsentLog: activities.appendConsentLog,
      consentReport: (range) => env().run(activities.consentReport, range),
      consentHistory: (hash) => env().run(activities.consentHistory, hash),
    };
  }
  const env = (): MockActivityEnvironment => new MockActivityEnvironment();
  const append = (...records: readonly ConsentRecord[]): Promise<void> => log.appendConsentLog(records);
  const report = (
    sinceMs = MORNING_MS - DAY_MS,
    untilMs = MORNING_MS + 30 * DAY_MS,
  ): Promise<ConsentReport> => log.consentReport({ sinceMs, untilMs });
  const tableOf = async ({ warehouse }: WarehouseFile): Promise<readonly unknown[]> =>
    (
      await readAll(
        warehouse,
        'SELECT * EXCLUDE (logged_at) FROM iterable_recipes.consent_log ORDER BY entry_id',
      )
    ).rows;

  it('gives back what was appended, oldest first, and nothing of anybody else', async () => {
    const first = consentRecord();
    const bare = consentRecord({
      reference: 'operator-2',
      source: 'operator',
      leadId: null,
      acknowledgedAtMs: null,
      verifiedAtMs: null,
      activityAtMs: MORNING_MS + DAY_MS + 1,
      outcome: 'ignored',
      reason: 'newer-opt-in',
    });
    await append(bare, first, consentRecord({ personHash: 'personbbbbbbbbbb' }));
    await append(consentRecord({ personHash: null, outcome: 'lead-gone' }));
    expect(await log.consentHistory('personaaaaaaaaaa')).toEqual([first, bare]);
    expect(await log.consentHistory('nobody')).toEqual([]);
  });

  it('has an empty report and no history before the first record', async () => {
    expect(await report()).toMatchObject({
      activityToVerified: { count: 0, p50Ms: null, p95Ms: null, p99Ms: null, maxMs: null },
      counts: [],
      missedByPush: 0,
      missedByPoll: 0,
    });
  });

  it('keeps the first of what comes again under its reference, person and outcome, and the rest beside it', async () => {
    const first = consentRecord({ outcome: 'not-in-iterable' });
    await append(first, first);
    await append({ ...first, decidedAtMs: first.decidedAtMs + DAY_MS });
    const late = consentRecord({ outcome: 'applied-late', decidedAtMs: first.decidedAtMs + DAY_MS });
    const ofAnother = consentRecord({ outcome: 'not-in-iterable', personHash: 'personbbbbbbbbbb' });
    await append(late, ofAnother);
    expect(await log.consentHistory('personaaaaaaaaaa')).toEqual([first, late]);
    expect(await tableOf(file)).toHaveLength(3);
  });

  it('appends a thousand single records side by side in few statements', async () => {
    let statements = 0;
    const counting: Warehouse = {
      ...file.warehouse,
      execute: (statement, signal) => {
        statements += 1;
        return file.warehouse.execute(statement, signal);
      },
    };
    const counted = createConsentLogActivities(counting);
    const records = Array.from({ length: 1_000 }, (_, n) =>
      consentRecord({ reference: `activity-${String(n)}` }),
    );
    await Promise.all(records.map((record) => counted.appendConsentLog([record])));
    expect(await tableOf(file)).toHaveLength(1_000);
    expect(statements).toBeLessThan(6);
  });

  it('is appended to by two processes of one warehouse without a double', async () => {
    const other = activitiesOn(file.warehouse);
    const records = Array.from({ length: 50 }, (_, n) =>
      consentRecord({ reference: `activity-${String(n)}` }),
    );
    await Promise.all(records.flatMap((record) => [append(record), other.appendConsentLog([record])]));
    expect(await tableOf(file)).toHaveLength(50);
  });

  it('fails each append whose statement fails, and none of the later ones', async () => {
    let isDown = true;
    const shaky: Warehouse = {
      ...file.warehouse,
      execute: (statement, signal) =>
        isDown ? Promise.reject(new Error('down')) : file.warehouse.execute(statement, signal),
    };
    const shakyLog = activitiesOn(shaky);
    const together = ['a', 'b', 'c'].map((reference) =>
      shakyLog.appendConsentLog([consentRecord({ reference })]),
    );
    const outcomes = await Promise.allSettled(together);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    isDown = false;
    await shakyLog.appendConsentLog([consentRecord({ reference: 'a' })]);
    expect(await tableOf(file)).toHaveLength(1);
  });

  it('holds the same whatever the order and repetition of the same records', async () => {
    const pool = ['a', 'b', 'c'].flatMap((reference) =>
      CONSENT_OUTCOMES.slice(0, 4).map((outcome) => consentRecord({ reference, outcome })),
    );
    await append(...pool);
    const expected = await tableOf(file);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...pool, ...pool, ...pool], { minLength: pool.length * 3 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (shuffled, sizes) => {
          await readAll(file.warehouse, 'DROP TABLE iterable_recipes.consent_log');
          const fresh = activitiesOn(file.warehouse);
          const appends = [];
          for (let at = 0, turn = 0; at < shuffled.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            appends.push(fresh.appendConsentLog(shuffled.slice(at, at + size)));
            at += size;
          }
          await Promise.all(appends);
          expect(await tableOf(file)).toEqual(expected);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('reports latencies of what was written, by nearest rank, and counts of everything', async () => {
    const written = Array.from({ length: 200 }, (_, n) =>
      consentRecord({ reference: `activity-${String(n)}`, verifiedAtMs: MORNING_MS + (n + 1) * 1_000 }),
    );
    await append(
      ...written,
      consentRecord({ reference: 'late', outcome: 'applied-late', verifiedAtMs: MORNING_MS + DAY_MS }),
      consentRecord({ reference: 'before', outcome: 'already-opted-out', source: 'marketo-poll' }),
      consentRecord({ reference: 'old', outcome: 'ignored', reason: 'newer-opt-in', source: 'operator' }),
      consentRecord({ reference: 'tomorrow', decidedAtMs: MORNING_MS + DAY_MS }),
    );
    const found = await report(MORNING_MS, MORNING_MS + DAY_MS);
    expect(found).toMatchObject({
      since: '2026-03-03T08:00:00.000Z',
      until: '2026-03-04T08:00:00.000Z',
      activityToVerified: { count: 200, p50Ms: 100_000, p95Ms: 190_000, p99Ms: 198_000, maxMs: 200_000 },
      receiptToVerified: { count: 200, p50Ms: 99_000, p95Ms: 189_000, p99Ms: 197_000, maxMs: 199_000 },
    });
    expect(found.counts).toEqual([
      { outcome: 'already-opted-out', source: 'marketo-poll', reason: null, count: 1 },
      { outcome: 'applied-late', source: 'marketo-webhook', reason: null, count: 1 },
      { outcome: 'ignored', source: 'operator', reason: 'newer-opt-in', count: 1 },
      { outcome: 'opted-out', source: 'marketo-webhook', reason: null, count: 200 },
    ]);
  });

  it('tells a comparison who is known already', async () => {
    const reader = createConsentLogReader(file.warehouse);
    await append(
      consentRecord({ source: 'marketo-webhook' }),
      consentRecord({ reference: 'poll', source: 'marketo-poll', activityAtMs: MORNING_MS - 9 * DAY_MS }),
      consentRecord({ personHash: 'personbbbbbbbbbb', outcome: 'failed', verifiedAtMs: null }),
      consentRecord({ personHash: 'personcccccccccc', change: 'opt-in', outcome: 'opted-in' }),
    );
    const hashes = ['personaaaaaaaaaa', 'personbbbbbbbbbb', 'personcccccccccc', 'personnnnnnnnnnn'];
    const seen = await env().run(reader.seen, hashes, MORNING_MS - DAY_MS);
    expect(seen).toEqual(
      new Map([
        [
          'personaaaaaaaaaa',
          { sources: new Set(['marketo-webhook']), lastVerifiedOptOutAtMs: MORNING_MS + 63_000 },
        ],
        ['personbbbbbbbbbb', { sources: new Set(['marketo-webhook']) }],
      ]),
    );
  });

  it('takes every source and outcome, and never an UPDATE or DELETE', async () => {
    const records = CONSENT_SOURCES.flatMap((source) =>
      CONSENT_OUTCOMES.map((outcome) =>
        consentRecord({ reference: `${source}-${outcome}`, source, outcome }),
      ),
    );
    const sql: string[] = [];
    const listening: Warehouse = {
      ...file.warehouse,
      execute: (statement, signal) => {
        sql.push(statement.sql);
        return file.warehouse.execute(statement, signal);
      },
    };
    await activitiesOn(listening).appendConsentLog(records);
    expect((await log.consentHistory('personaaaaaaaaaa')).length).toBe(records.length);
    expect(sql.join('\n')).not.toMatch(/\b(UPDATE|DELETE|DROP|TRUNCATE|REPLACE)\b/i);
  });
});
