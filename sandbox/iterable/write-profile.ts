/** Writing one profile: the same steps for single calls, bulk rows and list subscribers. */
import { newIdentity, nextIdentity } from './change-identity.js';
import type { Fields } from './field-types.js';
import { identify, isFailure, lowerCased, named } from './identify.js';
import type { Identified, Ids, RowFailure } from './identify.js';
import { applyArrays, applyFields, arraysAmong } from './profile-fields.js';
import { applyTargeted, NO_SUBSCRIPTIONS, overwrite } from './subscriptions.js';
import type { Action, Target } from './subscriptions.js';
import { NO_FIELDS, draftOf } from './users.js';
import type { Draft, Identity, StoredUser, WriteTimes } from './users.js';
import type { World } from './world.js';

export interface ProfileRow extends Ids {
  readonly dataFields?: Fields | null | undefined;
  readonly preferUserId?: boolean | null | undefined;
  readonly mergeNestedObjects?: boolean | null | undefined;
}

export interface WriteRules {
  /** Whether a person that nobody knows is made. */
  readonly creates: boolean;
  readonly bulk: boolean;
}

/** `changed`: false for a row that only repeats what is stored. */
export interface Written extends Identity {
  readonly user: StoredUser;
  readonly changed: boolean;
}

/** "About 32k characters"; the search engine behind Iterable's fields takes 32,766 bytes. */
const LONGEST_VALUE = 32_766;

function hasOverlong(fields: Fields): boolean {
  return Object.values(fields).some((value) => typeof value === 'string' && value.length > LONGEST_VALUE);
}

/** Stores a profile, new or changed; by default at the users' pace. */
export function store(
  world: World,
  user: StoredUser | undefined,
  draft: Draft,
  times: WriteTimes = world.times('users'),
): StoredUser {
  const createdAtMs = user?.profile.latest?.createdAtMs ?? times.nowMs;
  const profile = { ...draft, createdAtMs, updatedAtMs: times.nowMs };
  if (user === undefined) return world.users.create(profile, times, world.settings.emptyReadsAfterCreate);
  world.users.update(user, profile, times);
  return user;
}

function identityAfter(
  world: World,
  row: ProfileRow,
  found: Identified,
  rules: WriteRules,
): Identity | RowFailure {
  const next = nextIdentity(world, row.dataFields ?? {}, found, rules.bulk);
  if (found.user !== undefined || isFailure(next)) return next;
  return newIdentity(world, next, row.preferUserId ?? false);
}

/**
 * Applies one row whose fields have passed the type check.
 * @param fields the row's `dataFields` without those that were filtered out
 */
export function writeProfile(
  world: World,
  row: ProfileRow,
  fields: Fields,
  rules: WriteRules,
): Written | RowFailure {
  const found = identify(world, row);
  if (isFailure(found)) return found;
  if (found.user === undefined && !rules.creates) return { problem: 'notFound', ...named(world, found) };
  const identity = identityAfter(world, row, found, rules);
  if (isFailure(identity)) return identity;
  if (hasOverlong(fields)) return { problem: 'invalidData', ...named(world, found) };
  const before = draftOf(found.user);
  const after = {
    ...identity,
    dataFields: applyFields(before.dataFields, fields, row.mergeNestedObjects ?? false),
    subscriptions: applyArrays(world, before.subscriptions, fields),
  };
  const user = store(world, found.user, after);
  world.enterJourneys(user.profile.latest, 'profile', Object.keys(fields));
  return { ...identity, user, changed: differs(before, after) };
}

/** Parts that do not change are passed on as the same objects. */
function differs(before: Draft, after: Draft): boolean {
  return (
    before.dataFields !== after.dataFields ||
    before.subscriptions !== after.subscriptions ||
    before.email !== after.email ||
    before.userId !== after.userId
  );
}

/** Puts a person there for a test or demo: readable at once, subscription arrays included. */
export function seedUser(world: World, email: string, dataFields: Fields): void {
  const check = world.fieldCheck();
  check.admit(world.userFields, dataFields, true);
  check.settle();
  const userId = typeof dataFields['userId'] === 'string' ? dataFields['userId'] : undefined;
  const draft = {
    email: lowerCased(email),
    userId,
    dataFields: applyFields(NO_FIELDS, dataFields, false),
    subscriptions: overwrite(NO_SUBSCRIPTIONS, arraysAmong(dataFields)),
  };
  const nowMs = world.nowMs;
  const user = store(world, world.users.byEmail(draft.email), draft, { nowMs, readableAtMs: nowMs });
  user.hiddenReads = 0;
}

/** One membership changed from inside: readable at the users' pace. @throws Error when there is no such person */
export function changePreference(world: World, email: string, target: Target, action: Action): void {
  const user = world.users.byEmail(lowerCased(email));
  if (user === undefined) throw new Error('no such person in the sandbox');
  const before = draftOf(user);
  store(world, user, { ...before, subscriptions: applyTargeted(before.subscriptions, target, action) });
}
