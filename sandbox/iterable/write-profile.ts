/** Writing one profile: the same steps for single calls, bulk rows and list subscribers. */
import { isDeepStrictEqual } from 'node:util';
import { isFields } from './field-types.js';
import type { Fields } from './field-types.js';
import { checkEmail, identify, isFailure, named } from './identify.js';
import type { Identified, Ids, RowFailure } from './identify.js';
import { isUserId } from './identity-format.js';
import { NO_SUBSCRIPTIONS, SUBSCRIPTION_ARRAYS, overwrite } from './subscriptions.js';
import type { ArrayChanges, Subscriptions } from './subscriptions.js';
import type { Profile, StoredUser } from './users.js';
import { RESERVED_FIELDS } from './world.js';
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
export interface Written extends Identified {
  readonly user: StoredUser;
  readonly changed: boolean;
}

/** "About 32k characters"; the engine behind Iterable's fields takes 32,766 bytes. */
const LONGEST_VALUE = 32_766;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The identity after the write: from the row, and from `dataFields.email` and `dataFields.userId`. */
function nextIdentity(world: World, row: ProfileRow, found: Identified, rules: WriteRules): { email: string | undefined; userId: string | undefined } | RowFailure {
  const stored = found.user?.profile.latest;
  const newEmail = text(row.dataFields?.['email']);
  const newUserId = text(row.dataFields?.['userId']);
  const wrong = newEmail === undefined ? undefined : checkEmail(world, newEmail);
  if (wrong !== undefined) return wrong;
  if (newUserId !== undefined && !isUserId(newUserId)) return { problem: 'invalid', userId: newUserId };
  const email = newEmail?.trim().toLowerCase() ?? found.email ?? stored?.email;
  const userId = newUserId ?? found.userId ?? stored?.userId;
  return identityProblem(world, { email, userId }, found, rules) ?? { email, userId };
}

function identityProblem(world: World, next: { email: string | undefined; userId: string | undefined }, found: Identified, rules: WriteRules): RowFailure | undefined {
  const { projectType } = world.settings;
  const before = found.user?.profile.latest ?? found;
  const newEmail = next.email !== before.email && before.email !== undefined;
  const newUserId = next.userId !== before.userId && before.userId !== undefined;
  const name = named(world, found);
  // Addresses of email-based projects change by users/updateEmail alone; in bulk only hybrid projects change them.
  if (newEmail && (projectType === 'email' || (rules.bulk && projectType !== 'hybrid'))) return { problem: 'invalidData', ...name };
  if (newUserId && projectType === 'userId') return { problem: 'invalidData', ...name };
  if (world.isForgotten(next.email, next.userId)) return { problem: 'forgotten', ...name };
  if (projectType !== 'hybrid') return undefined;
  const ofEmail = world.users.byEmail(next.email);
  if (ofEmail !== undefined && ofEmail !== found.user) return { problem: 'conflict', email: next.email };
  const [ofUserId] = world.users.byUserId(next.userId);
  return ofUserId !== undefined && ofUserId !== found.user ? { problem: 'conflict', userId: next.userId } : undefined;
}

/** The stored fields with the row's on top. Null takes a field away; objects are replaced unless merged, one level deep. */
export function applyFields(stored: Fields, incoming: Fields, merge: boolean): { fields: Fields; changed: boolean } {
  const next: Record<string, unknown> = { ...stored };
  let changed = false;
  let clears = false;
  for (const [name, value] of Object.entries(incoming)) {
    if (RESERVED_FIELDS.has(name)) continue;
    const before = stored[name];
    const after = merge && isFields(before) && isFields(value) ? { ...before, ...value } : value;
    if (before === after || (after === null && before === undefined) || isDeepStrictEqual(before, after)) continue;
    changed = true;
    clears ||= after === null;
    next[name] = after;
  }
  if (!changed) return { fields: stored, changed };
  return { fields: clears ? Object.fromEntries(Object.entries(next).filter(([, value]) => value !== null)) : next, changed };
}

function ids(value: unknown): readonly number[] | undefined {
  return Array.isArray(value) && value.every((id) => typeof id === 'number') ? value : undefined;
}

/** Subscription arrays among the profile fields. Types and channels can be set so only without the opt-in feature. */
export function subscriptionFields(world: World, fields: Fields): ArrayChanges {
  const lists = ids(fields['emailListIds'] ?? fields['userListIds']);
  if (world.settings.optInFeature) return { emailListIds: lists };
  const { unsubscribedChannelIds, unsubscribedMessageTypeIds } = fields;
  return {
    emailListIds: lists,
    unsubscribedChannelIds: ids(unsubscribedChannelIds),
    unsubscribedMessageTypeIds: ids(unsubscribedMessageTypeIds),
  };
}

