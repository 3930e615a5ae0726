/** The contract helper itself, and the sandbox held against the official package: its schemas and its client. */
import { describe, expect, it } from '@jest/globals';
import { BulkTrackResponseSchema } from '@iterable/api/dist/types/events.js';
import {
  IterableErrorResponseSchema,
  IterableSuccessResponseSchema,
} from '@iterable/api/dist/types/common.js';
import { GetJourneysResponseSchema } from '@iterable/api/dist/types/journeys.js';
import { GetListsResponseSchema, UserBulkUpdateListResponseSchema } from '@iterable/api/dist/types/lists.js';
import { ChannelsResponseSchema, MessageTypesResponseSchema } from '@iterable/api/dist/types/messaging.js';
import { UserResponseSchema } from '@iterable/api/dist/types/users.js';
import { ROUTES } from '../../sandbox/iterable/routes/index.js';
import { COVERED, expectValidRequest } from '../support/iterable-contract.js';
import { useSandboxes } from './ask-iterable.js';

const start = useSandboxes();
const ada = 'ada@example.com';
const json = { 'api-key': 'k', 'content-type': 'application/json' };

function request(endpoint: string, body?: unknown, url?: string): Parameters<typeof expectValidRequest>[0] {
  const [method = '', route = ''] = endpoint.split(' ');
  const { pathname, searchParams } = new URL(url ?? route, 'http://127.0.0.1');
  return {
    method,
    route,
    path: url === undefined ? route : pathname,
    query: Object.fromEntries(searchParams),
    headers: json,
    body,
  };
}

/** The URL where it differs from the endpoint's path. */
type Sent = readonly [endpoint: string, body?: unknown, url?: string];

const GOOD: readonly Sent[] = [
  [
    'POST /api/events/track',
    {
      email: ada,
      eventName: 'E',
      id: 'e',
      createdAt: 1_767_225_600,
      dataFields: { any: [1] },
      createNewFields: false,
    },
  ],
  ['POST /api/events/track', { email: 'zoë@example.com', eventName: 'E' }],
  ['POST /api/events/trackBulk', { events: [{ userId: '1', eventName: 'E', createNewFields: true }] }],
  [
    'POST /api/users/update',
    {
      email: ada,
      dataFields: { zoë: 'zoë' },
      preferUserId: true,
      mergeNestedObjects: true,
      createNewFields: true,
    },
  ],
  [
    'POST /api/users/bulkUpdate',
    {
      users: [{ userId: '1', preferUserId: true, dataFields: {} }],
      createNewFields: false,
      updateOnly: true,
    },
  ],
  [
    'POST /api/users/updateSubscriptions',
    { email: ada, unsubscribedMessageTypeIds: [], userListIds: [1], validateChannelAlignment: false },
  ],
  [
    'POST /api/users/bulkUpdateSubscriptions',
    {
      updateSubscriptionsRequests: [
        { email: ada, emailListIds: [1] },
        { userId: '1', userListIds: [2] },
      ],
    },
  ],
  ['POST /api/users/updateEmail', { currentEmail: ada, newEmail: 'new@example.com' }],
  ['POST /api/users/forget', { email: ada }],
  [
    'POST /api/lists/subscribe',
    { listId: 1, subscribers: [{ email: ada, dataFields: {} }], updateExistingUsersOnly: true },
  ],
  [
    'POST /api/lists/unsubscribe',
    { listId: 1, subscribers: [{ email: ada }], channelUnsubscribe: false, campaignId: 5 },
  ],
  ['GET /api/users/getByEmail', undefined, '/api/users/getByEmail?email=a%2Bb%40example.com'],
  ['GET /api/users/{email}', undefined, '/api/users/a%2Bb%40example.com'],
  ['GET /api/events/{email}', undefined, '/api/events/ada%40example.com?limit=200'],
  ['GET /api/journeys', undefined, '/api/journeys?page=2&pageSize=50&sort=-createdAt&state=Archived'],
  ['GET /api/messageTypes'],
  [
    'PATCH /api/subscriptions/{group}/{id}/user/{email}',
    undefined,
    '/api/subscriptions/messageType/101/user/ada%40example.com',
  ],
  [
    'DELETE /api/subscriptions/{group}/{id}/byUserId/{userId}',
    undefined,
    '/api/subscriptions/emailList/1/byUserId/7',
  ],
  [
    'PUT /api/subscriptions/{group}/{id}',
    { users: [ada, 'zoë@example.com'] },
    '/api/subscriptions/messageChannel/1?action=unsubscribe',
  ],
];

