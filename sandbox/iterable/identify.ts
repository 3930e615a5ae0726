/** From the `email` and `userId` of a row to the person it means, by the rules of the project's type. */
import { isEmail, isUserId } from './identity-format.js';
import type { Identity, StoredUser } from './users.js';
import { contains } from './world.js';
import type { World } from './world.js';

/** As requests give them. */
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

/** What the row says, and the person if there is one. */
export interface Identified extends Identity {
  readonly user: StoredUser | undefined;
}

export function isFailure(result: object): result is RowFailure {
  return 'problem' in result;
}

export const lowerCased = (email: string): string => email.trim().toLowerCase();

function identityOf({ email, userId }: Ids): Identity {
  return { email: typeof email === 'string' ? lowerCased(email) : undefined, userId: userId ?? undefined };
}

/** The one identity by which answers name a row: of both, the one that the project goes by. */
export function named(world: World, ids: Ids): { email?: string; userId?: string } {
  const email = ids.email ?? undefined;
  const userId = ids.userId ?? undefined;
  if (email !== undefined && (world.settings.projectType !== 'userId' || userId === undefined))
    return { email };
  return userId === undefined ? {} : { userId };
}

/** Of an address as it was sent. */
export function emailProblem(world: World, email: string | null | undefined): RowFailure | undefined {
  if (typeof email !== 'string') return undefined;
  const refused = !isEmail(email.trim()) || contains(world.settings.invalidEmails, lowerCased(email));
  return refused ? { problem: 'invalid', email } : undefined;
}

export function userIdProblem(userId: string | undefined): RowFailure | undefined {
  return userId === undefined || isUserId(userId) ? undefined : { problem: 'invalid', userId };
}

function lookUp(world: World, { email, userId }: Identity): StoredUser | RowFailure | undefined {
  const ofEmail = world.users.byEmail(email);
  const [ofUserId] = world.users.byUserId(userId);
  switch (world.settings.projectType) {
    case 'email':
      return email === undefined ? ofUserId : ofEmail;
    case 'userId':
      return userId === undefined ? ofEmail : ofUserId;
    case 'hybrid':
      return hybridConflict({ email, userId }, ofEmail, ofUserId) ?? ofEmail ?? ofUserId;
  }
}

/** Two identities that belong to different people: the answer names the one that somebody else has. */
function hybridConflict(
  { email, userId }: Identity,
  ofEmail: StoredUser | undefined,
  ofUserId: StoredUser | undefined,
): RowFailure | undefined {
  if (ofEmail === undefined || userId === undefined || ofEmail === ofUserId) return undefined;
  if (ofEmail.profile.latest?.userId !== undefined) return { problem: 'conflict', email };
  return ofUserId === undefined ? undefined : { problem: 'conflict', userId };
}

/** Finds the person, or says why the row can apply to nobody. An unknown person is no failure here. */
export function identify(world: World, ids: Ids): Identified | RowFailure {
  const identity = identityOf(ids);
  if (identity.email === undefined && identity.userId === undefined) return { problem: 'invalid' };
  const malformed = emailProblem(world, ids.email) ?? userIdProblem(identity.userId);
  if (malformed !== undefined) return malformed;
  if (world.isForgotten(identity)) return { problem: 'forgotten', ...named(world, identity) };
  if (world.isFailing(identity)) return { problem: 'internal', ...named(world, identity) };
  const user = lookUp(world, identity);
  return user !== undefined && isFailure(user) ? user : { ...identity, user };
}

/** Like `identify`, for calls that never create anyone: who is not readable yet is not found. */
export function identifyReadable(
  world: World,
  ids: Ids,
): (Identified & { readonly user: StoredUser }) | RowFailure {
  const found = identify(world, ids);
  if (isFailure(found)) return found;
  const { user } = found;
  if (user?.profile.readable(world.nowMs) === undefined)
    return { problem: 'notFound', ...named(world, found) };
  return { ...found, user };
}
