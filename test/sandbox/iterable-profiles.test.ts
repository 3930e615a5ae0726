import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { clock, namedIn, useSandboxes } from './ask-iterable.js';

const start = useSandboxes();
const ada = 'ada@example.com';

describe('one profile', () => {
  it('is made by its first update, in lower case, and read back by any spelling', async () => {
    const { post, get, sandbox } = await start();
    const reply = await post('/api/users/update', {
      email: 'Ada@Example.com',
      dataFields: { firstName: 'Ada' },
    });
    expect(reply).toMatchObject({ status: 200, body: { code: 'Success', params: null } });
    expect(sandbox.user('ADA@example.com')).toMatchObject({
      email: ada,
      dataFields: { firstName: 'Ada' },
      writes: 1,
    });
    const read = await get('/api/users/getByEmail?email=ADA%40example.com');
    expect(read.body).toMatchObject({ user: { email: ada, dataFields: { firstName: 'Ada', email: ada } } });
    expect((await get('/api/users/ada%40example.com')).body).toEqual(read.body);
    expect(sandbox.received('/api/users/update')).toMatchObject([{ status: 200, applied: true }]);
  });

  it('keeps fields that are not sent, replaces objects, and loses fields that are null', async () => {
    const { post, sandbox } = await start();
    await post('/api/users/update', { email: ada, dataFields: { a: 'x', b: 'y', o: { one: 1, two: 2 } } });
    await post('/api/users/update', { email: ada, dataFields: { b: null, o: { one: 3 } } });
    expect(sandbox.user(ada)?.dataFields).toEqual({ a: 'x', o: { one: 3 } });
  });

  it('merges objects one level deep when asked to', async () => {
    const { post, sandbox } = await start();
    await post('/api/users/update', { email: ada, dataFields: { o: { one: 1, deep: { x: 1, y: 2 } } } });
    const more = { o: { two: 2, deep: { x: 5 } } };
    await post('/api/users/update', { email: ada, mergeNestedObjects: true, dataFields: more });
    expect(sandbox.user(ada)?.dataFields).toEqual({ o: { one: 1, two: 2, deep: { x: 5 } } });
  });

  it.each([
    ['empty-body', 200, {}],
    ['empty-user', 200, { user: {} }],
    ['error', 400, { code: 'error.users.noUserWithIdExists' }],
  ] as const)('of nobody reads as %s', async (unknownUserAnswer, status, body) => {
    const { get } = await start({ unknownUserAnswer });
    expect(await get('/api/users/getByEmail?email=who%40example.com')).toMatchObject({ status, body });
  });

  it('is deleted by address, or by user id with all who share it', async () => {
    const { post, ask, sandbox } = await start();
    await post('/api/users/update', { email: ada, dataFields: { userId: '7' } });
    await post('/api/users/update', { email: 'eve@example.com', userId: '7' });
    await post('/api/users/update', { email: 'bob@example.com' });
    expect(await ask('DELETE', '/api/users/byUserId/7')).toMatchObject({ status: 200 });
    expect(sandbox.users().map(({ email }) => email)).toEqual(['bob@example.com']);
    expect(await ask('DELETE', '/api/users/bob%40example.com')).toMatchObject({ status: 200 });
    expect(sandbox.userCount()).toBe(0);
    expect(await post('/api/users/update', { email: ada })).toMatchObject({ status: 200 });
  });

  it('takes a new address, with its events, unless somebody has it', async () => {
    const { post, sandbox } = await start();
    sandbox.addUser(ada, { firstName: 'Ada' });
    sandbox.addUser('bob@example.com');
    await post('/api/events/track', { email: ada, eventName: 'E', id: 'e1' });
    const move = (newEmail: string): ReturnType<typeof post> =>
      post('/api/users/updateEmail', { currentEmail: ada, newEmail });
    expect(await move('Bob@example.com')).toMatchObject({
      status: 400,
      body: { code: 'EmailAlreadyExists' },
    });
    expect(await move('New@example.com')).toMatchObject({ status: 200 });
    expect(sandbox.user(ada)).toBeUndefined();
    expect(sandbox.user('new@example.com')?.dataFields).toEqual({ firstName: 'Ada' });
    expect(sandbox.events({ email: 'new@example.com' })).toHaveLength(1);
    expect(await move('x@example.com')).toMatchObject({
      body: { msg: expect.stringMatching(/^User does not exist/) },
    });
  });
});