const BAD: readonly (readonly [
  what: string,
  endpoint: string,
  body: unknown,
  complaint: RegExp,
  url?: string,
])[] = [
  ['an address that no endpoint has', 'POST /api/users/merge', {}, /no such endpoint/],
  [
    'a misspelled key',
    'POST /api/events/track',
    { email: ada, eventName: 'E', datafields: {} },
    /: datafields: not a documented key$/,
  ],
  [
    'a misspelled key in a row',
    'POST /api/events/trackBulk',
    { events: [{ email: ada, eventName: 'E', name: 'x' }] },
    /events\[0\]\.name: not a documented key/,
  ],
  ['no event name', 'POST /api/events/track', { email: ada }, /eventName: invalid_type/],
  [
    'milliseconds',
    'POST /api/events/track',
    { email: ada, eventName: 'E', createdAt: 1_767_225_600_000 },
    /createdAt: not in seconds/,
  ],
  [
    'milliseconds in a row',
    'POST /api/events/trackBulk',
    { events: [{ email: ada, eventName: 'E', createdAt: 1_767_225_600_000 }] },
    /events\[0\]\.createdAt: not in seconds/,
  ],
  [
    '513 bytes of id in 257 characters',
    'POST /api/events/track',
    { email: ada, eventName: 'E', id: `${'é'.repeat(256)}x` },
    /id: longer than 512 bytes/,
  ],
  ['two identities', 'POST /api/users/update', { email: ada, userId: '1' }, /email: userId is given too/],
  ['no identity', 'POST /api/users/update', { dataFields: {} }, /body: custom/],
  [
    'no identity in a row',
    'POST /api/users/bulkUpdate',
    { users: [{ email: ada }, {}] },
    /users\[1\]\.email: missing/,
  ],
  ['no rows', 'POST /api/users/bulkUpdate', { users: [] }, /body: no rows/],
  ['null as identity', 'POST /api/users/update', { email: null, userId: '1' }, /email: invalid_type/],
  [
    'a known key of the wrong type',
    'POST /api/users/bulkUpdate',
    { users: [{ email: ada }], updateOnly: 'yes' },
    /updateOnly: wrong type/,
  ],
  [
    'a fraction as id',
    'POST /api/users/updateSubscriptions',
    { email: ada, emailListIds: [1.5] },
    /emailListIds: not whole numbers/,
  ],
  [
    'a text as id, in bulk',
    'POST /api/users/bulkUpdateSubscriptions',
    { updateSubscriptionsRequests: [{ email: ada, emailListIds: ['1'] }] },
    /updateSubscriptionsRequests\[0\]\.emailListIds\[0\]: invalid_type/,
  ],
  [
    'a stray key, in bulk',
    'POST /api/users/bulkUpdateSubscriptions',
    { updateSubscriptionsRequests: [{ email: ada, lists: [1] }] },
    /updateSubscriptionsRequests\[0\]\.lists: not a documented key/,
  ],
  ['both to forget', 'POST /api/users/forget', { email: ada, userId: '1' }, /body: invalid_union/],
  [
    'an address that is not encoded',
    'GET /api/users/{email}',
    undefined,
    /path: ids have to be percent-encoded/,
    '/api/users/ada@example.com',
  ],
  [
    'a plus sign that becomes a blank',
    'GET /api/users/getByEmail',
    undefined,
    /email: invalid_format/,
    '/api/users/getByEmail?email=a+b%40example.com',
  ],
  [
    '201 events',
    'GET /api/events/{email}',
    undefined,
    /limit: more than 200/,
    '/api/events/ada%40example.com?limit=201',
  ],
  [
    'a group in the wrong case',
    'DELETE /api/subscriptions/{group}/{id}/user/{email}',
    undefined,
    /subscriptionGroup: invalid_value/,
    '/api/subscriptions/messagetype/1/user/ada%40example.com',
  ],
  [
    'an action that is left to the default',
    'PUT /api/subscriptions/{group}/{id}',
    { users: [ada] },
    /action: invalid_value/,
    '/api/subscriptions/messageType/1',
  ],
  ['a body that is none', 'POST /api/users/update', undefined, /body: none, or not JSON/],
  ['a body where none belongs', 'GET /api/channels', { a: 1 }, /body: none is documented/],
];

