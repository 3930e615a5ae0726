/** Custom events, written again under their id; and what Iterable notes about subscriptions itself. */
import { Delayed } from './delayed.js';
import type { Fields } from './field-types.js';
import type { SandboxSettings } from './settings.js';
import type { StoredUser, WriteTimes } from './users.js';

export interface EventData {
  readonly eventName: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
  readonly dataFields: Fields;
  readonly campaignId?: number | null | undefined;
  readonly templateId?: number | null | undefined;
}

export interface StoredEvent {
  readonly id: string;
  readonly data: Delayed<EventData>;
  user: StoredUser;
  /** Kept for when the person is deleted. */
  email: string;
  userId: string | undefined;
  /** How often this id was written. */
  writes: number;
}

/** Iterable's own record of a subscription change. */
export interface SystemEvent {
  readonly eventName: 'emailSubscribe' | 'emailUnSubscribe';
  readonly createdAtMs: number;
  readonly unsubSource: 'API';
  readonly channelIds: readonly number[];
  readonly messageTypeIds: readonly number[];
  readonly emailListIds: readonly number[];
}

export class EventStore {
  readonly #events = new Map<string, StoredEvent>();
  #generated = 0;

  all(): Iterable<StoredEvent> {
    return this.#events.values();
  }

  /** Writes an event of a person; one that exists under the id is replaced. */
  write(
    user: StoredUser,
    event: EventData & { readonly id?: string | null | undefined },
    times: WriteTimes,
    scope: SandboxSettings['eventIdScope'],
  ): StoredEvent {
    const { id: givenId, ...data } = event;
    const id = givenId ?? this.#nextId();
    const email = user.profile.latest?.email ?? '';
    const userId = user.profile.latest?.userId;
    const owner = scope === 'project' ? [] : [email === '' ? (userId ?? '') : email];
    const key = JSON.stringify([id, ...owner, ...(scope === 'user-and-name' ? [data.eventName] : [])]);
    const known = this.#events.get(key);
    if (known !== undefined) {
      known.data.write(data, times.nowMs, times.readableAtMs);
      known.writes += 1;
      moveTo(user, known, { email, userId });
      return known;
    }
    const made = { id, data: new Delayed(data, times.readableAtMs), user, email, userId, writes: 1 };
    this.#events.set(key, made);
    (user.events ??= []).push(made);
    return made;
  }

  #nextId(): string {
    this.#generated += 1;
    return this.#generated.toString(16).padStart(24, '0');
  }
}

function moveTo(
  user: StoredUser,
  event: StoredEvent,
  owner: { email: string; userId: string | undefined },
): void {
  if (event.user === user) return;
  event.user.events = (event.user.events ?? []).filter((other) => other !== event);
  (user.events ??= []).push(event);
  Object.assign(event, { user, ...owner });
}
