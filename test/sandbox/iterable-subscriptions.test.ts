import { describe, expect, it } from '@jest/globals';
import { useSandboxes } from './ask-iterable.js';

const start = useSandboxes();
const ada = 'ada@example.com';
const MARKETING_CHANNEL = 11;
const OPT_IN = 101;
const OPT_OUT = 102;
const LIST = 301;
const target = (group: string, id: number, email = ada): string =>
  `/api/subscriptions/${group}/${id}/user/${encodeURIComponent(email)}`;

describe('users/updateSubscriptions', () => {
  it('overwrites arrays that are sent, leaves those that are not or null, and clears with an empty one', async () => {
    const { post, get, sandbox } = await start();
    const update = (arrays: object): ReturnType<typeof post> =>
      post('/api/users/updateSubscriptions', { email: ada, ...arrays });
    await update({ unsubscribedMessageTypeIds: [OPT_OUT, 103], emailListIds: [LIST] });
    await update({ unsubscribedMessageTypeIds: [OPT_OUT], emailListIds: null });
    expect(sandbox.user(ada)).toMatchObject({ unsubscribedMessageTypeIds: [OPT_OUT], emailListIds: [LIST] });
    await update({ emailListIds: [] });
    expect(sandbox.user(ada)).toMatchObject({ unsubscribedMessageTypeIds: [OPT_OUT], emailListIds: [] });
    const { body } = await get('/api/users/getByEmail?email=ada%40example.com');
    expect(body).toMatchObject({ user: { dataFields: { unsubscribedMessageTypeIds: [OPT_OUT] } } });
    expect(body).not.toHaveProperty('user.dataFields.emailListIds');
  });

  it('makes people whom nobody knows', async () => {
    const { post, sandbox } = await start();
    await post('/api/users/updateSubscriptions', {
      email: 'New@example.com',
      subscribedMessageTypeIds: [OPT_IN],
    });
    expect(sandbox.mailable('new@example.com', OPT_IN)).toBe(true);
  });

  it('refuses a type of an unsubscribed channel, unless told not to look', async () => {
    const { post, sandbox } = await start();
    const row = {
      email: ada,
      unsubscribedChannelIds: [MARKETING_CHANNEL],
      subscribedMessageTypeIds: [OPT_IN],
    };
    const path = '/api/users/updateSubscriptions';
    expect(await post(path, row)).toMatchObject({ status: 400, body: { code: 'BadParams' } });
    expect(sandbox.user(ada)).toBeUndefined();
    expect(await post(path, { ...row, validateChannelAlignment: false })).toMatchObject({ status: 200 });
    expect(sandbox.mailable(ada, OPT_IN)).toBe(false);
    expect(await post(path, { email: ada, subscribedMessageTypeIds: [OPT_IN] })).toMatchObject({
      status: 400,
    });
  });

  it.each([
    ['an unknown message type', { unsubscribedMessageTypeIds: [999] }],
    ['an unknown channel', { unsubscribedChannelIds: [999] }],
    ['an unknown list', { emailListIds: [999] }],
  ])('refuses %s', async (_name, arrays) => {
    const { post } = await start();
    expect(await post('/api/users/updateSubscriptions', { email: ada, ...arrays })).toMatchObject({
      status: 400,
    });
  });

  it('needs the opt-in feature to subscribe to types', async () => {
    const { post } = await start({ optInFeature: false });
    const row = { email: ada, subscribedMessageTypeIds: [] };
    expect(await post('/api/users/updateSubscriptions', row)).toMatchObject({ status: 400 });
    const bulk = { updateSubscriptionsRequests: [row] };
    expect(await post('/api/users/bulkUpdateSubscriptions', bulk)).toMatchObject({ status: 400 });
  });
});

describe('users/bulkUpdateSubscriptions', () => {
  it('knows two kinds of failure, and neither "not found" nor "forgotten"', async () => {
    const { post, sandbox } = await start({
      forgottenEmails: ['gone@example.com'],
      failingUsers: ['sick@example.com'],
    });
    const updateSubscriptionsRequests = [
      { email: ada, emailListIds: [LIST] },
      { email: 'bad' },
      { userId: 'zoë' },
      { email: 'sick@example.com' },
      { email: 'gone@example.com' },
      { email: 'bob@example.com', emailListIds: [999] },
      { userId: '7' },
    ];
    const { status, body } = await post('/api/users/bulkUpdateSubscriptions', {
      updateSubscriptionsRequests,
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      successCount: 1,
      failCount: 6,
      invalidEmails: ['bad'],
      invalidUserIds: ['zoë'],
      validEmailFailures: ['sick@example.com', 'gone@example.com', 'bob@example.com'],
      validUserIdFailures: ['7'],
    });
    expect(sandbox.user(ada)?.emailListIds).toEqual([LIST]);
  });
});

