import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Comparison, UnsubscribedLead } from '../../../activities/consent/contract.js';
import { createReconcileActivities } from '../../../activities/consent/reconcile.js';
import { connectIterable } from '../../../activities/iterable/activities.js';
import { createReadStanding } from '../../../activities/iterable/read-standing.js';
import type { ExtractJob } from '../../../activities/marketo/contract.js';
import { createConsentLogActivities } from '../../../activities/warehouse/consent-log.js';
import { createConsentLogReader } from '../../../activities/warehouse/consent-seen.js';
import type { ConsentRecord, ConsentRequest } from '../../../domain/consent.js';
import {
  DEFAULT_SETTINGS,
  startSandboxIterable,
  type SandboxIterable,
} from '../../../sandbox/iterable/index.js';
import { consentRecord } from '../../support/consent-records.js';
import { TEST_HASHER } from '../../support/events.js';
import { QUIET } from '../../support/iterable-connector.js';
import { startMarketo, START_MS, type TestMarketo } from '../../support/marketo-connector.js';
import { openWarehouseFile, type WarehouseFile } from '../../support/warehouse-file.js';

const HOUR_MS = 3_600_000;
const MARKETING = DEFAULT_SETTINGS.messageTypes.find(({ name }) => name === 'GitLab Marketing')?.id ?? 0;
const RECENT = { fromMs: START_MS - 48 * HOUR_MS, toMs: START_MS };
const BY_EVENT: ExtractJob = { kind: 'unsubscribe-activities', ...RECENT };
const BY_CHANGE: ExtractJob = { kind: 'field-changes', ...RECENT };
const BY_FLAG: ExtractJob = { kind: 'leads', ...RECENT };