describe('a profile that is not readable yet', () => {
  it('reads as nobody, then as new, while the old state stays readable', async () => {
    const time = clock();
    const { post, get, sandbox } = await start({
      now: time.now,
      readableAfterMs: { users: 60_000, events: 0 },
    });
    const read = async (): Promise<unknown> =>
      (await get('/api/users/getByEmail?email=ada%40example.com')).body;
    await post('/api/users/update', { email: ada, dataFields: { n: 1 } });
    expect(sandbox.user(ada)?.dataFields).toEqual({ n: 1 });
    expect(await read()).toEqual({});
    time.forward(60_000);
    expect(await read()).toMatchObject({ user: { dataFields: { n: 1 } } });
    await post('/api/users/update', { email: ada, dataFields: { n: 2 } });
    await post('/api/users/update', { email: ada, dataFields: { n: 3 } });
    expect(await read()).toMatchObject({ user: { dataFields: { n: 1 } } });
    time.forward(60_000);
    expect(await read()).toMatchObject({ user: { dataFields: { n: 3 } } });
  });

  it('stays readable for a while after it was deleted', async () => {
    const time = clock();
    const { ask, get, sandbox } = await start({ now: time.now, readableAfterMs: { users: 1000, events: 0 } });
    sandbox.addUser(ada);
    await ask('DELETE', '/api/users/ada%40example.com');
    expect(sandbox.user(ada)).toBeUndefined();
    expect((await get('/api/users/ada%40example.com')).body).toMatchObject({ user: { email: ada } });
    time.forward(1000);
    expect((await get('/api/users/ada%40example.com')).body).toEqual({});
  });

  it('can read as nobody the first times, whatever the clock says', async () => {
    const { post, get } = await start({ emptyReadsAfterCreate: 1 });
    await post('/api/users/update', { email: ada });
    expect((await get('/api/users/ada%40example.com')).body).toEqual({});
    expect((await get('/api/users/ada%40example.com')).body).toMatchObject({ user: { email: ada } });
  });
});

describe('field types', () => {
  it('are settled by the first value, told by getFields, and refuse a whole batch for one wrong value', async () => {
    const { post, get, sandbox } = await start();
    const first = {
      s: 'x',
      d: '2026-01-05 10:00:00',
      l: 1,
      f: 1.5,
      b: true,
      o: { in: 1 },
      n: [{ k: 'v' }],
      a: ['x'],
    };
    await post('/api/users/update', {
      email: ada,
      dataFields: { ...first, home_geo_location: { lat: 1, lon: 2 } },
    });
    expect((await get('/api/users/getFields')).body).toMatchObject({
      fields: {
        ...{ s: 'string', d: 'date', l: 'long', f: 'double', b: 'boolean', o: 'object', 'o.in': 'long' },
        ...{ n: 'nested', 'n.k': 'string', a: 'string', home_geo_location: 'geo_location' },
      },
    });
    const users = [
      { email: 'bob@example.com', dataFields: { fresh: 1 } },
      { email: ada, dataFields: { d: '2020-04-13 14:04:09.000' } },
    ];
    expect(await post('/api/users/bulkUpdate', { users })).toMatchObject({
      status: 400,
      body: {
        code: 'RequestFieldsTypesMismatched',
        msg: expect.stringMatching(/^Project 4711: The request does not have the same data types/),
        params: {
          validationErrors: {
            'user:::d': {
              incomingTypes: ['string', 'keyword'],
              expectedType: 'date',
              category: 'user',
              offendingValue: '2020-04-13 14:04:09.000',
              _type: 'UnexpectedType',
            },
          },
        },
      },
    });
    expect(sandbox.user('bob@example.com')).toBeUndefined();
    expect((await get('/api/users/getFields')).body).not.toHaveProperty('fields.fresh');
  });

  it.each([
    ['a fraction into a whole number', { l: 1 }, { l: 1.5 }, 400],
    ['a whole number into a fraction', { f: 1.5 }, { f: 1 }, 200],
    ['a text that looks like a date into a text', { s: 'x' }, { s: '2026-01-05' }, 200],
    ['a date with an offset into a date', { d: '2026-01-05' }, { d: '2026-01-05 10:00:00 +00:00' }, 200],
    [
      'a fraction of a second in the form with T',
      { d: '2026-01-05' },
      { d: '2026-01-05T10:00:00.123Z' },
      200,
    ],
    ['an object into an array of objects', { n: [{ a: 1 }] }, { n: { a: 1 } }, 400],
    ['an array of objects into an object', { o: { a: 1 } }, { o: [{ a: 1 }] }, 400],
    ['another type inside an object', { o: { a: 1 } }, { o: { a: 'x' } }, 400],
    ['an empty array into anything', { o: { a: 1 }, s: 'x' }, { o: [], s: [] }, 200],
    ['null into anything', { l: 1 }, { l: null }, 200],
    [
      'a place without a longitude',
      { x_geo_location: { lat: 1, lon: 1 } },
      { x_geo_location: { lat: 1 } },
      400,
    ],
  ])('%s', async (_name, first, second, status) => {
    const { post } = await start();
    await post('/api/users/update', { email: ada, dataFields: first });
    expect(await post('/api/users/update', { email: ada, dataFields: second })).toMatchObject({ status });
  });

  it('can be strict about whole numbers in fractions', async () => {
    const { post } = await start({ longIntoDouble: false });
    await post('/api/users/update', { email: ada, dataFields: { f: 1.5 } });
    expect(await post('/api/users/update', { email: ada, dataFields: { f: 1 } })).toMatchObject({
      status: 400,
    });
  });

  it('of new fields are not taken without createNewFields, and are named', async () => {
    const { post, sandbox } = await start();
    await post('/api/users/update', { email: ada, dataFields: { known: 'x', o: { known: 1 } } });
    const dataFields = { known: 'y', fresh: 1, o: { known: 2, fresh: 3 } };
    const reply = await post('/api/users/bulkUpdate', {
      createNewFields: false,
      users: [{ email: ada, dataFields }],
    });
    expect(reply.body).toMatchObject({ createdFields: [], filteredOutFields: ['fresh', 'o.fresh'] });
    expect(sandbox.user(ada)?.dataFields).toEqual({ known: 'y', o: { known: 2 } });
    const created = await post('/api/users/bulkUpdate', { users: [{ email: ada, dataFields }] });
    expect(created.body).toMatchObject({ createdFields: ['fresh', 'o.fresh'], filteredOutFields: [] });
  });

  it('are limited in number, those inside objects counted', async () => {
    const { post, get } = await start({ maxUserFields: 3 });
    const tooMany = { a: 1, o: { b: 2, c: 3 } };
    const reply = await post('/api/users/update', { email: ada, dataFields: tooMany });
    expect(reply).toMatchObject({ status: 400, body: { code: 'UniqueFieldsLimitExceeded' } });
    expect((await get('/api/users/getFields')).body).not.toHaveProperty('fields.a');
    expect(await post('/api/users/update', { email: ada, dataFields: { o: { b: 2, c: 3 } } })).toMatchObject({
      status: 200,
    });
  });
});

