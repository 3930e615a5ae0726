/** The bodies that each endpoint takes. Unknown keys are ignored, null is as good as absent, wrong types refuse all. */
import { z } from 'zod';
import { refuse } from './answers.js';
import { isFields } from './field-types.js';
import type { Fields } from './field-types.js';

const text = z.string().nullish();
const flag = z.boolean().nullish();
const id = z.number().int();
const ids = z.array(id).nullish();
const fields = z.custom<Fields>(isFields, { error: 'Object value expected' }).nullish();
const person = { email: text, userId: text };

export const Person = z.object(person);

/** @see https://api.iterable.com/api/docs#events_track */
export const TrackedEvent = z.object({
  ...person,
  eventName: z.string(),
  id: text,
  createdAt: id.nullish(),
  dataFields: fields,
  campaignId: id.nullish(),
  templateId: id.nullish(),
  createNewFields: flag,
});
export type TrackedEvent = z.infer<typeof TrackedEvent>;

/** @see https://api.iterable.com/api/docs#events_trackBulk */
export const TrackedEvents = z.object({ events: z.array(TrackedEvent) });

const row = { ...person, dataFields: fields, preferUserId: flag, mergeNestedObjects: flag };

/** @see https://api.iterable.com/api/docs#users_updateUser */
export const UserUpdate = z.object({ ...row, createNewFields: flag });

/** `updateOnly` is undocumented. @see https://api.iterable.com/api/docs#users_bulkUpdateUser */
export const UserUpdates = z.object({
  users: z.array(z.object(row)),
  createNewFields: flag,
  updateOnly: flag,
});

/** @see https://api.iterable.com/api/docs#users_updateSubscriptions */
export const SubscriptionUpdate = z.object({
  ...person,
  emailListIds: ids,
  /** What projects that go by user id are seen to send. */
  userListIds: ids,
  unsubscribedChannelIds: ids,
  unsubscribedMessageTypeIds: ids,
  subscribedMessageTypeIds: ids,
  campaignId: id.nullish(),
  templateId: id.nullish(),
  validateChannelAlignment: flag,
});
export type SubscriptionUpdate = z.infer<typeof SubscriptionUpdate>;

/** @see https://api.iterable.com/api/docs#users_bulkUpdateSubscriptions */
export const SubscriptionUpdates = z.object({ updateSubscriptionsRequests: z.array(SubscriptionUpdate) });

/** @see https://api.iterable.com/api/docs#users_updateEmail */
export const EmailChange = z.object({ currentEmail: text, currentUserId: text, newEmail: z.string() });

/** @see https://api.iterable.com/api/docs#subscriptions_Bulk_subscription_action */
export const TargetedPeople = z.object({
  users: z.array(z.string()).nullish(),
  usersByUserId: z.array(z.string()).nullish(),
});

/** @see https://api.iterable.com/api/docs#lists_create */
export const NewList = z.object({ name: z.string(), description: text });

/** @see https://api.iterable.com/api/docs#lists_subscribe */
export const ListSubscribers = z.object({
  listId: id,
  subscribers: z.array(z.object(row)),
  updateExistingUsersOnly: flag,
});

/** @see https://api.iterable.com/api/docs#lists_unsubscribe */
export const ListLeavers = z.object({
  listId: id,
  subscribers: z.array(Person),
  campaignId: id.nullish(),
  channelUnsubscribe: flag,
});

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'String value expected',
  number: 'Number value expected',
  int: 'Number value expected',
  boolean: 'Boolean value expected',
  array: 'Array value expected',
  object: 'Object value expected',
};

/** `obj.events[1].createdAt`; the first index counts from `base`. */
function pathOf(path: readonly PropertyKey[], base: number): string {
  const parts = path.map((part) => (typeof part === 'number' ? `[${part + base}]` : `.${String(part)}`));
  return `obj${parts.join('')}`;
}

/**
 * @param body the parsed JSON; nothing for what is not JSON, which no shape takes
 * @throws Refusal BadJsonBody that names each wrong value by its place and what was expected there
 */
export function checkBody<T>(shape: z.ZodType<T>, body: unknown, at: { path: string; indexBase: number }): T {
  const result = shape.safeParse(body);
  if (result.success) return result.data;
  const wrong = result.error.issues.map((issue): [string, string] => [
    pathOf(issue.path, at.indexBase),
    expectation(issue),
  ]);
  throw refuse(400, 'BadJsonBody', `[${at.path}] Invalid JSON body`, Object.fromEntries(wrong));
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'custom') return issue.message;
  return (issue.code === 'invalid_type' ? EXPECTED[issue.expected] : undefined) ?? 'Number value expected';
}
