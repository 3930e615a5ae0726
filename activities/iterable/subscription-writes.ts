/**
 * The one place that writes subscriptions. It takes message types by name, and among the names only those that are
 * ours; channels and lists it never writes.
 */
import type { ConsentChange } from '../../domain/consent.js';
import type { WritableType } from '../../recipes/subscriptions.js';
import type { Delivered, Rejected, Retry } from './answers.js';
import type { Attempt } from './attempt.js';
import type { Requests } from './endpoints.js';
import {
  judgeSubscriber,
  judgeSubscriptions,
  judgeTargeted,
  type NotEnabled,
  type Subscriptions,
  type UnknownUser,
} from './subscription-answers.js';
import type { SubscriptionIds, WritableId } from './subscription-ids.js';

/** What is wanted of one person: all of these types changed alike. */
export interface Wanted {
  readonly email: string;
  readonly change: ConsentChange;
  readonly types: readonly WritableType[];
  readonly ids: SubscriptionIds;
}

export type Written = Delivered | Rejected | Retry | UnknownUser;
export interface ChannelClosed {
  readonly kind: 'channel-closed';
}

/** The types that are not as wanted yet. */
export function openTypes(wanted: Wanted, has: Subscriptions): readonly WritableType[] {
  return wanted.types.filter((name) => !isAsWanted(wanted.ids.of(name), wanted.change, has));
}

/** An opt-in type mails whom it lists, an opt-out type whom it does not list; the channel decides nothing here. */
function isAsWanted({ id, policy }: WritableId, change: ConsentChange, has: Subscriptions): boolean {
  const isSubscribed = has.subscribedMessageTypeIds.includes(id);
  const isUnsubscribed = has.unsubscribedMessageTypeIds.includes(id);
  if (change === 'opt-out') return policy === 'OptIn' ? !isSubscribed : isUnsubscribed;
  return policy === 'OptIn' ? isSubscribed && !isUnsubscribed : !isUnsubscribed;
}

/** Whoever has left a channel comes back only by themselves. */
export function isChannelClosed({ change, types, ids }: Wanted, has: Subscriptions): boolean {
  const leaves = (name: WritableType): boolean => has.unsubscribedChannelIds.includes(ids.of(name).channelId);
  return change === 'opt-in' && types.some(leaves);
}

/**
 * One membership at a time, everything else untouched.
 * @see https://api.iterable.com/api/docs#subscriptions_unsubscribeSingleUser
 * @see https://api.iterable.com/api/docs#subscriptions_subscribeSingleUser
 */
export async function writeTargeted(
  { email, change, ids }: Wanted,
  types: readonly WritableType[],
  attempt: Attempt,
): Promise<Written | NotEnabled> {
  const endpoint = change === 'opt-out' ? 'unsubscribeFromType' : 'subscribeToType';
  let last: Written | NotEnabled = { kind: 'delivered' };
  for (const name of types) {
    const { id } = ids.of(name);
    last = await attempt.ask(endpoint, { params: { id, email } }, judgeTargeted);
    if (last.kind !== 'delivered') return last;
  }
  return last;
}

/**
 * Reads the arrays, and writes back those that change, with every other id in them. The write's turn is taken before
 * the read, so that what somebody else changes between the two has one round trip to be lost in.
 * @returns `unchanged` when nothing is left to do
 */
export function writeMerged(
  wanted: Wanted,
  attempt: Attempt,
): Promise<Written | ChannelClosed | { readonly kind: 'unchanged' }> {
  return attempt.inTurnOf('updateSubscriptions', async (askNow) => {
    const read = await attempt.ask('getUserByEmail', { query: { email: wanted.email } }, judgeSubscriber);
    if (read.kind !== 'found') return read;
    if (isChannelClosed(wanted, read.found)) return { kind: 'channel-closed' };
    const types = openTypes(wanted, read.found);
    if (types.length === 0) return { kind: 'unchanged' };
    return askNow('updateSubscriptions', { body: mergedBody(wanted, types, read.found) }, judgeSubscriptions);
  });
}

/** @see https://api.iterable.com/api/docs#users_updateSubscriptions arrays that are left out stay as they are */
function mergedBody(
  { email, change, ids }: Wanted,
  types: readonly WritableType[],
  has: Subscriptions,
): Requests['updateSubscriptions']['body'] {
  const subscribed = new Set(has.subscribedMessageTypeIds);
  const unsubscribed = new Set(has.unsubscribedMessageTypeIds);
  for (const { id, policy } of types.map(ids.of)) {
    if (change === 'opt-in') unsubscribed.delete(id);
    else if (policy === 'OptOut') unsubscribed.add(id);
    if (policy === 'OptIn') subscribed[change === 'opt-in' ? 'add' : 'delete'](id);
  }
  return {
    email,
    ...(isSame(has.subscribedMessageTypeIds, subscribed)
      ? {}
      : { subscribedMessageTypeIds: [...subscribed] }),
    ...(isSame(has.unsubscribedMessageTypeIds, unsubscribed)
      ? {}
      : { unsubscribedMessageTypeIds: [...unsubscribed] }),
    // Saves a type of a closed channel instead of refusing all of it: other ids of the array may be such.
    validateChannelAlignment: false,
  };
}

const isSame = (before: readonly number[], after: ReadonlySet<number>): boolean =>
  before.length === after.size && before.every((id) => after.has(id));
