import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { PlacedRow } from '../../../activities/marketo/extract-file.js';
import type { ExtractJob } from '../../../activities/marketo/contract.js';
import { createMarketoActivities } from '../../../activities/marketo/activities.js';
import { TEST_HASHER } from '../../support/events.js';
import { QUIET } from '../../support/iterable-connector.js';
import { startMarketo, START_MS, type TestMarketo } from '../../support/marketo-connector.js';
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.js';

const DAY_MS = 86_400_000;
const FILE = '/bulk/v1/{object}/export/{exportId}/file.json';
const ACTIVITY_FILE = FILE.replace('{object}', 'activities');
const job = (kind: ExtractJob['kind']): ExtractJob => ({
  kind,
  fromMs: START_MS - 30 * DAY_MS,
  toMs: START_MS + DAY_MS,
});

let marketo: TestMarketo;
afterEach(() => marketo.close());

async function failureOf(running: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await running.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ApplicationFailure) return error;
  throw new Error(`not the failure that was expected: ${String(error)}`);
}

/** Made, queued, and looked at until its file is there. */
async function finished(of: ExtractJob): Promise<string> {
  const exportId = await marketo.run(marketo.activities.startExtract, [of]);
  for (;;) {
    const done = await marketo
      .run(marketo.activities.awaitExtract, [of, exportId])
      .catch((error: unknown) => {
        if (error instanceof ApplicationFailure && error.type === 'expected') return undefined;
        throw error;
      });
    if (done !== undefined) return exportId;
    marketo.clock.nowMs += 60_000;
  }
}

/** All rows, as an activity of another system reads them. */
function read(of: ExtractJob, exportId: string, fromByte = 0, most = Infinity): Promise<PlacedRow[]> {
  return new MockActivityEnvironment({}, { logger: QUIET }).run(async () => {
    const rows: PlacedRow[] = [];
    for await (const row of marketo.reader.readExtract(of, exportId, { fromByte })) {
      rows.push(row);
      if (rows.length >= most) break;
    }
    return rows;
  });
}

describe('an extract', () => {
  it('is made, queued, awaited at the pace of Marketo, and read as typed rows', async () => {
    marketo = await startMarketo({ exportStepMs: 60_000, fieldLabels: { unsubscribed: 'Opted Out' } });
    const [ann, bob] = ['ann', 'bob'].map((name) =>
      marketo.sandbox.addLead({ email: `${name}@example.com` }),
    );
    marketo.sandbox.unsubscribe(ann ?? 0, 'link');
    marketo.sandbox.unsubscribe(bob ?? 0, 'crm');
    marketo.clock.nowMs += 1_000;
    marketo.sandbox.resubscribe(bob ?? 0);
    const changes = job('field-changes');
    const exportId = await marketo.run(marketo.activities.startExtract, [changes]);
    expect(await failureOf(marketo.run(marketo.activities.awaitExtract, [changes, exportId]))).toMatchObject({
      type: 'expected',
      nonRetryable: false,
      nextRetryDelay: 60_000,
      category: 'BENIGN',
    });
    marketo.clock.nowMs += 300_000;
    expect(await marketo.run(marketo.activities.awaitExtract, [changes, exportId])).toEqual({ rows: 3 });
    const says = (rows: readonly PlacedRow[]): unknown[] =>
      rows.map(({ row }) => (row.kind === 'activity' ? [row.leadId, row.says] : row));
    expect(says(await read(changes, exportId))).toEqual([
      [ann, 'unsubscribed'],
      [bob, 'unsubscribed'],
      [bob, 'resubscribed'],
    ]);

    const others = job('unsubscribe-activities');
    expect(says(await read(others, await finished(others)))).toEqual([
      [ann, 'look'],
      [bob, 'look'],
      [ann, 'unsubscribed'],
    ]);
    const leads = job('leads');
    expect((await read(leads, await finished(leads))).map(({ row }) => row)).toEqual([
      { kind: 'lead', lead: { id: ann, email: 'ann@example.com', isUnsubscribed: true } },
      { kind: 'lead', lead: { id: bob, email: 'bob@example.com', isUnsubscribed: false } },
    ]);
  });

  it('goes on from the end of any row, whatever is in the cells', async () => {
    marketo = await startMarketo({ hostileCells: true });
    for (let n = 0; n < 60; n += 1) {
      const id = marketo.sandbox.addLead({ email: `pérson-${String(n)}@example.com` });
      marketo.sandbox.unsubscribe(id, 'crm', { reason: 'said "no",\r\nand\r no' });
    }
    const changes = job('field-changes');
    const exportId = await finished(changes);
    const rows = await read(changes, exportId);
    expect(rows).toHaveLength(60);
    expect(rows.every(({ row }) => row.kind === 'activity' && row.says === 'unsubscribed')).toBe(true);
    for (const place of [0, 1, 30, 58]) {
      const rest = await read(changes, exportId, rows[place]?.nextByte);
      expect(rest).toEqual(rows.slice(place + 1));
    }
    expect(await read(changes, exportId, rows.at(-1)?.nextByte)).toEqual([]);
    expect(await read(changes, exportId, 0, 5)).toEqual(rows.slice(0, 5));
  });

  it('survives connections that break, and does not notice', async () => {
    marketo = await startMarketo();
    for (let n = 0; n < 300; n += 1)
      marketo.sandbox.unsubscribe(
        marketo.sandbox.addLead({ email: `person-${String(n)}@example.com` }),
        'crm',
      );
    const changes = job('field-changes');
    const exportId = await finished(changes);
    marketo.sandbox.failNext(ACTIVITY_FILE, 'cut-midway', 'cut-midway');
    expect(await read(changes, exportId)).toHaveLength(300);
    expect(marketo.sandbox.received(ACTIVITY_FILE).length).toBeGreaterThanOrEqual(3);
    expect(marketo.sandbox.received(ACTIVITY_FILE).at(-1)?.headers.range).toMatch(/^bytes=\d+-$/);
  });

  it('waits for a file that is not there yet, and for what an error in its place says', async () => {
    marketo = await startMarketo();
    const leads = job('leads');
    const exportId = await finished(leads);
    marketo.sandbox.failNext(FILE.replace('{object}', 'leads'), 'not-ready', '606', '601');
    expect(await failureOf(read(leads, exportId))).toMatchObject({ type: 'expected', nonRetryable: false });
    expect(await failureOf(read(leads, exportId))).toMatchObject({ type: 'rate-limited' });
    marketo.clock.nowMs += 30_000;
    expect(await read(leads, exportId)).toEqual([]);
  });

  it.each(['Canceled', 'Cancelled'] as const)(
    'that was ended (%s), failed or is unknown is lost',
    async (cancelSpelling) => {
      marketo = await startMarketo({ cancelSpelling, exportStepMs: 60_000 });
      const leads = job('leads');
      const lost = { type: 'extract-lost', nonRetryable: true };
      const exportId = await marketo.run(marketo.activities.startExtract, [leads]);
      await marketo.run(marketo.activities.cancelExtract, [leads, exportId]);
      expect(await failureOf(marketo.run(marketo.activities.awaitExtract, [leads, exportId]))).toMatchObject(
        lost,
      );
      await marketo.run(marketo.activities.cancelExtract, [leads, exportId]);
      const unknown = '00000000-0000-4000-8000-000000000000';
      expect(await failureOf(marketo.run(marketo.activities.awaitExtract, [leads, unknown]))).toMatchObject(
        lost,
      );
    },
  );

  it('waits for room in the queue and for the bytes of the day, and is not made twice by an attempt that died', async () => {
    marketo = await startMarketo({ exportsAtOnce: 1, exportsQueued: 1, exportStepMs: 60_000 });
    const leads = job('leads');
    const start = marketo.activities.startExtract;
    const first = await marketo.run(start, [leads]);
    // The worker died after the first attempt had queued it.
    expect(await marketo.run(start, [leads], { attempt: 2, heartbeatDetails: { exportId: first } })).toBe(
      first,
    );
    marketo.sandbox.failNext('/bulk/v1/leads/export/{exportId}/enqueue.json', '1029');
    const quota = await failureOf(marketo.run(start, [leads]));
    expect(quota).toMatchObject({ type: 'rate-limited' });
    expect(quota.message).toContain('marketo-extract-quota');
    expect(Number(quota.nextRetryDelay)).toBeGreaterThan(60 * 60_000);
    const full = await failureOf(
      (async () => {
        for (let n = 0; n < 5; n += 1) await marketo.run(start, [leads]);
      })(),
    );
    expect(full.message).toContain('marketo-extracts-full');
  });
});

