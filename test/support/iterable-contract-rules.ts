/**
 * Which schema of the official package (`@iterable/api`, a development dependency) holds for which endpoint, and
 * the keys that it drops although they exist. The types' own files are imported: the package's entry reads
 * NODE_ENV and throws at values that it does not like.
 */
import * as events from '@iterable/api/dist/types/events.js';
import { GetJourneysParamsSchema } from '@iterable/api/dist/types/journeys.js';
import * as lists from '@iterable/api/dist/types/lists.js';
import * as subscriptions from '@iterable/api/dist/types/subscriptions.js';
import * as users from '@iterable/api/dist/types/users.js';
import { z } from 'zod';
import type { RecordedRequest } from '../../sandbox/iterable/index.js';

/** The package brings a zod of its own; this is what both have in common. */
export interface Schema {
  safeParse(input: unknown):
    | { readonly success: true; readonly data: unknown }
    | {
        readonly success: false;
        readonly error: {
          readonly issues: readonly { readonly path: PropertyKey[]; readonly code: string }[];
        };
      };
}

/** What of a recorded request is checked. */
export type Recorded = Pick<RecordedRequest, 'method' | 'path' | 'route' | 'query' | 'headers' | 'body'>;
export type Params = Readonly<Record<string, string>>;

export interface Rule {
  readonly schema: Schema;
  /** What the schema gets to see: the body, unless parameters are in the URL. */
  readonly input?: (request: Recorded, params: Params) => unknown;
  /** Keys that exist although the schema drops them, and what their values have to be. `[]` is any index. */
  readonly known?: Readonly<Record<string, Schema>>;
}

const NOTHING = z.strictObject({}).optional();
const flag = z.boolean();
const id = z.number().int().positive();
export const ids = z.array(z.number().int());

const byEmail = (_: Recorded, params: Params): unknown => ({ email: params['email'] });
const byUserId = (_: Recorded, params: Params): unknown => ({ userId: params['userId'] });
const withLimit = (request: Recorded, params: Params): unknown => ({
  ...params,
  ...('limit' in request.query ? { limit: Number(request.query['limit']) } : {}),
});
const target = ({ group, id: groupId }: Params): object => ({
  subscriptionGroup: group,
  subscriptionGroupId: Number(groupId),
});
const targetedEmail = (_: Recorded, params: Params): unknown => ({
  ...target(params),
  userEmail: params['email'],
});
const targetedUserId = (_: Recorded, params: Params): unknown => ({
  ...target(params),
  userId: params['userId'],
});
const targetedMany = (request: Recorded, params: Params): unknown => ({
  ...target(params),
  ...request.query,
  ...(isRecord(request.body) ? request.body : { body: request.body }),
});
const listId = (request: Recorded, params: Params): unknown => ({
  listId: Number(params['listId'] ?? request.query['listId']),
});

function journeyQuery({ query }: Recorded): unknown {
  const { page, pageSize, sort, state, ...others } = query;
  const descending = sort?.startsWith('-') === true;
  return {
    ...others,
    ...(page === undefined ? {} : { page: Number(page) }),
    ...(pageSize === undefined ? {} : { pageSize: Number(pageSize) }),
    ...(sort === undefined
      ? {}
      : { sort: { field: sort.replace(/^[+-]/, ''), direction: descending ? 'desc' : 'asc' } }),
    ...(state === undefined ? {} : { state: [state] }),
  };
}

/** For what the package has no schema: built from its parts, or from what Iterable documents. */
const ManySubscriptions = z.strictObject({
  updateSubscriptionsRequests: z.array(z.record(z.string(), z.unknown())).min(1),
});
const OnePerson = z.union([
  z.strictObject({ email: z.string().min(1) }),
  z.strictObject({ userId: z.string().min(1) }),
]);

