/** The people of the project, with the delay between a write and its being readable. */
import { Delayed } from './delayed.js';
import type { Fields } from './field-types.js';
import type { StoredEvent, SystemEvent } from './events.js';
import { NO_SUBSCRIPTIONS } from './subscriptions.js';
import type { Subscriptions } from './subscriptions.js';

export interface Identity {
  /** Lower-cased. */
  readonly email: string | undefined;
  readonly userId: string | undefined;
}

/** What writes decide of a profile. */
export interface Draft extends Identity {
  readonly dataFields: Fields;
  readonly subscriptions: Subscriptions;
}

export interface Profile extends Draft {
  /** ms since 1970. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export const NO_FIELDS: Fields = Object.freeze({});

const NOBODY: Draft = Object.freeze({
  email: undefined,
  userId: undefined,
  dataFields: NO_FIELDS,
  subscriptions: NO_SUBSCRIPTIONS,
});

export interface StoredUser {
  /** No profile: deleted, but perhaps still readable. */
  readonly profile: Delayed<Profile | undefined>;
  /** Accepted writes of the profile. */
  writes: number;
  /** Reads that still answer as if there were no such person. */
  hiddenReads: number;
  /** Absent until there are some: most of a million people have none. */
  events?: StoredEvent[];
  systemEvents?: SystemEvent[];
}

/** What is stored of a person, readable or not; of nobody, nothing. */
export function draftOf(user: StoredUser | undefined): Draft {
  return user?.profile.latest ?? NOBODY;
}

/** When a write happens and when it can be read, ms since 1970. */
export interface WriteTimes {
  readonly nowMs: number;
  readonly readableAtMs: number;
}

class IdentityIndex {
  readonly #users = new Map<string, readonly StoredUser[]>();

  all(key: string | undefined): readonly StoredUser[] {
    return (key === undefined ? undefined : this.#users.get(key)) ?? [];
  }

  move(user: StoredUser, from: string | undefined, to: string | undefined): void {
    if (from === to) return;
    if (from !== undefined) {
      const others = this.all(from).filter((other) => other !== user);
      if (others.length === 0) this.#users.delete(from);
      else this.#users.set(from, others);
    }
    if (to !== undefined) this.#users.set(to, [...this.all(to), user]);
  }
}

const isLive = (user: StoredUser): boolean => user.profile.latest !== undefined;

export class UserStore {
  readonly #byEmail = new IdentityIndex();
  readonly #byUserId = new IdentityIndex();
  readonly #all = new Set<StoredUser>();

  /** Everyone who is not deleted. */
  *live(): Generator<StoredUser> {
    for (const user of this.#all) if (isLive(user)) yield user;
  }

  count(): number {
    let count = 0;
    for (const user of this.#all) if (isLive(user)) count += 1;
    return count;
  }

  /** By an address in lower case; as stored, readable or not. */
  byEmail(email: string | undefined): StoredUser | undefined {
    return this.#byEmail.all(email).find(isLive);
  }

  /** By exact user id. Email-based projects can hold several. */
  byUserId(userId: string | undefined): readonly StoredUser[] {
    return this.#byUserId.all(userId).filter(isLive);
  }

  /** What a reader sees now: also people just deleted, not yet people just made. */
  readable(nowMs: number, { email, userId }: Identity): StoredUser | undefined {
    const users = email === undefined ? this.#byUserId.all(userId) : this.#byEmail.all(email);
    return users.findLast(({ profile }) => {
      const seen = profile.readable(nowMs);
      return seen !== undefined && (email === undefined || seen.email === email);
    });
  }

  create(profile: Profile, times: WriteTimes, hiddenReads: number): StoredUser {
    const user: StoredUser = {
      profile: new Delayed<Profile | undefined>(profile, times.readableAtMs),
      writes: 1,
      hiddenReads,
    };
    this.#index(user, undefined, profile);
    this.#all.add(user);
    return user;
  }

  update(user: StoredUser, profile: Profile, times: WriteTimes): void {
    const before = user.profile.latest;
    user.profile.write(profile, times.nowMs, times.readableAtMs);
    user.writes += 1;
    this.#index(user, before, profile);
  }

  remove(user: StoredUser, times: WriteTimes): void {
    const before = user.profile.latest;
    user.profile.write(undefined, times.nowMs, times.readableAtMs);
    // With a delay the deleted person stays indexed, to be read a little longer.
    if (times.readableAtMs > times.nowMs) return;
    this.#index(user, before, undefined);
    this.#all.delete(user);
  }

  #index(user: StoredUser, before: Profile | undefined, after: Profile | undefined): void {
    this.#byEmail.move(user, before?.email, after?.email);
    this.#byUserId.move(user, before?.userId, after?.userId);
  }
}