describe('a file that is not what Marketo told', () => {
  const CSV = 'id,email,unsubscribed,blackListed\n1,a@example.com,true,false\n2,null,null,null\nx,y\n';
  const sha256 = createHash('sha256').update(CSV).digest('hex');
  let server: ScriptedServer;
  let told: object;
  beforeEach(async () => {
    marketo = await startMarketo();
    told = { numberOfRecords: 3, fileSize: CSV.length, fileChecksum: `sha256:${sha256}` };
    server = await startScriptedServer(({ url, headers }) => {
      if (url.startsWith('/identity'))
        return { status: 200, body: { access_token: 'a:1', expires_in: 3600 } };
      if (url.includes('status.json')) {
        const result = [{ exportId: '7', status: 'Completed', ...told }];
        return { status: 200, body: { success: true, requestId: 'e#1', result } };
      }
      // Deaf to ranges.
      expect(headers['authorization']).toBe('Bearer a:1');
      return { status: 200, headers: { 'content-type': 'text/csv;charset=UTF-8' }, body: CSV };
    });
  });
  afterEach(() => server.close());

  const readScripted = (fromByte = 0): Promise<unknown[]> => {
    const { reader } = createMarketoActivities({
      baseUrl: server.url,
      clientId: 'id',
      clientSecret: 'secret',
      limitShare: 1,
      hasher: TEST_HASHER,
      starter: { start: () => Promise.resolve() },
      log: { append: () => Promise.resolve() },
    });
    return new MockActivityEnvironment({}, { logger: QUIET }).run(async () => {
      const rows: unknown[] = [];
      for await (const { row } of reader.readExtract(job('leads'), '7', { fromByte })) rows.push(row);
      return rows;
    });
  };
  const ROWS = [
    { kind: 'lead', lead: { id: 1, email: 'a@example.com', isUnsubscribed: true } },
    { kind: 'lead', lead: { id: 2, email: null, isUnsubscribed: false } },
    { kind: 'unreadable' },
  ];

  it('is taken as it is where it fits, rows that cannot be read included, and skips what was read before', async () => {
    expect(await readScripted()).toEqual(ROWS);
    expect(await readScripted(CSV.indexOf('2,null'))).toEqual(ROWS.slice(1));
  });

  it.each([
    ['rows', { numberOfRecords: 4 }],
    ['size', { fileSize: 4_000 }],
    ['checksum', { fileChecksum: `sha256:${'0'.repeat(64)}` }],
  ])('is read again where it has other %s', async (_, wrong) => {
    told = { ...told, ...wrong };
    expect(await failureOf(readScripted())).toMatchObject({ type: 'unavailable', nonRetryable: false });
  });
});
