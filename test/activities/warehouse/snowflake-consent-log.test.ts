/** The consent log in Snowflake: its SQL, written once, runs there, and the independent parser accepts it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createConsentLogActivities } from '../../../activities/warehouse/consent-log.js';
import { createConsentLogReader, type SeenPerson } from '../../../activities/warehouse/consent-seen.js';
import type { ConsentLogActivities, ConsentReport } from '../../../activities/warehouse/contract.js';
import { consentRecord, MORNING_MS } from '../../support/consent-records.js';
import { startSnowflakeStage, type SnowflakeStage } from '../../support/snowflake.js';

const DAY_MS = 86_400_000;
const PERSON = 'personaaaaaaaaaa';

describe('the consent log in Snowflake', () => {
  let stage: SnowflakeStage;
  let workers: readonly ConsentLogActivities[];
  const env = new MockActivityEnvironment();
  beforeAll(async () => {
    stage = await startSnowflakeStage();
    workers = [stage.connect(), stage.connect()].map((warehouse) => createConsentLogActivities(warehouse));
  });
  afterAll(() => stage.close());

  it('is appended to by several workers, and counts each entry once', async () => {
    const [one, two] = workers;
    if (one === undefined || two === undefined) throw new Error('there are two workers');
    const first = consentRecord();
    const late = consentRecord({ outcome: 'applied-late', decidedAtMs: first.decidedAtMs + DAY_MS });
    await Promise.all([one.appendConsentLog([first]), two.appendConsentLog([first])]);
    await two.appendConsentLog([first, late]);
    expect(await env.run(one.consentHistory, PERSON)).toEqual([first, late]);
    const range = { sinceMs: MORNING_MS - DAY_MS, untilMs: MORNING_MS + 30 * DAY_MS };
    const report: ConsentReport = await env.run(two.consentReport, range);
    expect(report.counts.map(({ outcome, count }) => [outcome, count])).toEqual([
      ['applied-late', 1],
      ['opted-out', 1],
    ]);
    expect(report.activityToVerified.count).toBe(1);
  });

  it('says who is known already', async () => {
    const { seen } = createConsentLogReader(stage.connect());
    const known: ReadonlyMap<string, SeenPerson> = await env.run(
      seen,
      [PERSON, 'nobody'],
      MORNING_MS - DAY_MS,
    );
    expect([...known.keys()]).toEqual([PERSON]);
  });
});