describe('profile writes', () => {
  it.each([
    [true, { emailListIds: [LIST], unsubscribedChannelIds: [], unsubscribedMessageTypeIds: [] }],
    [false, { emailListIds: [LIST], unsubscribedChannelIds: [11], unsubscribedMessageTypeIds: [102] }],
  ])(
    'set lists, and with the opt-in feature %s no more or channels and types too',
    async (optInFeature, expected) => {
      const { post, sandbox } = await start({ optInFeature });
      const dataFields = {
        emailListIds: [LIST],
        unsubscribedChannelIds: [11],
        unsubscribedMessageTypeIds: [102],
      };
      await post('/api/users/bulkUpdate', { users: [{ email: ada, dataFields }] });
      expect(sandbox.user(ada)).toMatchObject({ ...expected, dataFields: {} });
      expect(sandbox.systemEvents()).toEqual([]);
    },
  );
});

describe('targeted subscriptions', () => {
  it('change one membership and leave the others', async () => {
    const { ask, sandbox } = await start();
    sandbox.addUser(ada, { unsubscribedMessageTypeIds: [103], emailListIds: [LIST] });
    expect(await ask('DELETE', target('messageType', OPT_OUT))).toMatchObject({
      status: 200,
      body: { code: 'Success' },
    });
    await ask('DELETE', target('messageChannel', MARKETING_CHANNEL));
    await ask('DELETE', target('emailList', LIST));
    expect(sandbox.user(ada)).toMatchObject({
      unsubscribedMessageTypeIds: [103, OPT_OUT],
      unsubscribedChannelIds: [MARKETING_CHANNEL],
      emailListIds: [],
    });
    await ask('PATCH', target('MESSAGECHANNEL', MARKETING_CHANNEL));
    await ask('PATCH', target('MessageType', OPT_OUT));
    expect(sandbox.user(ada)).toMatchObject({
      unsubscribedMessageTypeIds: [103],
      unsubscribedChannelIds: [],
    });
  });

  it('note what they did as Iterable does', async () => {
    const { ask, get, sandbox } = await start();
    await ask('PATCH', target('messageType', OPT_IN));
    await ask('DELETE', target('messageType', OPT_IN));
    expect(sandbox.systemEvents(ada)).toMatchObject([
      { eventName: 'emailSubscribe', messageTypeIds: [OPT_IN] },
      {
        eventName: 'emailUnSubscribe',
        unsubSource: 'API',
        messageTypeIds: [OPT_IN],
        channelIds: [],
        emailListIds: [],
      },
    ]);
    expect((await get('/api/events/ada%40example.com')).body).toMatchObject({ events: [{ email: ada }, {}] });
    expect(sandbox.events()).toEqual([]);
  });

  it.each([
    ['removes', { subscribedMessageTypeIds: [], unsubscribedMessageTypeIds: [] }, false],
    ['removes-and-adds', { subscribedMessageTypeIds: [], unsubscribedMessageTypeIds: [OPT_IN] }, false],
    ['only-adds', { subscribedMessageTypeIds: [OPT_IN], unsubscribedMessageTypeIds: [OPT_IN] }, true],
  ] as const)('unsubscribe from an opt-in type: %s', async (unsubscribeFromOptIn, expected, mailable) => {
    const { ask, sandbox } = await start({ unsubscribeFromOptIn });
    await ask('PATCH', target('messageType', OPT_IN));
    expect(sandbox.mailable(ada, OPT_IN)).toBe(true);
    await ask('DELETE', target('messageType', OPT_IN));
    expect(sandbox.user(ada)).toMatchObject(expected);
    expect(sandbox.mailable(ada, OPT_IN)).toBe(mailable);
  });

  it('make people whom nobody knows, by unsubscribing too; only PUT unsubscribe does not', async () => {
    const { ask, sandbox } = await start();
    await ask('DELETE', target('messageType', OPT_OUT, 'one@example.com'));
    await ask('PATCH', target('messageType', OPT_OUT, 'two@example.com'));
    const put = (action: string, user: string): ReturnType<typeof ask> =>
      ask('PUT', `/api/subscriptions/messageType/${OPT_OUT}${action}`, {
        body: JSON.stringify({ users: [user] }),
      });
    await put('?action=subscribe', 'three@example.com');
    await put('?action=unsubscribe', 'four@example.com');
    await put('', 'five@example.com');
    const known = sandbox.users().map(({ email }) => email.split('@')[0]);
    expect(known).toEqual(['one', 'two', 'three', 'five']);
    expect(sandbox.mailable('one@example.com', OPT_OUT)).toBe(false);
  });

  it('say nothing about people whom PUT could not do it for', async () => {
    const { ask, sandbox } = await start({ forgottenEmails: ['gone@example.com'] });
    sandbox.addUser(ada, { userId: '7' });
    const body = JSON.stringify({ users: ['bad', 'gone@example.com'], usersByUserId: ['7'] });
    const reply = await ask('PUT', `/api/subscriptions/messageType/${OPT_OUT}?action=unsubscribe`, { body });
    expect(reply).toMatchObject({ status: 200, body: { code: 'Success' } });
    expect(sandbox.mailable(ada, OPT_OUT)).toBe(false);
    const odd = await ask('PUT', `/api/subscriptions/messageType/${OPT_OUT}?action=stop`, { body });
    expect(odd).toMatchObject({ status: 400, body: { error: 'BadRequest' } });
  });

  it('can be off, and can answer with an empty 202', async () => {
    const { ask, sandbox } = await start({ targetedSubscriptions: false });
    expect(await ask('DELETE', target('messageType', OPT_OUT))).toMatchObject({
      status: 404,
      body: { msg: 'Endpoint not found', code: 'NotFound' },
    });
    sandbox.configure({ targetedSubscriptions: true, targetedAnswer: 'accepted' });
    expect(await ask('DELETE', target('messageType', OPT_OUT))).toMatchObject({ status: 202, body: '' });
    expect(sandbox.mailable(ada, OPT_OUT)).toBe(false);
  });
});

