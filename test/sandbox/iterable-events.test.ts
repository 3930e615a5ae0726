import { describe, expect, it } from '@jest/globals';
import { clock, namedIn, useSandboxes } from './ask-iterable.js';

const start = useSandboxes();
const ada = 'ada@example.com';

describe('an event', () => {
  it('is written once per id, however often it is sent, and the writes are counted', async () => {
    const { post, sandbox } = await start();
    sandbox.addUser(ada);
    const event = {
      email: 'Ada@example.com',
      eventName: 'E',
      id: 'e1',
      createdAt: 1_767_225_600,
      dataFields: { n: 1 },
    };
    expect((await post('/api/events/track', event)).body).toEqual({
      msg: 'Event with id: e1 tracked.',
      code: 'Success',
      params: { id: 'e1' },
    });
    await post('/api/events/track', { ...event, dataFields: { n: 2 } });
    const stored = {
      id: 'e1',
      email: ada,
      eventName: 'E',
      createdAt: 1_767_225_600,
      dataFields: { n: 2 },
      writes: 2,
    };
    expect(sandbox.events()).toEqual([stored]);
    expect(sandbox.events({ eventName: 'Other' })).toEqual([]);
  });

  it('without an id gets one, and is a duplicate when sent again', async () => {
    const { post, sandbox } = await start({ now: clock(5_000_999).now });
    sandbox.addUser(ada);
    await post('/api/events/track', { email: ada, eventName: 'E' });
    await post('/api/events/track', { email: ada, eventName: 'E' });
    expect(new Set(sandbox.events().map(({ id }) => id)).size).toBe(2);
    expect(sandbox.events()[0]?.createdAt).toBe(5000);
  });

  it.each([
    ['project', 1],
    ['user', 2],
    ['user-and-name', 3],
  ] as const)('has an id that counts within the %s', async (eventIdScope, count) => {
    const { post, sandbox } = await start({ eventIdScope });
    sandbox.addUser(ada);
    sandbox.addUser('bob@example.com');
    await post('/api/events/track', { email: ada, eventName: 'E', id: 'same' });
    await post('/api/events/track', { email: ada, eventName: 'F', id: 'same' });
    await post('/api/events/track', { email: 'bob@example.com', eventName: 'F', id: 'same' });
    expect(sandbox.events()).toHaveLength(count);
    expect(sandbox.events({ email: 'bob@example.com' })).toHaveLength(1);
  });

  it('finds a person only once the profile is readable', async () => {
    const time = clock();
    const { post, sandbox } = await start({ now: time.now, readableAfterMs: { users: 2000, events: 0 } });
    await post('/api/users/update', { email: ada });
    const send = (): ReturnType<typeof post> =>
      post('/api/events/track', { email: ada, eventName: 'E', id: 'e1' });
    expect(await send()).toMatchObject({ status: 400, body: { code: 'UnknownEmailError' } });
    const bulk = await post('/api/events/trackBulk', { events: [{ email: ada, eventName: 'E' }] });
    expect(namedIn(bulk.body)).toEqual({ notFoundEmails: [ada] });
    time.forward(2000);
    expect(await send()).toMatchObject({ status: 200 });
    expect(sandbox.events()).toHaveLength(1);
  });

  it('has fields with types of its own name', async () => {
    const { post, sandbox } = await start();
    sandbox.addUser(ada);
    const send = (eventName: string, n: unknown): ReturnType<typeof post> =>
      post('/api/events/track', { email: ada, eventName, dataFields: { n } });
    expect(await send('E', 1)).toMatchObject({ status: 200 });
    expect(await send('F', 'text')).toMatchObject({ status: 200 });
    expect((await send('E', 'text')).body).toMatchObject({
      params: { validationErrors: { 'E:::n': { expectedType: 'long', offendingValue: 'text' } } },
    });
  });

  it('is read newest first, once it is readable', async () => {
    const time = clock();
    const { post, get, sandbox } = await start({
      now: time.now,
      readableAfterMs: { users: 0, events: 1000 },
    });
    sandbox.addUser(ada, { userId: '7' });
    for (const createdAt of [100, 300, 200]) {
      await post('/api/events/track', { email: ada, eventName: 'E', id: `e${createdAt}`, createdAt });
    }
    const read = '/api/events/ADA%40example.com?limit=2';
    expect((await get(read)).body).toEqual({ events: [] });
    time.forward(1000);
    expect((await get(read)).body).toMatchObject({
      events: [{ _id: 'e300', createdAt: '1970-01-01 00:05:00 +00:00' }, { _id: 'e200' }],
    });
    expect((await get('/api/events/byUserId/7')).body).toMatchObject({ events: [{ _id: 'e300' }, {}, {}] });
  });

  it('starts journeys, also when it is written again, unless told otherwise', async () => {
    const { post, sandbox } = await start();
    sandbox.addUser(ada);
    const send = (): ReturnType<typeof post> =>
      post('/api/events/track', { email: ada, eventName: 'SaaS Trials Event', id: 'e1' });
    await send();
    await send();
    expect(sandbox.journeyEntries()).toMatchObject([{ journeyId: 201, person: ada, cause: 'event' }, {}]);
    sandbox.configure({ rewrittenEventsEnterJourneys: false });
    await send();
    expect(sandbox.journeyEntries()).toHaveLength(2);
  });
});

