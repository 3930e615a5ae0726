/**
 * The ids of message types and channels, found by the names of `recipes/subscriptions.ts`, and the proof that Iterable
 * still has what is declared there. Nothing is written by an id that did not come through here.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { ChannelRow, MessageTypeRow } from '../../domain/subscription-schema.js';
import { CHANNELS, MESSAGE_TYPES, type WritableType } from '../../recipes/subscriptions.js';
import { LONGEST_WAIT_MS, type Rejected, type Retry } from './answers.js';
import type { Attempt } from './attempt.js';
import { judgeChannels, judgeTypes, type FoundChannel, type FoundType } from './subscription-answers.js';

export interface WritableId {
  readonly id: number;
  readonly channelId: number;
  readonly policy: MessageTypeRow['policy'];
}

export interface SubscriptionIds {
  /** @throws Error when the type, or whatever has its id, is not ours to write: the compiler has been got round */
  readonly of: (name: WritableType) => WritableId;
}

export interface SubscriptionIdSource {
  /**
   * @returns the ids, or why they cannot be read now
   * @throws ApplicationFailure of type `auth`, retryable, that says what in Iterable is not as declared
   */
  readonly current: (attempt: Attempt) => Promise<SubscriptionIds | Rejected | Retry>;
  /** Has them read again: Iterable does not know one of them any more. */
  readonly forget: () => void;
}

/** People rename types in Iterable while workers run. */
const READ_AGAIN_AFTER_MS = 3_600_000;

/** Reads once for all activities of a worker, and again after an hour. */
export function createSubscriptionIds(): SubscriptionIdSource {
  let known: { readonly ids: SubscriptionIds; readonly readAtMs: number } | undefined;
  return {
    current: async (attempt) => {
      if (known !== undefined && attempt.now() - known.readAtMs < READ_AGAIN_AFTER_MS) return known.ids;
      const types = await attempt.ask('getMessageTypes', { query: {} }, judgeTypes);
      if (types.kind !== 'found') return types;
      const channels = await attempt.ask('getChannels', { query: {} }, judgeChannels);
      if (channels.kind !== 'found') return channels;
      const ids = resolve(types.found, channels.found);
      known = { ids, readAtMs: attempt.now() };
      return ids;
    },
    forget: () => {
      known = undefined;
    },
  };
}

/** @throws ApplicationFailure when Iterable has something else than is declared; names of types are no personal data */
export function resolve(types: readonly FoundType[], channels: readonly FoundChannel[]): SubscriptionIds {
  const channelIds = new Map<string, number>();
  for (const [key, row] of Object.entries<ChannelRow>(CHANNELS)) {
    channelIds.set(key, channelIdOf(row, channels));
  }
  const resolved = new Map<string, WritableId & Pick<MessageTypeRow, 'use'>>();
  for (const [key, row] of Object.entries<MessageTypeRow>(MESSAGE_TYPES)) {
    const found = typeOf(row, types);
    if (found === undefined) continue;
    checkType(row, found, channelIds.get(row.channel));
    const { policy, use } = row;
    resolved.set(key, { id: found.id, channelId: found.channelId, policy, use });
  }
  return { of: (name) => writable(name, resolved) };
}

function channelIdOf({ name, type }: ChannelRow, channels: readonly FoundChannel[]): number {
  const [found, ...others] = channels.filter((channel) => channel.name === name);
  if (found === undefined) throw mismatch(`has no channel "${name}"`);
  if (others.length > 0) throw mismatch(`has ${others.length + 1} channels named "${name}"`);
  if (found.channelType !== undefined && found.channelType !== type) {
    throw mismatch(`has the channel "${name}" as ${found.channelType}, not ${type}`);
  }
  return found.id;
}

/** One that is forbidden may be gone: that is what is wanted of it. */
function typeOf({ name, use }: MessageTypeRow, types: readonly FoundType[]): FoundType | undefined {
  const [found, ...others] = types.filter((type) => type.name === name);
  if (others.length > 0) throw mismatch(`has ${others.length + 1} message types named "${name}"`);
  if (found === undefined && use !== 'forbidden') throw mismatch(`has no message type "${name}"`);
  return found;
}

function checkType(row: MessageTypeRow, found: FoundType, channelId: number | undefined): void {
  if (found.subscriptionPolicy !== row.policy) {
    throw mismatch(
      `has the message type "${row.name}" as ${found.subscriptionPolicy ?? 'nothing'}, not ${row.policy}`,
    );
  }
  if (found.channelId !== channelId) {
    const declared: Readonly<Record<string, ChannelRow>> = CHANNELS;
    throw mismatch(
      `has the message type "${row.name}" in another channel than "${declared[row.channel]?.name ?? ''}"`,
    );
  }
}

function mismatch(what: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'auth',
    message: `schema-mismatch: Iterable ${what}. Mend it in Iterable, or in recipes/subscriptions.ts and deploy; what waits goes on by itself.`,
    nextRetryDelay: LONGEST_WAIT_MS,
  });
}

function writable(
  name: string,
  resolved: ReadonlyMap<string, WritableId & Pick<MessageTypeRow, 'use'>>,
): WritableId {
  const found = resolved.get(name);
  const isShared = [...resolved].some(
    ([other, { id, use }]) => other !== name && id === found?.id && use !== 'ours',
  );
  if (found?.use !== 'ours' || isShared) throw new Error(`message type ${name} is not ours to write`);
  return found;
}
