/** From the `email` and `userId` of a row to the person it means, by the rules of the project's type. */
import { isEmail, isUserId } from './identity-format.js';
import type { StoredUser } from './users.js';
import { contains } from './world.js';
import type { World } from './world.js';

export interface Ids {
  readonly email?: string | null | undefined;
  readonly userId?: string | null | undefined;
}

/** `internal`: Iterable fails for its own reasons. The others are named like the lists of bulk answers. */
export type Problem = 'invalid' | 'invalidData' | 'conflict' | 'forgotten' | 'notFound' | 'internal';

/** Why a row was not applied, with the identity that the answer names: absent when it names none. */
export interface RowFailure {
  readonly problem: Problem;
  readonly email?: string | undefined;
  readonly userId?: string | undefined;
}

/** Ids as the row gives them, address lower-cased, and the person if there is one. */
export interface Identified {
  readonly email: string | undefined;
  readonly userId: string | undefined;
  readonly user: StoredUser | undefined;
}

export function isFailure(result: object): result is RowFailure {
  return 'problem' in result;
}

/** Whether addresses identify people. */
export const byEmailFirst = (world: World): boolean => world.settings.projectType !== 'userId';

/** The one identity by which answers name a row: of both, the one that the project goes by. */
export function named(world: World, ids: Ids): { email?: string; userId?: string } {
  const email = ids.email ?? undefined;
  const userId = ids.userId ?? undefined;
  if (email !== undefined && (byEmailFirst(world) || userId === undefined)) return { email };
  return userId === undefined ? {} : { userId };
}

function lookUp(world: World, email: string | undefined, userId: string | undefined): StoredUser | undefined | RowFailure {
  const ofEmail = world.users.byEmail(email);
  const [ofUserId] = world.users.byUserId(userId);
  if (world.settings.projectType === 'email') return email === undefined ? ofUserId : ofEmail;
  if (world.settings.projectType === 'userId') return userId === undefined ? ofEmail : ofUserId;
  // Hybrid: the address belongs to someone with another id. The answer names whose it is.
  const taken = ofEmail !== undefined && userId !== undefined && ofEmail !== ofUserId;
  if (taken && ofEmail.profile.latest?.userId !== undefined) return { problem: 'conflict', email };
  if (taken && ofUserId !== undefined) return { problem: 'conflict', userId };
  return ofEmail ?? ofUserId;
}

/** An address as refused ones are named: as it was sent. */
export function checkEmail(world: World, email: string): RowFailure | undefined {
  const refused = !isEmail(email.trim()) || contains(world.settings.invalidEmails, email.trim().toLowerCase());
  return refused ? { problem: 'invalid', email } : undefined;
}

/** Finds the person, or says why the row can apply to nobody. An unknown person is no failure here. */
export function identify(world: World, ids: Ids): Identified | RowFailure {
  const email = ids.email?.trim().toLowerCase();
  const userId = ids.userId ?? undefined;
  if (email === undefined && userId === undefined) return { problem: 'invalid' };
  const wrongEmail = typeof ids.email === 'string' ? checkEmail(world, ids.email) : undefined;
  if (wrongEmail !== undefined) return wrongEmail;
  if (userId !== undefined && !isUserId(userId)) return { problem: 'invalid', userId };
  const name = named(world, { email, userId });
  if (world.isForgotten(email, userId)) return { problem: 'forgotten', ...name };
  if (world.isFailing(email, userId)) return { problem: 'internal', ...name };
  const user = lookUp(world, email, userId);
  if (user !== undefined && isFailure(user)) return user;
  return { email, userId, user };
}

/** Like `identify`, for calls that never create anyone: who is not readable yet is not found. */
export function identifyReadable(world: World, ids: Ids): (Identified & { readonly user: StoredUser }) | RowFailure {
  const found = identify(world, ids);
  if (isFailure(found)) return found;
  const { user } = found;
  if (user?.profile.readable(world.nowMs) === undefined) return { problem: 'notFound', ...named(world, found) };
  return { ...found, user };
}