describe('users/bulkUpdate', () => {
  it('applies what it can, and names the rest by list', async () => {
    const { post, sandbox } = await start({
      forgottenEmails: ['gone@example.com'],
      failingUsers: ['sick@example.com'],
    });
    sandbox.addUser(ada, { firstName: 'Ada' });
    const users = [
      { email: 'New@example.com', dataFields: { firstName: 'New' } },
      { email: 'Ada@example.com', dataFields: { firstName: 'Ada' } },
      { email: 'Bad Address' },
      { email: 'bob@example.com', dataFields: { email: 'worse' } },
      { email: 'bob@example.com', dataFields: { essay: 'x'.repeat(40_000) } },
      { email: 'Gone@example.com' },
      { email: 'sick@example.com' },
      { userId: '7' },
      {},
    ];
    const { status, body } = await post('/api/users/bulkUpdate', { users });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      successCount: 2,
      failCount: 7,
      invalidEmails: ['Bad Address', 'worse'],
      invalidUserIds: ['7'],
      noOpEmails: [ada],
      failedUpdates: { notFoundEmails: [], conflictUserIds: [] },
    });
    expect(namedIn(body)).toEqual({
      invalidEmails: ['Bad Address', 'worse'],
      invalidUserIds: ['7'],
      invalidDataEmails: ['bob@example.com'],
      forgottenEmails: ['gone@example.com'],
    });
    expect(sandbox.users().map(({ email }) => email)).toEqual([ada, 'new@example.com']);
  });

  it('makes somebody of a user id alone only if that is preferred', async () => {
    const { post, sandbox } = await start();
    await post('/api/users/bulkUpdate', { users: [{ userId: '7', preferUserId: true }] });
    expect(sandbox.userById('7')?.email).toMatch(/@placeholder\.email$/);
  });

  it.each([
    [
      'not-found',
      {
        successCount: 0,
        failCount: 1,
        noOpEmails: [],
        failedUpdates: { notFoundEmails: ['who@example.com'] },
      },
    ],
    ['no-op', { successCount: 1, failCount: 0, noOpEmails: ['who@example.com'] }],
    ['nothing', { successCount: 1, failCount: 0, noOpEmails: [], failedUpdates: { notFoundEmails: [] } }],
  ] as const)(
    'passes over unknown people with updateOnly, reported as %s',
    async (updateOnlyReports, body) => {
      const { post, sandbox } = await start({ updateOnlyReports });
      const reply = await post('/api/users/bulkUpdate', {
        updateOnly: true,
        users: [{ email: 'who@example.com' }],
      });
      expect(reply).toMatchObject({ status: 200, body });
      expect(sandbox.userCount()).toBe(0);
      expect(sandbox.received()[0]?.applied).toBe(false);
    },
  );

  it('ignores updateOnly where Iterable has not enabled it', async () => {
    const { post, sandbox } = await start({ updateOnlyFlag: false });
    await post('/api/users/bulkUpdate', { updateOnly: true, users: [{ email: ada }] });
    expect(sandbox.userCount()).toBe(1);
  });
});

