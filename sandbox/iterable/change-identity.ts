/** Which identity a profile has after a write, and when it may not change. */
import type { Fields } from './field-types.js';
import { emailProblem, lowerCased, named, userIdProblem } from './identify.js';
import type { Identified, RowFailure } from './identify.js';
import { draftOf } from './users.js';
import type { Identity } from './users.js';
import type { World } from './world.js';

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * From the row's own ids, overruled by `dataFields.email` and `dataFields.userId`.
 * @see https://support.iterable.com/hc/en-us/articles/29156459027348
 */
export function nextIdentity(
  world: World,
  fields: Fields,
  found: Identified,
  bulk: boolean,
): Identity | RowFailure {
  const email = text(fields['email']);
  const userId = text(fields['userId']);
  const malformed = emailProblem(world, email) ?? userIdProblem(userId);
  if (malformed !== undefined) return malformed;
  const stored = draftOf(found.user);
  const next = {
    email: email === undefined ? (found.email ?? stored.email) : lowerCased(email),
    userId: userId ?? found.userId ?? stored.userId,
  };
  if (!mayChange(world, found, next, bulk)) return { problem: 'invalidData', ...named(world, found) };
  if (world.isForgotten(next)) return { problem: 'forgotten', ...named(world, found) };
  return taken(world, found, next) ?? next;
}

/** An address that identifies people changes by users/updateEmail alone; in bulk only hybrid projects change any. */
function mayChange(world: World, found: Identified, next: Identity, bulk: boolean): boolean {
  const { projectType } = world.settings;
  const before: Identity = found.user === undefined ? found : draftOf(found.user);
  const changes = (key: keyof Identity): boolean => before[key] !== undefined && before[key] !== next[key];
  const emailStays = projectType === 'email' || (bulk && projectType !== 'hybrid');
  return !(emailStays && changes('email')) && !(projectType === 'userId' && changes('userId'));
}

/** Names the identity that somebody else has already, of those that are unique in the project. */
function taken(world: World, { user }: Identified, next: Identity): RowFailure | undefined {
  const { projectType } = world.settings;
  const ofEmail = projectType === 'userId' ? undefined : world.users.byEmail(next.email);
  if (ofEmail !== undefined && ofEmail !== user) return { problem: 'conflict', email: next.email };
  const [ofUserId] = projectType === 'email' ? [] : world.users.byUserId(next.userId);
  return ofUserId !== undefined && ofUserId !== user
    ? { problem: 'conflict', userId: next.userId }
    : undefined;
}

/** Of someone new. With a user id alone only if that is preferred, under an address that takes no mail. */
export function newIdentity(world: World, next: Identity, prefersUserId: boolean): Identity | RowFailure {
  const { projectType } = world.settings;
  if (projectType === 'userId' && next.userId === undefined) return { problem: 'invalid', email: next.email };
  if (projectType !== 'email' || next.email !== undefined) return next;
  if (!prefersUserId) return { problem: 'invalid', userId: next.userId };
  return { email: `${world.nextId()}@placeholder.email`, userId: next.userId };
}