/** Someone new who came with a user id alone: only with `preferUserId`, under an address that takes no mail. */
function newIdentity(world: World, row: ProfileRow, next: { email: string | undefined; userId: string | undefined }): { email: string | undefined; userId: string | undefined } | RowFailure {
  const { projectType } = world.settings;
  if (projectType === 'userId' && next.userId === undefined) return { problem: 'invalid', email: next.email };
  if (projectType !== 'email' || next.email !== undefined) return next;
  if (row.preferUserId !== true) return { problem: 'invalid', userId: next.userId };
  return { email: `${world.nextId().toString(36)}@placeholder.email`, userId: next.userId };
}

/** What a row turns a profile into. */
interface Draft {
  readonly email: string | undefined;
  readonly userId: string | undefined;
  readonly dataFields: Fields;
  readonly subscriptions: Subscriptions;
}

/** Stores a profile, new or changed. */
export function store(world: World, user: StoredUser | undefined, draft: Draft): StoredUser {
  const times = world.times('users');
  const createdAtMs = user?.profile.latest?.createdAtMs ?? times.nowMs;
  const profile: Profile = { ...draft, createdAtMs, updatedAtMs: times.nowMs };
  if (user === undefined) return world.users.create(profile, times, world.settings.emptyReadsAfterCreate);
  world.users.update(user, profile, times);
  return user;
}

/**
 * Applies one row whose fields have passed the type check.
 * @param fields the row's `dataFields` without those that were filtered out
 */
export function writeProfile(world: World, row: ProfileRow, fields: Fields, rules: WriteRules): Written | RowFailure {
  const found = identify(world, row);
  if (isFailure(found)) return found;
  if (found.user === undefined && !rules.creates) return { problem: 'notFound', ...named(world, found) };
  const next = nextIdentity(world, row, found, rules);
  if (isFailure(next)) return next;
  const identity = found.user === undefined ? newIdentity(world, row, next) : next;
  if (isFailure(identity)) return identity;
  const tooLong = Object.values(fields).some((value) => typeof value === 'string' && value.length > LONGEST_VALUE);
  if (tooLong) return { problem: 'invalidData', ...named(world, found) };
  return { ...found, ...save(world, found.user, { row, fields, identity }) };
}

function save(
  world: World,
  known: StoredUser | undefined,
  write: { row: ProfileRow; fields: Fields; identity: { email: string | undefined; userId: string | undefined } },
): { user: StoredUser; changed: boolean } {
  const before = known?.profile.latest;
  const { email, userId } = write.identity;
  const applied = applyFields(before?.dataFields ?? {}, write.fields, write.row.mergeNestedObjects ?? false);
  const stored = before?.subscriptions ?? NO_SUBSCRIPTIONS;
  const subscriptions = SUBSCRIPTION_ARRAYS.some((name) => Object.hasOwn(write.fields, name)) || Object.hasOwn(write.fields, 'userListIds')
    ? overwrite(stored, subscriptionFields(world, write.fields))
    : stored;
  const sameIdentity = before?.email === email && before?.userId === userId;
  const changed = applied.changed || !sameIdentity || !isDeepStrictEqual(stored, subscriptions);
  const user = store(world, known, { email, userId, dataFields: applied.fields, subscriptions });
  world.enterJourneys(user.profile.latest, 'profile', Object.keys(write.fields));
  return { user, changed };
}

/** Puts a person there for a test or demo: at once readable, subscription arrays included. */
export function seedUser(world: World, email: string, dataFields: Fields): void {
  const check = world.fieldCheck();
  check.admit(world.userFields, dataFields, true);
  check.settle();
  const { fields } = applyFields({}, dataFields, false);
  const nowMs = world.nowMs;
  const known = world.users.byEmail(email.toLowerCase());
  const subscriptions = overwrite(NO_SUBSCRIPTIONS, {
    ...Object.fromEntries(SUBSCRIPTION_ARRAYS.map((name) => [name, ids(dataFields[name])])),
  });
  const profile: Profile = {
    email: email.toLowerCase(),
    userId: text(dataFields['userId']),
    dataFields: fields,
    subscriptions,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  const times = { nowMs, readableAtMs: nowMs };
  if (known === undefined) world.users.create(profile, times, 0);
  else world.users.update(known, profile, times);
}