describe('comparing extracts of Marketo with Iterable and the consent log', () => {
  let marketo: TestMarketo;
  let iterable: SandboxIterable;
  let file: WarehouseFile;
  let started: ConsentRequest[];
  let activities: ReturnType<typeof createReconcileActivities>;
  beforeEach(async () => {
    marketo = await startMarketo();
    iterable = await startSandboxIterable({ limits: 'off' });
    file = await openWarehouseFile();
    started = [];
    activities = createReconcileActivities({
      marketo: marketo.reader,
      readStanding: createReadStanding(
        connectIterable({ baseUrl: iterable.url, apiKey: iterable.apiKey, limitShare: 1 }),
      ),
      log: createConsentLogReader(file.warehouse),
      starter: {
        start: (requests) => {
          started.push(...requests);
          return Promise.resolve();
        },
      },
      hasher: TEST_HASHER,
      now: () => marketo.clock.nowMs,
    });
  });
  afterEach(async () => {
    await marketo.close();
    await iterable.close();
    await file.remove();
  });

  /** A lead, and the person in Iterable unless told otherwise. */
  function lead(
    name: string,
    inIterable: 'mailable' | 'opted-out' | 'unknown' = 'mailable',
    createdAtMs = START_MS - 24 * HOUR_MS,
  ): number {
    const email = `${name}@example.com`;
    if (inIterable !== 'unknown')
      iterable.addUser(email, { subscribedMessageTypeIds: inIterable === 'mailable' ? [MARKETING] : [] });
    return marketo.sandbox.addLead({ email, createdAtMs });
  }

  const leaves = (leadId: number, how: 'link' | 'crm' = 'link'): void => {
    marketo.sandbox.unsubscribe(leadId, how, { atMs: START_MS - 3 * HOUR_MS });
  };

  async function compare(
    job: ExtractJob,
    mode: 'count' | 'start' = 'count',
    mostLeads = 1_000,
  ): Promise<Comparison> {
    const exportId = await marketo.run(marketo.activities.startExtract, [job]);
    marketo.clock.nowMs += 10 * 60_000;
    const ready = await marketo.run(marketo.activities.awaitExtract, [job, exportId]).catch(() => undefined);
    if (ready === undefined) {
      marketo.clock.nowMs += 10 * 60_000;
      await marketo.run(marketo.activities.awaitExtract, [job, exportId]);
    }
    return marketo.run(activities.compareExtract, [job, exportId, { mode, mostLeads }]);
  }

  async function logged(...records: Partial<ConsentRecord>[]): Promise<void> {
    const log = createConsentLogActivities(file.warehouse);
    const env = new MockActivityEnvironment({}, { logger: QUIET });
    await env.run(
      log.appendConsentLog,
      records.map((record, n) => consentRecord({ reference: `before-${String(n)}`, ...record })),
    );
  }

  const hash = (name: string): string => TEST_HASHER.person(`${name}@example.com`);
  const ids = (leads: readonly UnsubscribedLead[]): number[] => leads.map(({ leadId }) => leadId).sort();

  it('finds whom nobody has reported, and counts by whom they were missed', async () => {
    const [unheard, pushedOnly, polledOnly, unknown] = [
      lead('unheard'),
      lead('pushed-only', 'opted-out'),
      lead('polled-only', 'opted-out'),
      lead('unknown', 'unknown'),
    ];
    for (const each of [unheard, pushedOnly, polledOnly, unknown]) leaves(each);
    const activityAtMs = START_MS - 3 * HOUR_MS;
    await logged(
      { personHash: hash('pushed-only'), source: 'marketo-webhook', activityAtMs },
      { personHash: hash('polled-only'), source: 'marketo-poll', activityAtMs },
    );
    const found = await compare(BY_EVENT);
    expect(found).toMatchObject({
      unsubscribed: 4,
      missedByPush: 3,
      missedByPoll: 3,
      drifted: 0,
      toStart: 2,
    });
    expect(ids(found.leads)).toEqual([unheard, unknown].sort());
    expect([...found.sample].sort()).toEqual([hash('unheard'), hash('unknown')].sort());
    expect(started).toEqual([]);
  });

  it('sees unsubscribes that wrote no activity of their own kind', async () => {
    const byStaff = lead('by-staff', 'mailable', START_MS - 90 * 24 * HOUR_MS);
    leaves(byStaff, 'crm');
    expect((await compare(BY_EVENT)).toStart).toBe(0);
    expect(ids((await compare(BY_CHANGE)).leads)).toEqual([byStaff]);
  });

  it('calls it a drift when Iterable mails somebody again who was opted out and verified', async () => {
    leaves(lead('drifted'));
    await logged({
      personHash: hash('drifted'),
      source: 'marketo-webhook',
      activityAtMs: START_MS - 3 * HOUR_MS,
    });
    expect(await compare(BY_EVENT)).toMatchObject({ drifted: 1, toStart: 1, missedByPush: 0 });
  });

  it('goes by the flag alone through all leads, and lets be whom Iterable does not mail', async () => {
    const long = marketo.sandbox.addLead({
      email: 'long-ago@example.com',
      unsubscribed: true,
      createdAtMs: START_MS - 24 * HOUR_MS,
    });
    iterable.addUser('long-ago@example.com', { subscribedMessageTypeIds: [MARKETING] });
    leaves(lead('out', 'opted-out'));
    leaves(lead('nowhere', 'unknown'));
    lead('subscribed');
    const found = await compare(BY_FLAG);
    expect(found).toMatchObject({ rows: 4, unsubscribed: 3, toStart: 1, missedByPush: 0, missedByPoll: 0 });
    expect(found.leads).toMatchObject([{ leadId: long, by: 'flag' }]);
  });

  it('starts the missing as the flag is now, by their activity, once for each person', async () => {
    const [event, flag, back] = [lead('event'), lead('flag'), lead('back')];
    leaves(event);
    leaves(flag);
    const leads: UnsubscribedLead[] = [
      { leadId: event, by: 'event', sinceMs: START_MS - 3 * HOUR_MS },
      { leadId: flag, by: 'flag', sinceMs: START_MS },
      { leadId: back, by: 'flag', sinceMs: START_MS }, // subscribed again since
      { leadId: 999_999, by: 'event', sinceMs: START_MS }, // deleted since
    ];
    expect(await marketo.run(activities.startLeads, [leads])).toBe(2);
    expect(started).toMatchObject([
      { email: 'event@example.com', source: 'marketo-reconcile', sourceAtMs: START_MS - 3 * HOUR_MS },
      { email: 'flag@example.com', source: 'marketo-reconcile', change: 'opt-out' },
    ]);
  });

  it('keeps only as many leads as it is asked for, and after an approval starts all of them', async () => {
    for (let n = 0; n < 12; n += 1) leaves(lead(`many-${String(n)}`));
    const counted = await compare(BY_EVENT, 'count', 5);
    expect(counted).toMatchObject({ toStart: 12, started: 0 });
    expect(counted.leads).toHaveLength(5);
    expect(await compare(BY_EVENT, 'start', 5)).toMatchObject({ started: 12 });
    expect(new Set(started.map(({ email }) => email)).size).toBe(12);
  });

  it('counts those without an address, and those who have gone', async () => {
    const without = marketo.sandbox.addLead({ email: null, createdAtMs: START_MS - 24 * HOUR_MS });
    const gone = lead('gone');
    leaves(without);
    leaves(gone);
    marketo.sandbox.deleteLead(gone);
    expect(await compare(BY_EVENT)).toMatchObject({ noEmail: 1, leadGone: 1, toStart: 0 });
  });

  it('goes on where an attempt before has stopped, and counts nothing twice', async () => {
    for (let n = 0; n < 8; n += 1) leaves(lead(`resumed-${String(n)}`));
    const exportId = await marketo.run(marketo.activities.startExtract, [BY_EVENT]);
    marketo.clock.nowMs += 20 * 60_000;
    await marketo.run(marketo.activities.awaitExtract, [BY_EVENT, exportId]).catch(() => undefined);
    marketo.clock.nowMs += 20 * 60_000;
    const options = { mode: 'count', mostLeads: 1_000 } as const;
    let told: unknown;
    const env = new MockActivityEnvironment({}, { logger: QUIET });
    env.on('heartbeat', (details) => {
      told = details;
    });
    iterable.setFaults({ seed: 1, rates: { '*': { '503': 1 } } });
    await expect(env.run(activities.compareExtract, BY_EVENT, exportId, options)).rejects.toThrow(
      'got through',
    );
    iterable.setFaults(undefined);
    const found = await marketo.run(activities.compareExtract, [BY_EVENT, exportId, options], {
      heartbeatDetails: told,
    });
    expect(found).toMatchObject({ rows: 16, unsubscribed: 8, toStart: 8 });
    expect(new Set(ids(found.leads)).size).toBe(8);
  });
});