describe('expectValidRequest', () => {
  it.each(GOOD.map(([endpoint, body, url]) => ({ endpoint, body, url })))(
    'takes $endpoint with $body',
    ({ endpoint, body, url }) => {
      expect(() => {
        expectValidRequest(request(endpoint, body, url));
      }).not.toThrow();
    },
  );

  it.each(BAD.map(([what, endpoint, body, complaint, url]) => ({ what, endpoint, body, complaint, url })))(
    'refuses $what',
    ({ endpoint, body, complaint, url }) => {
      const check = (): void => {
        expectValidRequest(request(endpoint, body, url));
      };
      expect(check).toThrow(complaint);
      // The endpoint and the place, never a value.
      expect(check).not.toThrow(/ada|17672256|yes/);
    },
  );

  it.each([
    [{}, /header Api-Key: missing/],
    [{ 'api-key': 'k', 'content-type': 'text/plain' }, /header Content-Type: not JSON/],
  ])('looks at headers: %j', (headers, complaint) => {
    expect(() => {
      expectValidRequest({ ...request('POST /api/users/update', { email: ada }), headers });
    }).toThrow(complaint);
  });

  it('knows every endpoint of the sandbox', () => {
    expect([...COVERED].sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
  });
});

describe('answers, by the official schemas', () => {
  it('of every endpoint that the package describes', async () => {
    const { post, get } = await start({ disallowedEventNames: ['Nope'] });
    const users = [{ email: ada, dataFields: { n: 1 } }, { email: 'bad' }];
    const subscribe = { listId: 301, subscribers: users };
    const events = [
      { email: ada, eventName: 'E' },
      { email: 'bad', eventName: 'Nope' },
    ];
    UserBulkUpdateListResponseSchema.parse((await post('/api/users/bulkUpdate', { users })).body);
    UserBulkUpdateListResponseSchema.parse((await post('/api/lists/subscribe', subscribe)).body);
    BulkTrackResponseSchema.parse((await post('/api/events/trackBulk', { events })).body);
    IterableSuccessResponseSchema.parse((await post('/api/users/update', { email: ada })).body);
    IterableErrorResponseSchema.parse((await post('/api/users/update', { email: 'bad' })).body);
    UserResponseSchema.parse((await get('/api/users/ada%40example.com')).body);
    MessageTypesResponseSchema.parse((await get('/api/messageTypes')).body);
    ChannelsResponseSchema.parse((await get('/api/channels')).body);
    GetJourneysResponseSchema.parse((await get('/api/journeys')).body);
    expect(GetListsResponseSchema.parse((await get('/api/lists')).body).lists).toHaveLength(2);
  });
});

describe('the official client', () => {
  it('works against the sandbox, and passes the contract with each request', async () => {
    const { sandbox } = await start({ limits: 'off' });
    // The package's entry throws under a NODE_ENV that it does not know.
    process.env['NODE_ENV'] = 'test';
    const { IterableClient } = await import('@iterable/api');
    const client = new IterableClient({ apiKey: sandbox.apiKey, baseUrl: sandbox.url });
    const type = { subscriptionGroup: 'messageType', subscriptionGroupId: 102 } as const;
    await client.updateUser({ email: ada, dataFields: { firstName: 'Ada' } });
    await client.bulkUpdateUsers({ users: [{ email: 'bob@example.com' }] });
    expect(await client.getUserByEmail({ email: ada })).toMatchObject({ user: { email: ada } });
    expect(await client.getUserByEmail({ email: 'who@example.com' })).toEqual({});
    await client.trackEvent({ email: ada, eventName: 'E', id: 'e1' });
    expect(
      await client.trackBulkEvents({ events: [{ email: 'who@example.com', eventName: 'E' }] }),
    ).toMatchObject({ failCount: 1 });
    expect((await client.getUserEventsByEmail({ email: ada })).events).toHaveLength(1);
    await client.updateUserSubscriptions({ email: ada, subscribedMessageTypeIds: [101] });
    await client.unsubscribeUserByEmail({ ...type, userEmail: ada });
    await client.bulkUpdateSubscriptions({ ...type, action: 'subscribe', users: ['bob@example.com'] });
    expect((await client.getMessageTypes()).messageTypes).toHaveLength(3);
    expect((await client.getChannels()).channels).toHaveLength(2);
    expect((await client.getJourneys()).journeys).toHaveLength(2);
    expect(await client.subscribeUserToList({ listId: 301, subscribers: [{ email: ada }] })).toMatchObject({
      successCount: 1,
    });
    await client.updateEmail({ currentEmail: ada, newEmail: 'ada2@example.com' });
    await client.deleteUserByEmail({ email: 'bob@example.com' });
    await expect(client.updateUser({ email: 'a@host.invalid' })).rejects.toThrow(/Invalid email/);
    client.destroy();
    expect(sandbox.user('ada2@example.com')).toMatchObject({
      subscribedMessageTypeIds: [101],
      unsubscribedMessageTypeIds: [102],
    });
    const methodsWithBody = new Set(['POST', 'PUT']);
    for (const received of sandbox.received().filter(({ method }) => methodsWithBody.has(method)))
      expectValidRequest(received);
  });
});
