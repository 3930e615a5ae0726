/** Bulk extracts of the sandbox Marketo: states at its pace, limits, and files that are read in parts. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { clock } from './ask-iterable.js';
import { useMarketos } from './ask-marketo.js';
import type { MarketoReply, MarketoSubject } from './ask-marketo.js';

const start = useMarketos();
const createdAt = { startAt: '2026-01-01T00:00:00Z', endAt: '2026-01-31T00:00:00Z' };
const atOnce = { exportStepMs: 0, limits: 'off', now: () => Date.UTC(2026, 0, 5, 12) } as const;

interface Job {
  readonly ask: (verb: 'enqueue' | 'cancel' | 'status') => Promise<Readonly<Record<string, unknown>>>;
  readonly said: (verb: 'enqueue' | 'cancel') => Promise<string>;
  readonly file: (range?: string) => Promise<MarketoReply>;
}

async function create(subject: MarketoSubject, kind: 'leads' | 'activities', body: unknown): Promise<Job> {
  const { post, get, ask } = subject;
  const created = await post(`/bulk/v1/${kind}/export/create.json`, body);
  const path = `/bulk/v1/${kind}/export/${String(created.body.result?.[0]?.['exportId'])}`;
  return {
    ask: async (verb) => {
      const reply = await (verb === 'status' ? get : post)(`${path}/${verb}.json`);
      return reply.body.result?.[0] ?? { said: reply.said };
    },
    said: async (verb) => (await post(`${path}/${verb}.json`)).said,
    file: (range) => ask(`${path}/file.json`, range === undefined ? {} : { headers: { range } }),
  };
}

const activities = { filter: { createdAt } };
const leads = { fields: ['id', 'email', 'unsubscribed', 'unsubscribedReason'], filter: { createdAt } };
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

describe('jobs', () => {
  it('change at most once a minute, two at a time, ten waiting', async () => {
    const time = clock();
    const subject = await start({ now: time.now, limits: 'off' });
    const jobs = await Promise.all(numbers(11).map(() => create(subject, 'activities', activities)));
    const states = async (): Promise<readonly unknown[]> =>
      (await Promise.all(jobs.map((job) => job.ask('status')))).map(({ status }) => status);
    for (const job of jobs.slice(0, 10)) expect(await job.said('enqueue')).toBe('success');
    expect(await jobs[10]?.said('enqueue')).toBe('1029');
    expect(await jobs[0]?.said('enqueue')).toBe('1029');
    time.forward(59_000);
    expect((await states())[0]).toBe('Queued');
    time.forward(1000);
    expect((await states()).slice(0, 3)).toEqual(['Processing', 'Processing', 'Queued']);
    time.forward(60_000);
    const later = ['Completed', 'Completed', 'Processing', 'Processing', 'Queued'];
    expect((await states()).slice(0, 5)).toEqual(later);
    expect(await jobs[10]?.said('enqueue')).toBe('success');
  });

  it.each(['Canceled', 'Cancelled'] as const)('are %s, and make room', async (cancelSpelling) => {
    const subject = await start({ cancelSpelling });
    const job = await create(subject, 'activities', activities);
    await job.ask('enqueue');
    expect(await job.ask('cancel')).toMatchObject({ status: cancelSpelling });
    expect(await job.ask('status')).toMatchObject({ status: cancelSpelling });
    expect((await job.file()).status).toBe(404);
  });

  it('fail when told', async () => {
    const subject = await start(atOnce);
    subject.sandbox.setFaults({
      seed: 1,
      rates: { '/bulk/v1/activities/export/{exportId}/enqueue.json': { 'job-fails': 1 } },
    });
    const job = await create(subject, 'activities', activities);
    await job.ask('enqueue');
    expect(await job.ask('status')).toMatchObject({ status: 'Failed', errorMsg: 'Export failed' });
  });

  it('stop when the bytes of the day are used up, until midnight in Chicago', async () => {
    const time = clock();
    const subject = await start({ ...atOnce, now: time.now, exportBytesPerDay: 1 });
    const [first, second] = [
      await create(subject, 'activities', activities),
      await create(subject, 'activities', activities),
    ];
    await first.ask('enqueue');
    await first.ask('status');
    expect(await second.said('enqueue')).toBe('1029');
    time.forward(18 * 3_600_000);
    await subject.login();
    expect(await second.said('enqueue')).toBe('success');
  });

  it.each([
    ['more than 31 days', { startAt: '2026-01-01T00:00:00Z', endAt: '2026-02-02T00:00:00Z' }, {}, '1003'],
    ['milliseconds', { startAt: '2026-01-01T00:00:00.000Z', endAt: '2026-01-02T00:00:00Z' }, {}, '1003'],
    ['values without a type', createdAt, { primaryAttributeValues: ['Unsubscribed'] }, '1003'],
    [
      'two kinds of values',
      createdAt,
      { activityTypeIds: [13], primaryAttributeValues: ['x'], primaryAttributeValueIds: [1] },
      '1003',
    ],
    ['too many values', createdAt, { activityTypeIds: [13], primaryAttributeValueIds: numbers(51) }, '1003'],
    ['deleted leads', createdAt, { activityTypeIds: [37] }, '1003'],
  ])('are not made for %s', async (_what, span, filter, code) => {
    const { post } = await start();
    const body = { filter: { createdAt: span, ...filter } };
    expect((await post('/bulk/v1/activities/export/create.json', body)).said).toBe(code);
  });

  it('of leads need fields and one filter that the instance has', async () => {
    const { post } = await start({ updatedAtFilter: false });
    const said = async (body: unknown): Promise<string> =>
      (await post('/bulk/v1/leads/export/create.json', body)).said;
    expect(await said({ filter: { createdAt } })).toBe('1002');
    expect(await said({ fields: ['id'], filter: { createdAt, updatedAt: createdAt } })).toBe('1003');
    expect(await said({ fields: ['id'], filter: { updatedAt: createdAt } })).toBe('1035');
    expect(await said({ fields: ['nope'], filter: { createdAt } })).toBe('1006');
    expect(await said('{')).toBe('1003');
  });
});

describe('files', () => {
  it('hold the wanted activities, their attributes as JSON, and null for what is missing', async () => {
    const subject = await start({ ...atOnce, hostileCells: true });
    const { sandbox } = subject;
    sandbox.unsubscribe(sandbox.addLead({ email: 'ada@example.com' }), 'link');
    const job = await create(subject, 'activities', {
      filter: { createdAt, activityTypeIds: [13], primaryAttributeValues: ['Unsubscribed'] },
    });
    await job.ask('enqueue');
    await job.ask('status');
    const { text, headers } = await job.file();
    expect(headers.get('content-type')).toBe('text/csv;charset=UTF-8');
    const rows: unknown = parse(text, { columns: true });
    expect(rows).toMatchObject([
      { leadId: '1', activityTypeId: '13', campaignId: 'null', primaryAttributeValue: 'Unsubscribed' },
    ]);
    expect(text).toContain('""New Value"":""True""');
    expect(text).toContain('\\r next');
  });

  it('are read whole and in parts, and do not change while they are', async () => {
    const subject = await start({ ...atOnce, hostileCells: true });
    const { sandbox } = subject;
    sandbox.addLeads(20_000, (n) => ({ email: `p${n}@example.com`, unsubscribed: n % 7 === 0 }));
    const job = await create(subject, 'leads', leads);
    await job.ask('enqueue');
    let status = await job.ask('status');
    while (status['status'] === 'Processing') status = await job.ask('status');
    const whole = await job.file();
    const bytes = Buffer.from(whole.text);
    const sum = createHash('sha256').update(bytes).digest('hex');
    expect(status).toMatchObject({
      status: 'Completed',
      numberOfRecords: 20_000,
      fileSize: bytes.length,
      fileChecksum: `sha256:${sum}`,
    });
    sandbox.deleteLead(5);
    const half = Math.floor(bytes.length / 2);
    const parts = [await job.file(`bytes=0-${half - 1}`), await job.file(`bytes=${half}-`)];
    expect(parts.map((part) => part.status)).toEqual([206, 206]);
    expect(parts[1]?.headers.get('content-range')).toBe(`bytes ${half}-${bytes.length - 1}/${bytes.length}`);
    expect(parts.map(({ text }) => text).join('')).toBe(whole.text);
    expect((await job.file(`bytes=${bytes.length}-`)).status).toBe(416);
    const rows: unknown = parse(whole.text, { columns: true });
    expect(rows).toHaveLength(20_000);
    expect(rows).toContainEqual(expect.objectContaining({ id: '1', unsubscribed: 'true' }));
  });

  it('are late, are gone after a week, break off, and are refused in JSON', async () => {
    const time = clock();
    const subject = await start({ ...atOnce, now: time.now, fileLateMs: 30_000 });
    const { sandbox, login } = subject;
    const job = await create(subject, 'activities', activities);
    await job.ask('enqueue');
    expect(await job.ask('status')).toMatchObject({ status: 'Completed' });
    expect((await job.file()).status).toBe(404);
    time.forward(30_000);
    expect((await job.file()).status).toBe(200);
    sandbox.failNext('/bulk/v1/activities/export/{exportId}/file.json', '611', 'cut-midway');
    expect((await job.file()).said).toBe('611');
    await expect(job.file()).rejects.toThrow();
    time.forward(7 * 86_400_000);
    await login();
    expect((await job.file()).status).toBe(404);
  });

  it('leave out what nobody can read yet', async () => {
    const subject = await start(atOnce);
    const { sandbox } = subject;
    sandbox.unsubscribe(sandbox.addLead(), 'link', { visibleAfterMs: 1000 });
    const job = await create(subject, 'activities', activities);
    await job.ask('enqueue');
    expect(await job.ask('status')).toMatchObject({ numberOfRecords: 1 });
  });
});
