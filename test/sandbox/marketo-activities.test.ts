/** Reading what happened in the sandbox Marketo: pages, tokens, late records, and the many ways of writing one thing. */
import { describe, expect, it } from '@jest/globals';
import { clock } from './ask-iterable.js';
import { readAll, useMarketos } from './ask-marketo.js';

const start = useMarketos();
const changes = '/rest/v1/activities/leadchanges.json';
const activities = '/rest/v1/activities.json';
const unsubscribes = { activityTypeIds: '9' };

describe('pages', () => {
  it.each(['opaque', 'dated'] as const)('come without result for long, then with one (%s)', async (form) => {
    const subject = await start({ pagingTokens: form, limits: 'off' });
    const { sandbox } = subject;
    const lead = sandbox.addLead({ email: 'ada@example.com' });
    sandbox.addNoise(50 * 300);
    sandbox.unsubscribe(lead, 'link');
    const { result, pages } = await readAll(subject, activities, unsubscribes);
    expect(pages.length).toBeGreaterThan(50);
    expect(pages.slice(0, 50).every((page) => !('result' in page) && page.moreResult === true)).toBe(true);
    expect(result).toMatchObject([{ leadId: lead, activityTypeId: 9 }]);
  });

  it('hand out a token at the end, from which only newer activities follow', async () => {
    const subject = await start();
    const { sandbox } = subject;
    const [ada, bob] = [sandbox.addLead(), sandbox.addLead()];
    sandbox.unsubscribe(ada, 'link');
    const { pages } = await readAll(subject, activities, unsubscribes);
    const token = pages.at(-1)?.nextPageToken ?? '';
    expect((await readAll(subject, activities, unsubscribes, token)).result).toEqual([]);
    sandbox.unsubscribe(bob, 'link');
    const { result } = await readAll(subject, activities, unsubscribes, token);
    expect(result).toMatchObject([{ leadId: bob }]);
  });

  it('cut one second in two', async () => {
    const subject = await start({ now: clock().now, limits: 'off' });
    const { sandbox } = subject;
    for (let n = 0; n < 7; n += 1) sandbox.unsubscribe(sandbox.addLead(), 'link');
    const { result, pages } = await readAll(subject, activities, { ...unsubscribes, batchSize: '3' });
    expect(pages.length).toBeGreaterThan(2);
    expect(new Set(result.map(({ leadId }) => leadId)).size).toBe(7);
    expect(new Set(result.map(({ activityDate }) => activityDate)).size).toBe(1);
  });
});

describe('tokens', () => {
  it('are refused when told, until new ones are made', async () => {
    const subject = await start();
    const { sandbox, get, tokenSince } = subject;
    const token = await tokenSince();
    sandbox.refusePagingTokens('702');
    expect((await get(activities, { ...unsubscribes, nextPageToken: token })).said).toBe('702');
    expect((await readAll(subject, activities, unsubscribes)).result).toEqual([]);
  });
});

describe('late records', () => {
  it('appear behind what was read, where only a sweep finds them', async () => {
    const time = clock();
    const subject = await start({ now: time.now });
    const { sandbox } = subject;
    const [late, prompt] = [sandbox.addLead(), sandbox.addLead()];
    sandbox.unsubscribe(late, 'link', { visibleAfterMs: 60_000 });
    time.forward(5000);
    sandbox.unsubscribe(prompt, 'link');
    const first = await readAll(subject, activities, unsubscribes);
    expect(first.result).toMatchObject([{ leadId: prompt }]);
    time.forward(60_000);
    const tail = first.pages.at(-1)?.nextPageToken ?? '';
    expect((await readAll(subject, activities, unsubscribes, tail)).result).toEqual([]);
    expect((await readAll(subject, activities, unsubscribes)).result).toHaveLength(2);
  });
});

describe('one thing in many writings', () => {
  it('writes dates in five ways, all the same time', async () => {
    const nowMs = Date.UTC(2026, 0, 5, 12, 30, 15);
    const subject = await start({ now: () => nowMs, dates: 'mixed' });
    for (let n = 0; n < 5; n += 1) subject.sandbox.unsubscribe(subject.sandbox.addLead(), 'link');
    const { result, pages } = await readAll(subject, changes, { fields: 'unsubscribed' });
    const dates = new Set(result.map(({ activityDate }) => String(activityDate)));
    expect([...dates].sort()).toEqual([
      '2026-01-05 12:30:15',
      '2026-01-05T04:30:15-08:00',
      '2026-01-05T12:30:15+0000',
      '2026-01-05T12:30:15Z',
      '2026-01-05T12:30:15Z+0000',
    ]);
    expect(pages[0]?.warnings).toHaveLength(1);
  });

  it('writes changed flags in three ways', async () => {
    const subject = await start({ changedBooleans: 'mixed' });
    for (let n = 0; n < 9; n += 1) subject.sandbox.unsubscribe(subject.sandbox.addLead(), 'crm');
    const { result } = await readAll(subject, activities, { activityTypeIds: '13' });
    const text = JSON.stringify(result);
    for (const value of ['True', 'true', '1']) {
      expect(text).toContain(`{"name":"New Value","value":"${value}"}`);
    }
  });

  it.each(['several', 'one'] as const)('puts the fields of one act into lead changes (%s)', async (form) => {
    const subject = await start({ fieldsPerChange: form });
    const { sandbox } = subject;
    sandbox.unsubscribe(sandbox.addLead(), 'api', { reason: 'asked' });
    const { result } = await readAll(subject, changes, { fields: 'unsubscribed,unsubscribedReason' });
    const counts = result.map(({ fields }) => (Array.isArray(fields) ? fields.length : -1));
    // The first is of the new lead, which has no fields.
    expect(counts).toEqual(form === 'several' ? [0, 2] : [0, 1, 1]);
  });

  it('names renamed fields by their new names in activities, and by REST name in lead changes', async () => {
    const subject = await start({ fieldLabels: { unsubscribed: 'Opted Out' } });
    subject.sandbox.unsubscribe(subject.sandbox.addLead(), 'crm');
    const { result } = await readAll(subject, activities, { activityTypeIds: '13' });
    expect(result).toMatchObject([{ primaryAttributeValue: 'Opted Out', primaryAttributeValueId: 70 }]);
    const read = await readAll(subject, changes, { fields: 'unsubscribed' });
    expect(read.result[1]).toMatchObject({ fields: [{ id: 70, name: 'unsubscribed', newValue: 'True' }] });
  });

  it('knows fields of the instance, and shows none of what is hidden', async () => {
    const newsletter = {
      id: 900,
      name: 'newsletter',
      displayName: 'Newsletter',
      dataType: 'boolean',
    } as const;
    const subject = await start({ customFields: [newsletter], hiddenFields: ['unsubscribed'] });
    const lead = subject.sandbox.addLead({ email: 'ada@example.com', fields: { newsletter: true } });
    subject.sandbox.changeField(lead, 'newsletter', false);
    const { result } = await readAll(subject, changes, { fields: 'newsletter' });
    expect(result[1]).toMatchObject({ fields: [{ id: 900, newValue: 'False', oldValue: 'True' }] });
    const { body } = await subject.get(`/rest/v1/lead/${lead}.json`, { fields: 'newsletter,unsubscribed' });
    expect(body.result).toEqual([{ id: lead, newsletter: false, unsubscribed: null }]);
  });
});
