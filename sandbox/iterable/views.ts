/** What tests, demo and benchmarks see of the stored state. */
import type { StoredEvent, SystemEvent } from './events.js';
import type { Fields } from './field-types.js';
import type { Subscriptions } from './subscriptions.js';
import type { StoredUser } from './users.js';
import type { World } from './world.js';

export interface SandboxUser extends Subscriptions {
  /** Lower-cased; empty for someone known by user id alone. */
  readonly email: string;
  readonly userId?: string;
  /** What callers have stored; subscriptions stand beside it. */
  readonly dataFields: Fields;
  readonly createdAtMs: number;
  /** Accepted writes of the profile and its subscriptions, whether or not they changed anything. */
  readonly writes: number;
}

export interface SandboxEvent {
  readonly id: string;
  /** Lower-cased; empty for someone known by user id alone. */
  readonly email: string;
  readonly userId?: string;
  readonly eventName: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
  readonly dataFields: Fields;
  /** How often this id was written. */
  readonly writes: number;
}

export interface SandboxSystemEvent extends SystemEvent {
  readonly email: string;
}

export function viewUser(user: StoredUser | undefined): SandboxUser | undefined {
  const profile = user?.profile.latest;
  if (user === undefined || profile === undefined) return undefined;
  const { email = '', userId, dataFields, subscriptions, createdAtMs } = profile;
  const { writes } = user;
  return {
    email,
    ...(userId === undefined ? {} : { userId }),
    dataFields,
    ...subscriptions,
    createdAtMs,
    writes,
  };
}

export function findUser(world: World, email: string): SandboxUser | undefined {
  return viewUser(world.users.byEmail(email.toLowerCase()));
}

function viewEvent({ id, email, userId, data, writes }: StoredEvent): SandboxEvent {
  const { eventName, createdAt, dataFields } = data.latest;
  return { id, email, ...(userId === undefined ? {} : { userId }), eventName, createdAt, dataFields, writes };
}

export function eventsOf(
  world: World,
  filter: { email?: string; eventName?: string; id?: string },
): readonly SandboxEvent[] {
  const email = filter.email?.toLowerCase();
  return [...world.events.all()]
    .filter(
      (event) =>
        (email === undefined || event.email === email) && (filter.id === undefined || event.id === filter.id),
    )
    .map(viewEvent)
    .filter(({ eventName }) => filter.eventName === undefined || eventName === filter.eventName);
}

export function systemEventsOf(world: World, email: string | undefined): readonly SandboxSystemEvent[] {
  return [...world.users.live()].flatMap((user) => {
    const owner = user.profile.latest?.email ?? '';
    return email === undefined || owner === email.toLowerCase()
      ? (user.systemEvents ?? []).map((event) => ({ ...event, email: owner }))
      : [];
  });
}