describe('journeys', () => {
  it('take a person as often as their limit says, by fields of an update too', async () => {
    const journey = {
      id: 1,
      name: 'J',
      isArchived: false,
      journeyType: 'Published',
      createdAt: 0,
      updatedAt: 0,
    } as const;
    const { post, sandbox } = await start({
      journeys: [
        { ...journey, enabled: true, triggerFields: ['plan'], lifetimeLimit: 1 },
        { ...journey, id: 2, enabled: false, triggerFields: ['plan'] },
      ],
    });
    await post('/api/users/update', { email: ada, dataFields: { other: 'x' } });
    await post('/api/users/update', { email: ada, dataFields: { plan: 'x' } });
    await post('/api/users/update', { email: ada, dataFields: { plan: 'x' } });
    expect(sandbox.journeyEntries()).toMatchObject([{ journeyId: 1, person: ada, cause: 'profile' }]);
  });

  it('are told page by page', async () => {
    const { get } = await start();
    const first = await get('/api/journeys?pageSize=1&sort=-id');
    expect(first.body).toMatchObject({ journeys: [{ id: 202 }], totalJourneysCount: 2 });
    expect(first.body).toMatchObject({ nextPageUrl: '/api/journeys?pageSize=1&sort=-id&page=2' });
    const second = await get('/api/journeys?pageSize=1&sort=-id&page=2');
    expect(second.body).toMatchObject({ journeys: [{ id: 201 }] });
    expect(second.body).not.toHaveProperty('nextPageUrl');
    expect((await get('/api/journeys?state=Archived')).body).toEqual({ journeys: [], totalJourneysCount: 0 });
    expect(await get('/api/journeys?pageSize=51')).toMatchObject({ status: 400 });
  });
});

describe('events/trackBulk', () => {
  const mixed = [
    { email: ada, eventName: 'E', id: 'e1' },
    { email: 'WHO@example.com', eventName: 'E' },
    { email: 'who@example.com', eventName: 'F' },
    { email: 'bad', eventName: 'E' },
    { userId: '99', eventName: 'E' },
    { userId: 'zoë', eventName: 'E' },
    { email: 'gone@example.com', eventName: 'E' },
    { email: ada, eventName: 'Nope' },
  ];

  it('names each row that failed, as often as it occurs', async () => {
    const { post, sandbox } = await start({
      forgottenEmails: ['gone@example.com'],
      disallowedEventNames: ['Nope'],
    });
    sandbox.addUser(ada);
    const { status, body } = await post('/api/events/trackBulk', { events: mixed });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      successCount: 2,
      failCount: 6,
      disallowedEventNames: ['Nope'],
      invalidEmails: ['bad'],
    });
    expect(namedIn(body)).toEqual({
      invalidEmails: ['bad'],
      invalidUserIds: ['zoë'],
      notFoundEmails: ['who@example.com', 'who@example.com'],
      notFoundUserIds: ['99'],
      forgottenEmails: ['gone@example.com'],
    });
    expect(sandbox.events().map(({ id }) => id)).toEqual(['e1']);
  });

  it('can count disallowed events as failed', async () => {
    const { post, sandbox } = await start({ disallowedEventNames: ['Nope'], disallowedCountsAsFailed: true });
    sandbox.addUser(ada);
    const { body } = await post('/api/events/trackBulk', { events: [{ email: ada, eventName: 'Nope' }] });
    expect(body).toMatchObject({ successCount: 0, failCount: 1, disallowedEventNames: ['Nope'] });
  });

  it('refuses all for one value of the wrong type, and for one row that is malformed', async () => {
    const { post, sandbox } = await start();
    sandbox.addUser(ada);
    const good = { email: ada, eventName: 'E', dataFields: { n: 1 } };
    const wrongType = await post('/api/events/trackBulk', {
      events: [good, { ...good, dataFields: { n: 'x' } }],
    });
    expect(wrongType).toMatchObject({ status: 400, body: { code: 'RequestFieldsTypesMismatched' } });
    const malformed = await post('/api/events/trackBulk', { events: [good, { ...good, createdAt: 'x' }] });
    expect(malformed.body).toMatchObject({ params: { 'obj.events[1].createdAt': 'Number value expected' } });
    expect(sandbox.events()).toEqual([]);
  });
});
