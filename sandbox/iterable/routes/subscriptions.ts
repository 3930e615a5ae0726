/** Subscriptions: arrays overwritten for one or many, and memberships changed one at a time. */
import { badParams, json, refusedInEnvelope, refused, Refusal, success } from '../answers.js';
import type { Answer } from '../answers.js';
import { identify, isFailure, named } from '../identify.js';
import type { Ids, RowFailure } from '../identify.js';
import { refusalOf } from '../report.js';
import { checkRows, withBody } from '../route.js';
import type { Call, Handler, Route } from '../route.js';
import { SubscriptionUpdate, SubscriptionUpdates, TargetedPeople } from '../shapes.js';
import { applyTargeted, misaligned, overwrite } from '../subscriptions.js';
import type { Action, ArrayChanges, Subscriptions, Target } from '../subscriptions.js';
import { draftOf } from '../users.js';
import type { StoredUser } from '../users.js';
import type { World } from '../world.js';
import { store } from '../write-profile.js';

/** Writes a person's subscriptions; makes the person where nobody knows them. */
function save(
  world: World,
  ids: Ids,
  change: (stored: Subscriptions) => Subscriptions,
): StoredUser | RowFailure {
  const found = identify(world, ids);
  if (isFailure(found)) return found;
  const before = draftOf(found.user);
  const { email = found.email, userId = found.userId, dataFields } = before;
  const { projectType } = world.settings;
  // Subscription calls have no preferUserId: nobody is made from the kind of identity that the project does not go by.
  if (projectType === 'email' && email === undefined) return { problem: 'notFound', userId };
  if (projectType === 'userId' && userId === undefined) return { problem: 'notFound', email };
  return store(world, found.user, { email, userId, dataFields, subscriptions: change(before.subscriptions) });
}

function changesOf(row: SubscriptionUpdate): ArrayChanges {
  const { unsubscribedChannelIds, unsubscribedMessageTypeIds, subscribedMessageTypeIds } = row;
  const emailListIds = row.emailListIds ?? row.userListIds;
  return { emailListIds, unsubscribedChannelIds, unsubscribedMessageTypeIds, subscribedMessageTypeIds };
}

const KNOWN_IDS: readonly [keyof Subscriptions, (world: World) => ReadonlySet<number>][] = [
  ['emailListIds', (world) => new Set(world.lists.keys())],
  ['unsubscribedChannelIds', (world) => new Set(world.settings.channels.map(({ id }) => id))],
  ['unsubscribedMessageTypeIds', (world) => new Set(world.settings.messageTypes.map(({ id }) => id))],
  ['subscribedMessageTypeIds', (world) => new Set(world.settings.messageTypes.map(({ id }) => id))],
];

/** What is wrong with the row whoever it is about. */
function problemOf(world: World, row: SubscriptionUpdate, stored: Subscriptions): string | undefined {
  const changes = changesOf(row);
  if (!world.settings.optInFeature && changes.subscribedMessageTypeIds != null) {
    return 'subscribedMessageTypeIds needs the opt-in message types feature';
  }
  for (const [name, known] of KNOWN_IDS) {
    const ids = known(world);
    const stray = changes[name]?.find((id) => !ids.has(id));
    if (stray !== undefined) return `Unknown id in ${name}: ${stray}`;
  }
  const closed = misaligned(overwrite(stored, changes), changes, world.settings.messageTypes);
  const checked = row.validateChannelAlignment ?? true;
  return checked && closed.length > 0
    ? `Message types of unsubscribed channels: ${closed.join(', ')}`
    : undefined;
}

/** What the person has now; nothing for rows that apply to nobody. */
function storedSubscriptions(world: World, ids: Ids): Subscriptions {
  const found = identify(world, ids);
  return draftOf(isFailure(found) ? undefined : found.user).subscriptions;
}

function updateOne(world: World, row: SubscriptionUpdate): Answer {
  const problem = problemOf(world, row, storedSubscriptions(world, row));
  if (problem !== undefined) throw badParams(problem);
  const saved = save(world, row, (stored) => overwrite(stored, changesOf(row)));
  if (isFailure(saved)) throw refusalOf(world, saved, 400);
  return success('Subscriptions successfully updated.');
}

/** Rows fail as `invalid…`, or as `valid…Failures`: that is all this endpoint can say. */
function updateMany(world: World, rows: readonly SubscriptionUpdate[]): Answer {
  checkRows(world, rows.length);
  if (!world.settings.optInFeature && rows.some((row) => row.subscribedMessageTypeIds != null)) {
    throw badParams('subscribedMessageTypeIds needs the opt-in message types feature');
  }
  const invalid: RowFailure[] = [];
  const valid: RowFailure[] = [];
  let failCount = 0;
  for (const row of rows) {
    const problem = problemOf(world, row, storedSubscriptions(world, row));
    const saved: StoredUser | RowFailure =
      problem === undefined
        ? save(world, row, (stored) => overwrite(stored, changesOf(row)))
        : { problem: 'invalidData', ...named(world, row) };
    if (!isFailure(saved)) continue;
    failCount += 1;
    (saved.problem === 'invalid' ? invalid : valid).push(saved);
  }
  const successCount = rows.length - failCount;
  const emails = (failures: readonly RowFailure[]): string[] => failures.flatMap(({ email }) => email ?? []);
  const userIds = (failures: readonly RowFailure[]): string[] =>
    failures.flatMap(({ userId }) => userId ?? []);
  const body = {
    successCount,
    failCount,
    invalidEmails: emails(invalid),
    invalidUserIds: userIds(invalid),
    validEmailFailures: emails(valid),
    validUserIdFailures: userIds(valid),
  };
  return json(body, successCount > 0);
}