describe('project types', () => {
  it('hybrid: names the existing identity that stands in the way', async () => {
    const { post } = await start({ projectType: 'hybrid' });
    await post('/api/users/update', { email: ada, userId: '1' });
    await post('/api/users/update', { email: 'bob@example.com', userId: '2' });
    const clash = { email: ada, userId: '2' };
    expect(await post('/api/users/update', clash)).toMatchObject({
      status: 409,
      body: { code: 'ExternalKeyConflict' },
    });
    const users = [
      clash,
      { userId: '1', dataFields: { email: 'bob@example.com' } },
      { email: ada, dataFields: { userId: '2' } },
    ];
    const { body } = await post('/api/users/bulkUpdate', { users });
    expect(namedIn(body)).toEqual({ conflictEmails: [ada, 'bob@example.com'], conflictUserIds: ['2'] });
  });

  it('hybrid: an update with another address moves the person', async () => {
    const { post, sandbox } = await start({ projectType: 'hybrid' });
    await post('/api/users/update', { email: ada, userId: '1' });
    await post('/api/users/bulkUpdate', {
      users: [{ userId: '1', dataFields: { email: 'ada2@example.com' } }],
    });
    expect(sandbox.userById('1')?.email).toBe('ada2@example.com');
    expect(sandbox.user(ada)).toBeUndefined();
  });

  it('userId: people need an id, and may share an address', async () => {
    const { post, get, sandbox } = await start({ projectType: 'userId' });
    expect(await post('/api/users/update', { email: ada })).toMatchObject({ status: 400 });
    await post('/api/users/update', { userId: '1', email: ada });
    await post('/api/users/update', { userId: '2', email: ada });
    await post('/api/users/update', { userId: '3' });
    expect(sandbox.userCount()).toBe(3);
    expect((await get('/api/users/byUserId/3')).body).toEqual({
      user: expect.not.objectContaining({ email: expect.anything() }),
    });
    expect(await get('/api/users/forgotten')).toMatchObject({ status: 400 });
    expect(
      await post('/api/users/updateEmail', { currentUserId: '1', newEmail: 'x@example.com' }),
    ).toMatchObject({ status: 400 });
  });

  it('email: an address changes by updateEmail alone', async () => {
    const { post } = await start();
    const dataFields = { email: 'other@example.com' };
    await post('/api/users/update', { email: ada });
    expect(await post('/api/users/update', { email: ada, dataFields })).toMatchObject({
      status: 400,
      body: { code: 'BadParams' },
    });
    expect(
      namedIn((await post('/api/users/bulkUpdate', { users: [{ email: ada, dataFields }] })).body),
    ).toEqual({
      invalidDataEmails: [ada],
    });
  });
});

describe('the right to be forgotten', () => {
  it('deletes, refuses later writes, lists the hash, and can be taken back', async () => {
    const { post, get, sandbox } = await start();
    sandbox.addUser(ada);
    await post('/api/users/forget', { email: 'Ada@example.com' });
    expect(sandbox.userCount()).toBe(0);
    const hash = createHash('sha256').update(ada).digest('hex');
    expect((await get('/api/users/forgotten')).body).toEqual({ hashedEmails: [hash] });
    expect(await post('/api/users/update', { email: ada })).toMatchObject({ status: 409 });
    expect(namedIn((await post('/api/users/bulkUpdate', { users: [{ email: ada }] })).body)).toEqual({
      forgottenEmails: [ada],
    });
    await post('/api/users/unforget', { email: ada });
    expect(await post('/api/users/update', { email: ada })).toMatchObject({ status: 200 });
    expect(await post('/api/users/forget', { userId: '7' })).toMatchObject({ status: 400 });
  });
});
