import { describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createConsentLogActivities } from '../../../activities/warehouse/consent-log.js';
import { createConsentLogReader } from '../../../activities/warehouse/consent-seen.js';
import type { Warehouse } from '../../../activities/warehouse/engine.js';
import { CONSENT_SOURCES, type ConsentRecord } from '../../../domain/consent.js';
import { consentRecord, MORNING_MS } from '../../support/consent-records.js';
import { startSnowflakeStage } from '../../support/snowflake.js';
import { neverAborted, openWarehouseFile, readAll } from '../../support/warehouse-file.js';

const HOUR_MS = 3_600_000;
const PERSON = 'personaaaaaaaaaa';
const SPAN = { sinceMs: MORNING_MS, untilMs: MORNING_MS + 100 * HOUR_MS };

/** Of some people, each told of by one source more. */
const RECORDS: readonly ConsentRecord[] = CONSENT_SOURCES.flatMap((source, n) => [
  consentRecord({ reference: `all-${source}`, source, activityAtMs: MORNING_MS + n * HOUR_MS }),
  consentRecord({ reference: `one-${source}`, source, personHash: `person-${source}`, reason: 'too-old' }),
  consentRecord({ reference: `none-${source}`, source, personHash: null, leadId: null, verifiedAtMs: null }),
]);

async function whatItSays(warehouse: Warehouse): Promise<unknown> {
  const log = createConsentLogActivities(warehouse);
  const { seen } = createConsentLogReader(warehouse);
  const env = new MockActivityEnvironment();
  return {
    report: await env.run(log.consentReport, SPAN),
    history: await env.run(log.consentHistory, PERSON),
    seen: await env.run(seen, [PERSON, 'person-operator', 'nobody'], MORNING_MS + HOUR_MS),
  };
}

describe('the consent log on Snowflake', () => {
  it('says what the one on DuckDB says, also where two workers have added the same', async () => {
    const file = await openWarehouseFile();
    const stage = await startSnowflakeStage();
    const [one, other] = [stage.connect(), stage.connect()];
    await createConsentLogActivities(file.warehouse).appendConsentLog(RECORDS);
    await createConsentLogActivities(one).appendConsentLog(RECORDS);
    await createConsentLogActivities(other).appendConsentLog([...RECORDS, ...RECORDS]);
    const table = 'iterable_recipes.consent_log';
    expect((await readAll(one, `SELECT COUNT(*) FROM ${table}`)).rows).toEqual([[String(RECORDS.length)]]);
    // What two statements of one moment may come to, where no key keeps them from it.
    await one.execute({ sql: `INSERT INTO ${table} SELECT * FROM ${table}` }, neverAborted());
    expect(await whatItSays(one)).toEqual(await whatItSays(file.warehouse));
    await stage.close();
    await file.remove();
  });
});