/** Group names count in any case. Nothing for an id that does not exist. */
const TARGETS = new Map<string, (world: World, id: number) => Target | undefined>([
  [
    'messagetype',
    (world, id) => {
      const type = world.messageType(id);
      return type === undefined ? undefined : { group: 'messageType', id, policy: type.subscriptionPolicy };
    },
  ],
  [
    'messagechannel',
    (world, id) =>
      world.settings.channels.some((channel) => channel.id === id)
        ? { group: 'messageChannel', id }
        : undefined,
  ],
  ['emaillist', (world, id) => (world.lists.has(id) ? { group: 'emailList', id } : undefined)],
]);

/** @throws Refusal 404 when the feature is off or the id unknown, 400 for a group that does not exist */
function targetOf(world: World, params: Call['params']): Target {
  if (!world.settings.targetedSubscriptions)
    throw new Refusal(refused(404, 'NotFound', 'Endpoint not found'));
  const find = TARGETS.get(params['group']?.toLowerCase() ?? '');
  if (find === undefined) {
    throw new Refusal(refusedInEnvelope(400, 'BadRequest', 'invalidGroup', 'Invalid subscription group'));
  }
  const target = find(world, Number(params['id']));
  if (target !== undefined) return target;
  throw new Refusal(refusedInEnvelope(404, 'NotFound', 'notFound', 'Subscription group id not found'));
}

function note(world: World, user: StoredUser, target: Target, action: Action): void {
  const only = (group: Target['group']): readonly number[] => (target.group === group ? [target.id] : []);
  (user.systemEvents ??= []).push({
    eventName: action === 'subscribe' ? 'emailSubscribe' : 'emailUnSubscribe',
    createdAtMs: world.nowMs,
    unsubSource: 'API',
    channelIds: only('messageChannel'),
    messageTypeIds: only('messageType'),
    emailListIds: only('emailList'),
  });
}

function change(world: World, ids: Ids, target: Target, action: Action): RowFailure | undefined {
  const { unsubscribeFromOptIn } = world.settings;
  const saved = save(world, ids, (stored) => applyTargeted(stored, target, action, unsubscribeFromOptIn));
  if (isFailure(saved)) return saved;
  note(world, saved, target, action);
  return undefined;
}

function done(world: World): Answer {
  return world.settings.targetedAnswer === 'ok'
    ? success('Subscription request accepted.')
    : { status: 202, type: 'none', body: undefined, applied: true };
}

/** One person, one membership. Unknown people are made, by unsubscribing too. */
const targeted =
  (action: Action): Handler =>
  (world, { params }) => {
    const ids = { email: params['email'], userId: params['userId'] };
    const failure = change(world, ids, targetOf(world, params), action);
    if (failure !== undefined) throw refusalOf(world, failure, 400);
    return done(world);
  };

function actionOf(query: URLSearchParams): Action {
  const action = query.get('action') ?? 'subscribe';
  if (action === 'subscribe' || action === 'unsubscribe') return action;
  throw new Refusal(refusedInEnvelope(400, 'BadRequest', 'invalidAction', 'Invalid action'));
}

/** Many people, one membership. Nothing is said about those whom it could not be done for. */
function targetMany(world: World, people: readonly Ids[], call: Call): Answer {
  const target = targetOf(world, call.params);
  const action = actionOf(call.query);
  checkRows(world, people.length);
  for (const ids of people) {
    const found = identify(world, ids);
    const known = !isFailure(found) && found.user !== undefined;
    if (known || action === 'subscribe') change(world, ids, target, action);
  }
  return done(world);
}

const TARGET = '/api/subscriptions/{group}/{id}';

export const SUBSCRIPTION_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/api/users/updateSubscriptions', handle: withBody(SubscriptionUpdate, updateOne) },
  {
    method: 'POST',
    path: '/api/users/bulkUpdateSubscriptions',
    handle: withBody(SubscriptionUpdates, (world, body) =>
      updateMany(world, body.updateSubscriptionsRequests),
    ),
  },
  { method: 'PATCH', path: `${TARGET}/user/{email}`, handle: targeted('subscribe') },
  { method: 'DELETE', path: `${TARGET}/user/{email}`, handle: targeted('unsubscribe') },
  { method: 'PATCH', path: `${TARGET}/byUserId/{userId}`, handle: targeted('subscribe') },
  { method: 'DELETE', path: `${TARGET}/byUserId/{userId}`, handle: targeted('unsubscribe') },
  {
    method: 'PUT',
    path: TARGET,
    handle: withBody(TargetedPeople, (world, body, call) => {
      const byEmail = (body.users ?? []).map((email) => ({ email }));
      const byUserId = (body.usersByUserId ?? []).map((userId) => ({ userId }));
      return targetMany(world, [...byEmail, ...byUserId], call);
    }),
  },
];
