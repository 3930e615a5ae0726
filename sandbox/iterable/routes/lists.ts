/** Static lists: made, filled, emptied, deleted. */
import { badParams, json, refuse, success, text } from '../answers.js';
import type { Answer } from '../answers.js';
import { identifyReadable, isFailure } from '../identify.js';
import type { Ids } from '../identify.js';
import { BulkReport } from '../report.js';
import { checkRows, perMinute, perSecond, withBody } from '../route.js';
import type { Route } from '../route.js';
import { ListLeavers, ListSubscribers, NewList } from '../shapes.js';
import { applyTargeted } from '../subscriptions.js';
import { draftOf } from '../users.js';
import type { Profile, StoredUser } from '../users.js';
import type { StoredList, World } from '../world.js';
import { store } from '../write-profile.js';
import { updateMany } from './users.js';

/** @throws Refusal 400 with code `Success`, as Iterable has it; also for a list made a moment ago */
function usableList(world: World, listId: number): StoredList {
  const list = world.lists.get(listId);
  if (list === undefined || list.usableAtMs > world.nowMs) {
    const { projectId } = world.settings;
    throw refuse(400, 'Success', `error.lists.invalidListId(${listId})`, { projectId, listId });
  }
  return list;
}

function staticList(world: World, listId: number): void {
  if (usableList(world, listId).listType !== 'Standard') throw badParams('The list is not a static list');
}

function setSubscriptions(
  world: World,
  user: StoredUser,
  change: (profile: Profile) => Profile['subscriptions'],
): void {
  const profile = user.profile.latest;
  if (profile !== undefined) store(world, user, { ...profile, subscriptions: change(profile) });
}

function subscribe(
  world: World,
  body: { listId: number; rows: Parameters<typeof updateMany>[1]['rows']; existingOnly: boolean },
): Answer {
  staticList(world, body.listId);
  // The flag counts for nothing where addresses identify people.
  const creates = !body.existingOnly || world.settings.projectType === 'email';
  const batch = { rows: body.rows, createNew: world.settings.createNewFields, creates };
  return updateMany(world, batch, (user) => {
    const wasIn = draftOf(user).subscriptions.emailListIds.includes(body.listId);
    const target = { group: 'emailList', id: body.listId } as const;
    setSubscriptions(world, user, ({ subscriptions }) => applyTargeted(subscriptions, target, 'subscribe'));
    return !wasIn;
  });
}

function unsubscribe(
  world: World,
  body: { listId: number; rows: readonly Ids[]; fromChannel: boolean },
): Answer {
  staticList(world, body.listId);
  checkRows(world, body.rows.length);
  const channel = world.settings.channels.find(({ channelType }) => channelType === 'Marketing');
  const report = new BulkReport('users');
  for (const ids of body.rows) {
    const found = identifyReadable(world, ids);
    if (isFailure(found)) {
      report.fail(found);
      continue;
    }
    setSubscriptions(world, found.user, ({ subscriptions }) => {
      const left = applyTargeted(
        subscriptions,
        { group: 'emailList', id: body.listId },
        'unsubscribe',
        'removes',
      );
      if (!body.fromChannel || channel === undefined) return left;
      return applyTargeted(left, { group: 'messageChannel', id: channel.id }, 'unsubscribe');
    });
    report.succeed();
  }
  return report.answer({ createdFields: [], filteredOutFields: [] });
}

function create(world: World, name: string, description: string | undefined): Answer {
  const id = world.nextId();
  const { nowMs, readableAtMs } = world.times('users');
  const list = { id, name, listType: 'Standard', createdAt: nowMs, usableAtMs: readableAtMs } as const;
  world.lists.set(id, description === undefined ? list : { ...list, description });
  return json({ listId: id }, true);
}

function remove(world: World, listId: number): Answer {
  if (usableList(world, listId).inUse === true) throw refuse(409, 'BadParams', 'List is in use');
  world.lists.delete(listId);
  return success('List successfully deleted.');
}

function members(world: World, listId: number): readonly string[] {
  usableList(world, listId);
  const nowMs = world.nowMs;
  return [...world.users.live()].flatMap(({ profile }) => {
    const seen = profile.readable(nowMs);
    return seen?.subscriptions.emailListIds.includes(listId) === true
      ? [seen.email ?? seen.userId ?? '']
      : [];
  });
}

function listed({ id, name, listType, createdAt, description }: StoredList): unknown {
  return { id, name, listType, createdAt, ...(description === undefined ? {} : { description }) };
}

export const LIST_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/lists',
    limit: perSecond(100),
    handle: (world) => json({ lists: [...world.lists.values()].map(listed) }),
  },
  {
    method: 'POST',
    path: '/api/lists',
    handle: withBody(NewList, (world, body) => create(world, body.name, body.description ?? undefined)),
  },
  {
    method: 'POST',
    path: '/api/lists/subscribe',
    handle: withBody(ListSubscribers, (world, body) =>
      subscribe(world, {
        listId: body.listId,
        rows: body.subscribers,
        existingOnly: body.updateExistingUsersOnly === true,
      }),
    ),
  },
  {
    method: 'POST',
    path: '/api/lists/unsubscribe',
    handle: withBody(ListLeavers, (world, body) =>
      unsubscribe(world, {
        listId: body.listId,
        rows: body.subscribers,
        fromChannel: body.channelUnsubscribe === true,
      }),
    ),
  },
  {
    method: 'GET',
    path: '/api/lists/getUsers',
    limit: perMinute(5),
    handle: (world, { query }) => text(200, members(world, Number(query.get('listId'))).join('\n')),
  },
  {
    method: 'GET',
    path: '/api/lists/{listId}/size',
    limit: perMinute(5),
    handle: (world, { params }) => text(200, String(members(world, Number(params['listId'])).length)),
  },
  {
    method: 'DELETE',
    path: '/api/lists/{listId}',
    handle: (world, { params }) => remove(world, Number(params['listId'])),
  },
];