/** By method and endpoint, as the sandbox names them. */
export const RULES: Readonly<Record<string, Rule>> = {
  'POST /api/events/track': { schema: events.TrackEventParamsSchema },
  'POST /api/events/trackBulk': {
    schema: events.TrackBulkEventsParamsSchema,
    known: { 'events[].createNewFields': flag },
  },
  'GET /api/events/{email}': { schema: events.GetUserEventsByEmailParamsSchema, input: withLimit },
  'GET /api/events/byUserId/{userId}': { schema: events.GetUserEventsByUserIdParamsSchema, input: withLimit },
  'POST /api/users/update': { schema: users.UpdateUserParamsSchema },
  'POST /api/users/bulkUpdate': {
    schema: users.BulkUpdateUsersParamsSchema,
    known: { createNewFields: flag, updateOnly: flag, 'users[].preferUserId': flag },
  },
  'POST /api/users/updateEmail': { schema: users.UpdateEmailParamsSchema },
  'POST /api/users/updateSubscriptions': {
    schema: users.UpdateUserSubscriptionsParamsSchema,
    known: { userListIds: ids },
  },
  'POST /api/users/bulkUpdateSubscriptions': { schema: ManySubscriptions },
  'GET /api/users/getByEmail': { schema: users.GetUserByEmailParamsSchema, input: ({ query }) => query },
  'GET /api/users/{email}': { schema: users.GetUserByEmailParamsSchema, input: byEmail },
  'GET /api/users/byUserId': { schema: users.GetUserByIdParamsSchema, input: ({ query }) => query },
  'GET /api/users/byUserId/{userId}': { schema: users.GetUserByIdParamsSchema, input: byUserId },
  'DELETE /api/users/{email}': { schema: users.DeleteUserByEmailParamsSchema, input: byEmail },
  'DELETE /api/users/byUserId/{userId}': { schema: users.DeleteUserByUserIdParamsSchema, input: byUserId },
  'GET /api/users/getFields': { schema: NOTHING },
  'PATCH /api/subscriptions/{group}/{id}/user/{email}': {
    schema: subscriptions.SubscribeUserByEmailParamsSchema,
    input: targetedEmail,
  },
  'DELETE /api/subscriptions/{group}/{id}/user/{email}': {
    schema: subscriptions.UnsubscribeUserByEmailParamsSchema,
    input: targetedEmail,
  },
  'PATCH /api/subscriptions/{group}/{id}/byUserId/{userId}': {
    schema: subscriptions.SubscribeUserByUserIdParamsSchema,
    input: targetedUserId,
  },
  'DELETE /api/subscriptions/{group}/{id}/byUserId/{userId}': {
    schema: subscriptions.UnsubscribeUserByUserIdParamsSchema,
    input: targetedUserId,
  },
  'PUT /api/subscriptions/{group}/{id}': {
    schema: subscriptions.BulkUpdateSubscriptionsParamsSchema,
    input: targetedMany,
  },
  'GET /api/messageTypes': { schema: NOTHING },
  'GET /api/channels': { schema: NOTHING },
  'GET /api/journeys': { schema: GetJourneysParamsSchema, input: journeyQuery },
  'GET /api/lists': { schema: NOTHING },
  'POST /api/lists': { schema: lists.CreateListParamsSchema },
  'DELETE /api/lists/{listId}': { schema: lists.DeleteListParamsSchema, input: listId },
  'GET /api/lists/getUsers': { schema: lists.GetListUsersParamsSchema, input: listId },
  'GET /api/lists/{listId}/size': { schema: lists.GetListSizeParamsSchema, input: listId },
  'POST /api/lists/subscribe': { schema: lists.SubscribeToListParamsSchema },
  'POST /api/lists/unsubscribe': {
    schema: lists.UnsubscribeFromListParamsSchema,
    known: { channelUnsubscribe: flag, campaignId: id },
  },
  'POST /api/users/forget': { schema: OnePerson },
  'POST /api/users/unforget': { schema: OnePerson },
  'GET /api/users/forgotten': { schema: NOTHING },
  'GET /api/users/forgottenUserIds': { schema: NOTHING },
};

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
