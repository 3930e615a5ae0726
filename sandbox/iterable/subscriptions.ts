/** What a person is subscribed to, and what each kind of write does to it. */
import type { MessageType } from './project.js';
import type { SandboxSettings } from './settings.js';

/** Missing at Iterable means empty. */
export interface Subscriptions {
  readonly emailListIds: readonly number[];
  readonly unsubscribedChannelIds: readonly number[];
  readonly unsubscribedMessageTypeIds: readonly number[];
  readonly subscribedMessageTypeIds: readonly number[];
}

export const SUBSCRIPTION_ARRAYS = [
  'emailListIds',
  'unsubscribedChannelIds',
  'unsubscribedMessageTypeIds',
  'subscribedMessageTypeIds',
] as const;

/** A new person is in all channels and in every opt-out type. */
export const NO_SUBSCRIPTIONS: Subscriptions = Object.freeze({
  emailListIds: [],
  unsubscribedChannelIds: [],
  unsubscribedMessageTypeIds: [],
  subscribedMessageTypeIds: [],
});

/** An array that is given replaces the stored one; null or absent leaves it alone. */
export type ArrayChanges = { readonly [Name in keyof Subscriptions]?: readonly number[] | null | undefined };

export function overwrite(stored: Subscriptions, changes: ArrayChanges): Subscriptions {
  return {
    emailListIds: changes.emailListIds ?? stored.emailListIds,
    unsubscribedChannelIds: changes.unsubscribedChannelIds ?? stored.unsubscribedChannelIds,
    unsubscribedMessageTypeIds: changes.unsubscribedMessageTypeIds ?? stored.unsubscribedMessageTypeIds,
    subscribedMessageTypeIds: changes.subscribedMessageTypeIds ?? stored.subscribedMessageTypeIds,
  };
}

/** Message types that `changes` subscribes although their channel is (or becomes) unsubscribed. */
export function misaligned(
  after: Subscriptions,
  changes: ArrayChanges,
  types: readonly MessageType[],
): readonly number[] {
  const closed = new Set(after.unsubscribedChannelIds);
  const subscribing = new Set(changes.subscribedMessageTypeIds ?? []);
  return types
    .filter(({ id, channelId }) => subscribing.has(id) && closed.has(channelId))
    .map(({ id }) => id);
}

/** Whether mail of this type reaches the person. */
export function isMailable(subscriptions: Subscriptions, type: MessageType): boolean {
  if (subscriptions.unsubscribedChannelIds.includes(type.channelId)) return false;
  return type.subscriptionPolicy === 'OptIn'
    ? subscriptions.subscribedMessageTypeIds.includes(type.id)
    : !subscriptions.unsubscribedMessageTypeIds.includes(type.id);
}

/** What a targeted endpoint acts on. */
export type Target =
  | { readonly group: 'emailList' | 'messageChannel'; readonly id: number }
  | {
      readonly group: 'messageType';
      readonly id: number;
      readonly policy: MessageType['subscriptionPolicy'];
    };

export type Action = 'subscribe' | 'unsubscribe';

const plus = (ids: readonly number[], id: number): readonly number[] =>
  ids.includes(id) ? ids : [...ids, id];
const minus = (ids: readonly number[], id: number): readonly number[] => ids.filter((other) => other !== id);

type OnOptIn = SandboxSettings['unsubscribeFromOptIn'];

function applyToType(
  stored: Subscriptions,
  type: { readonly id: number; readonly policy: MessageType['subscriptionPolicy'] },
  action: Action,
  onOptIn: OnOptIn,
): Subscriptions {
  const { id, policy } = type;
  const { subscribedMessageTypeIds: subscribed, unsubscribedMessageTypeIds: unsubscribed } = stored;
  if (action === 'subscribe') {
    return {
      ...stored,
      subscribedMessageTypeIds: policy === 'OptIn' ? plus(subscribed, id) : subscribed,
      unsubscribedMessageTypeIds: minus(unsubscribed, id),
    };
  }
  const removes = policy === 'OptIn' && onOptIn !== 'only-adds';
  const adds = policy === 'OptOut' || onOptIn !== 'removes';
  return {
    ...stored,
    subscribedMessageTypeIds: removes ? minus(subscribed, id) : subscribed,
    unsubscribedMessageTypeIds: adds ? plus(unsubscribed, id) : unsubscribed,
  };
}

/** Changes the one membership and leaves all others. Types never change channels. */
export function applyTargeted(
  stored: Subscriptions,
  target: Target,
  action: Action,
  onOptIn: OnOptIn = 'removes',
): Subscriptions {
  if (target.group === 'messageType') return applyToType(stored, target, action, onOptIn);
  const joins = action === 'subscribe';
  const { id } = target;
  return target.group === 'emailList'
    ? { ...stored, emailListIds: (joins ? plus : minus)(stored.emailListIds, id) }
    : { ...stored, unsubscribedChannelIds: (joins ? minus : plus)(stored.unsubscribedChannelIds, id) };
}