describe('lists', () => {
  it('take and lose people, rows failing one by one', async () => {
    const { post, get, sandbox } = await start();
    const { body: made } = await post('/api/lists', { name: 'Mine' });
    const listId = Number(Object.values(made ?? {})[0]);
    const subscribers = [{ email: ada, dataFields: { firstName: 'Ada' } }, { email: 'bad' }];
    expect((await post('/api/lists/subscribe', { listId, subscribers })).body).toMatchObject({
      successCount: 1,
      failCount: 1,
      createdFields: ['firstName'],
      failedUpdates: { invalidEmails: ['bad'] },
    });
    expect((await get(`/api/lists/${listId}/size`)).body).toBe(1);
    expect((await get(`/api/lists/getUsers?listId=${listId}`)).body).toBe(ada);
    const leavers = [{ email: 'ADA@example.com' }, { email: 'who@example.com' }];
    expect((await post('/api/lists/unsubscribe', { listId, subscribers: leavers })).body).toMatchObject({
      successCount: 1,
      failedUpdates: { notFoundEmails: ['who@example.com'] },
    });
    expect(sandbox.user(ada)).toMatchObject({ emailListIds: [], unsubscribedChannelIds: [] });
    await post('/api/lists/unsubscribe', { listId, subscribers: [{ email: ada }], channelUnsubscribe: true });
    expect(sandbox.user(ada)?.unsubscribedChannelIds).toEqual([MARKETING_CHANNEL]);
  });

  it('pass over unknown people with updateExistingUsersOnly, except where addresses identify people', async () => {
    const body = { listId: LIST, updateExistingUsersOnly: true, subscribers: [{ email: ada }] };
    const emailBased = await start();
    await emailBased.post('/api/lists/subscribe', body);
    expect(emailBased.sandbox.userCount()).toBe(1);
    const hybrid = await start({ projectType: 'hybrid' });
    await hybrid.post('/api/lists/subscribe', body);
    expect(hybrid.sandbox.userCount()).toBe(0);
  });
});
