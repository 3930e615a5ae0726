import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createConsentLogActivities } from '../../../activities/warehouse/consent-log.js';
import type { ConsentLogActivities, ConsentReport } from '../../../activities/warehouse/contract.js';
import type { ConsentRecord, ConsentSource } from '../../../domain/consent.js';
import { consentRecord, MORNING_MS } from '../../support/consent-records.js';
import { openWarehouseFile, type WarehouseFile } from '../../support/warehouse-file.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Every case has its own weeks of one log. */
const SPAN_MS = 60 * DAY_MS;

interface Missed {
  readonly push: number;
  readonly poll: number;
}

describe('unsubscribes that were missed', () => {
  let file: WarehouseFile;
  let log: ConsentLogActivities;
  let beginMs = MORNING_MS;
  beforeAll(async () => {
    file = await openWarehouseFile();
    log = createConsentLogActivities(file.warehouse);
  });
  afterAll(() => file.remove());

  async function missedWithin(sinceMs: number, untilMs: number): Promise<Missed> {
    const range = { sinceMs, untilMs };
    const report: ConsentReport = await new MockActivityEnvironment().run(log.consentReport, range);
    return { push: report.missedByPush, poll: report.missedByPoll };
  }

  type Told = readonly [source: ConsentSource, afterMs?: number, change?: ConsentRecord['change']];
  it.each<[string, readonly Told[], Missed]>([
    ['a webhook and a poll', [['marketo-webhook'], ['marketo-poll']], { push: 0, poll: 0 }],
    ['a webhook alone', [['marketo-webhook']], { push: 0, poll: 0 }],
    ['a poll alone', [['marketo-poll']], { push: 1, poll: 0 }],
    ['two feeds of the poll', [['marketo-poll'], ['marketo-poll', 2_000]], { push: 1, poll: 0 }],
    ['a comparison alone', [['marketo-reconcile']], { push: 1, poll: 1 }],
    ['a poll and a comparison', [['marketo-poll'], ['marketo-reconcile']], { push: 1, poll: 0 }],
    ['a webhook and a comparison', [['marketo-webhook'], ['marketo-reconcile']], { push: 0, poll: 0 }],
    [
      'a webhook that came twice, and after the poll',
      [['marketo-poll'], ['marketo-webhook', 5 * MINUTE_MS], ['marketo-webhook', 6 * MINUTE_MS]],
      { push: 0, poll: 0 },
    ],
    [
      'a webhook without date, hours late',
      [['marketo-poll'], ['marketo-webhook', 5 * HOUR_MS]],
      { push: 0, poll: 0 },
    ],
    [
      'a webhook of the week after',
      [['marketo-poll'], ['marketo-webhook', 7 * DAY_MS]],
      { push: 1, poll: 0 },
    ],
    [
      'a second unsubscribe whose webhook was lost',
      [['marketo-webhook'], ['marketo-poll'], ['marketo-poll', 3 * HOUR_MS]],
      { push: 1, poll: 0 },
    ],
    [
      'two unsubscribes whose webhooks were lost',
      [['marketo-poll'], ['marketo-poll', 3 * DAY_MS]],
      { push: 2, poll: 0 },
    ],
    [
      'a drift in Iterable, found by a comparison of all leads',
      [['marketo-webhook'], ['marketo-poll'], ['marketo-reconcile', 20 * DAY_MS]],
      { push: 0, poll: 0 },
    ],
    [
      'a drift of somebody whom no webhook told of',
      [['marketo-poll'], ['marketo-reconcile', 20 * DAY_MS]],
      { push: 1, poll: 0 },
    ],
    [
      'an unsubscribe after an opt-in, found by a comparison only',
      [['marketo-webhook'], ['product-event', DAY_MS, 'opt-in'], ['marketo-reconcile', 20 * DAY_MS]],
      { push: 1, poll: 1 },
    ],
    ['what an operator did', [['operator'], ['marketo-poll']], { push: 1, poll: 0 }],
  ])('counts as missed: %s', async (_, told, missed) => {
    beginMs += SPAN_MS;
    const records = told.map(([source, afterMs = 0, change = 'opt-out'], n) =>
      consentRecord({
        reference: `reference-${String(n)}-${String(beginMs)}`,
        personHash: `person-${String(beginMs)}`,
        source,
        change,
        outcome: change === 'opt-in' ? 'opted-in' : n === 0 ? 'opted-out' : 'already-opted-out',
        activityAtMs: beginMs + afterMs,
      }),
    );
    const another = consentRecord({ reference: `another-${String(beginMs)}`, activityAtMs: beginMs });
    await log.appendConsentLog([
      ...records,
      another,
      ...records.map((record) => ({ ...record, personHash: null })),
    ]);
    expect(await missedWithin(beginMs, beginMs + SPAN_MS)).toEqual(missed);
  });

  it('knows of a webhook outside the span of the report', async () => {
    beginMs += SPAN_MS;
    const person = { personHash: 'person-of-two-days', activityAtMs: beginMs };
    await log.appendConsentLog([
      consentRecord({ ...person, reference: 'polled', source: 'marketo-poll' }),
      consentRecord({ ...person, reference: 'pushed', decidedAtMs: beginMs + 2 * DAY_MS }),
    ]);
    expect(await missedWithin(beginMs, beginMs + DAY_MS)).toEqual({ push: 0, poll: 0 });
  });
});
