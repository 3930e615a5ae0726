/**
 * What Iterable's answers about subscriptions mean: beside `answers.ts`, because this family of endpoints has a body
 * shape of its own, may not be enabled at all, and knows ids that we may have wrong.
 * @see https://support.iterable.com/hc/en-us/articles/208508736 subscriptions
 */
import { z } from 'zod';
import {
  backoffMs,
  isUnknownUser,
  judgeUser,
  refusalOf,
  unavailable,
  type Delivered,
  type Moment,
  type Rejected,
  type Retry,
} from './answers.js';
import type { Reply } from './client.js';

/** The person has gone between our read and our write. */
export interface UnknownUser {
  readonly kind: 'unknown-user';
}
/** Iterable has not enabled the targeted endpoints for the project. */
export interface NotEnabled {
  readonly kind: 'not-enabled';
}
export interface Found<T> {
  readonly kind: 'found';
  readonly found: T;
}

/** `{error, code}`: the shape in which this family says that an id is not there. */
const Envelope = z.object({ error: z.string(), code: z.string().startsWith('error.') });

/** Reply to `subscribeToType` and `unsubscribeFromType`. */
export function judgeTargeted(
  reply: Reply,
  moment: Moment,
): Delivered | Rejected | Retry | UnknownUser | NotEnabled {
  if (isUnknownUser(reply)) return { kind: 'unknown-user' };
  if (reply.kind === 'answer' && reply.status === 404) {
    // The path itself is missing, unless the answer speaks of an id.
    return Envelope.safeParse(reply.body).success ? schemaMismatch(moment) : { kind: 'not-enabled' };
  }
  return refusalOf(reply, moment) ?? { kind: 'delivered' };
}

/** Reply to `updateSubscriptions`. */
export function judgeSubscriptions(reply: Reply, moment: Moment): Delivered | Rejected | Retry | UnknownUser {
  if (isUnknownUser(reply)) return { kind: 'unknown-user' };
  return refusalOf(reply, moment) ?? { kind: 'delivered' };
}

const MessageType = z.object({
  id: z.int(),
  name: z.string(),
  channelId: z.int(),
  /** Left as text: a policy that Iterable adds one day is nobody's of ours, and no reason to stop. */
  subscriptionPolicy: z.string().optional(),
});
export type FoundType = z.infer<typeof MessageType>;
const Channel = z.object({ id: z.int(), name: z.string(), channelType: z.string().optional() });
export type FoundChannel = z.infer<typeof Channel>;

const MessageTypes = z.object({ messageTypes: z.array(MessageType) });
const Channels = z.object({ channels: z.array(Channel) });

/** Reply to `getMessageTypes`. */
export function judgeTypes(reply: Reply, moment: Moment): Found<readonly FoundType[]> | Rejected | Retry {
  return foundIn(
    reply,
    moment,
    MessageTypes.transform(({ messageTypes }) => messageTypes),
  );
}

/** Reply to `getChannels`. */
export function judgeChannels(
  reply: Reply,
  moment: Moment,
): Found<readonly FoundChannel[]> | Rejected | Retry {
  return foundIn(
    reply,
    moment,
    Channels.transform(({ channels }) => channels),
  );
}

function foundIn<T>(reply: Reply, moment: Moment, shape: z.ZodType<T>): Found<T> | Rejected | Retry {
  const refusal = refusalOf(reply, moment);
  if (refusal !== undefined) return refusal;
  const parsed = shape.safeParse(reply.kind === 'answer' ? reply.body : undefined);
  return parsed.success ? { kind: 'found', found: parsed.data } : unavailable(undefined, moment);
}

/** Something has changed in Iterable since the ids were read: they are read again, and an operator may have to act. */
export function schemaMismatch(moment: Moment): Retry {
  return { kind: 'retry', reason: 'schema-mismatch', class: 'auth', afterMs: backoffMs(moment) };
}

const Ids = z
  .array(z.int())
  .nullish()
  .transform((ids) => ids ?? []);
const Arrays = z.object({
  unsubscribedChannelIds: Ids,
  unsubscribedMessageTypeIds: Ids,
  subscribedMessageTypeIds: Ids,
});
/** What a person is subscribed to. Missing at Iterable means empty. */
export type Subscriptions = Readonly<Record<keyof z.infer<typeof Arrays>, readonly number[]>>;

/** Reply to `getUserByEmail`. An array that cannot be read is not taken for empty: writing it back would lose it. */
export function judgeSubscriber(
  reply: Reply,
  moment: Moment,
): Found<Subscriptions> | UnknownUser | Rejected | Retry {
  const judged = judgeUser(reply, moment);
  if (judged.kind !== 'user') return judged.kind === 'unknown-user' ? { kind: 'unknown-user' } : judged;
  const parsed = Arrays.safeParse(judged.user.dataFields);
  return parsed.success ? { kind: 'found', found: parsed.data } : unavailable(undefined, moment);
}
