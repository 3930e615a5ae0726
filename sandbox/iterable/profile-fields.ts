/** What the `dataFields` of a row do to a stored profile. */
import { isDeepStrictEqual } from 'node:util';
import { isFields } from './field-types.js';
import type { Fields } from './field-types.js';
import { overwrite } from './subscriptions.js';
import type { Subscriptions } from './subscriptions.js';
import { NO_FIELDS } from './users.js';
import { RESERVED_FIELDS } from './world.js';
import type { World } from './world.js';

/** Merging goes one level deep. */
function merged(before: unknown, value: unknown): unknown {
  return isFields(before) && isFields(value) ? { ...before, ...value } : value;
}

/** Null is as good as absent. */
function isSame(before: unknown, after: unknown): boolean {
  return before === undefined ? after === null : before === after || isDeepStrictEqual(before, after);
}

/** Whether fields can be stored as they are. A million new people are then kept without a copy of each. */
function isPlain(fields: Fields): boolean {
  return Object.keys(fields).every((name) => fields[name] !== null && !RESERVED_FIELDS.has(name));
}

/**
 * The stored fields with the row's on top. Fields that are not sent stay, null takes a field away, objects are
 * replaced as a whole unless `merge`.
 * @returns the stored object itself when nothing changes
 */
export function applyFields(stored: Fields, incoming: Fields, merge: boolean): Fields {
  if (stored === NO_FIELDS && isPlain(incoming)) return incoming;
  const next: Record<string, unknown> = { ...stored };
  let changed = false;
  let clears = false;
  for (const name of Object.keys(incoming)) {
    const before = stored[name];
    const after = merge ? merged(before, incoming[name]) : incoming[name];
    if (RESERVED_FIELDS.has(name) || isSame(before, after)) continue;
    next[name] = after;
    changed = true;
    clears ||= after === null;
  }
  if (!changed) return stored;
  return clears ? Object.fromEntries(Object.entries(next).filter(([, value]) => value !== null)) : next;
}

function numbers(value: unknown): readonly number[] | undefined {
  return Array.isArray(value) && value.every((id) => typeof id === 'number') ? value : undefined;
}

/** The subscription arrays that stand among fields. */
export function arraysAmong(
  fields: Fields,
): Partial<Record<keyof Subscriptions, readonly number[] | undefined>> {
  return {
    emailListIds: numbers(fields['emailListIds'] ?? fields['userListIds']),
    unsubscribedChannelIds: numbers(fields['unsubscribedChannelIds']),
    unsubscribedMessageTypeIds: numbers(fields['unsubscribedMessageTypeIds']),
    subscribedMessageTypeIds: numbers(fields['subscribedMessageTypeIds']),
  };
}

/** Profile writes set lists; channels and types only where the opt-in feature is off. */
export function applyArrays(world: World, stored: Subscriptions, fields: Fields): Subscriptions {
  const arrays = arraysAmong(fields);
  if (Object.values(arrays).every((ids) => ids === undefined)) return stored;
  const { emailListIds, unsubscribedChannelIds, unsubscribedMessageTypeIds } = arrays;
  const { optInFeature } = world.settings;
  const allowed = optInFeature
    ? { emailListIds }
    : { emailListIds, unsubscribedChannelIds, unsubscribedMessageTypeIds };
  const next = overwrite(stored, allowed);
  return isDeepStrictEqual(next, stored) ? stored : next;
}
