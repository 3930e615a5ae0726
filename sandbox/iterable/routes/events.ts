/** Custom events: tracked singly, in bulk, and read back. */
import { badParams, json, success } from '../answers.js';
import type { Answer } from '../answers.js';
import type { StoredEvent, SystemEvent } from '../events.js';
import type { Fields } from '../field-types.js';
import { identifyReadable, isFailure } from '../identify.js';
import type { RowFailure } from '../identify.js';
import { BulkReport, refusalOf } from '../report.js';
import { checkRows, perSecond, withBody } from '../route.js';
import type { Call, Route } from '../route.js';
import { TrackedEvent, TrackedEvents } from '../shapes.js';
import { iterableTime } from '../times.js';
import type { StoredUser } from '../users.js';
import type { World } from '../world.js';

const LONGEST_ID_BYTES = 512;
/** The year 5138 in seconds, 1973 in milliseconds: what is larger was sent in the wrong unit. */
const LATEST_SECONDS = 1e11;

/** @throws Refusal BadParams */
function checkEvent({ id, createdAt }: TrackedEvent): void {
  if (Buffer.byteLength(id ?? '') > LONGEST_ID_BYTES) throw badParams('id is longer than 512 bytes');
  if ((createdAt ?? 0) > LATEST_SECONDS) throw badParams('createdAt is not a unix timestamp in seconds');
}

const isDisallowed = (world: World, event: TrackedEvent): boolean =>
  world.settings.disallowedEventNames.includes(event.eventName);

/** @param dataFields the event's own, without those that were filtered out */
function write(world: World, event: TrackedEvent, dataFields: Fields): StoredEvent | RowFailure {
  const found = identifyReadable(world, event);
  if (isFailure(found)) return found;
  const times = world.times('events');
  const { eventName, id, campaignId, templateId } = event;
  const createdAt = event.createdAt ?? Math.floor(times.nowMs / 1000);
  const data = { id, eventName, createdAt, dataFields, campaignId, templateId };
  const written = world.events.write(found.user, data, times, world.settings.eventIdScope);
  if (written.writes === 1 || world.settings.rewrittenEventsEnterJourneys) {
    world.enterJourneys(found.user.profile.latest, 'event', [eventName]);
  }
  return written;
}

function track(world: World, event: TrackedEvent): Answer {
  checkEvent(event);
  if (isDisallowed(world, event)) {
    return { ...success(`Event with name: ${event.eventName} is disallowed from tracking.`), applied: false };
  }
  const check = world.fieldCheck();
  const createNew = event.createNewFields ?? world.settings.createNewFields;
  const fields = check.admit(world.eventFields(event.eventName), event.dataFields ?? {}, createNew);
  check.settle();
  const written = write(world, event, fields);
  if (isFailure(written)) throw refusalOf(world, written, 400);
  return success(`Event with id: ${written.id} tracked.`, { id: written.id });
}

function trackBulk(world: World, events: readonly TrackedEvent[]): Answer {
  checkRows(world, events.length);
  events.forEach(checkEvent);
  const check = world.fieldCheck();
  const rows = events.map((event) => {
    if (isDisallowed(world, event)) return { event, fields: undefined };
    const createNew = event.createNewFields ?? world.settings.createNewFields;
    return {
      event,
      fields: check.admit(world.eventFields(event.eventName), event.dataFields ?? {}, createNew),
    };
  });
  const changes = check.settle();
  const report = new BulkReport('events');
  for (const { event, fields } of rows) {
    const written = fields === undefined ? undefined : write(world, event, fields);
    if (written === undefined) report.disallow(event.eventName, world.settings.disallowedCountsAsFailed);
    else if (isFailure(written)) report.fail(written);
    else report.succeed();
  }
  return report.answer(changes);
}

function customEvent(event: StoredEvent, nowMs: number): { atMs: number; body: unknown }[] {
  const data = event.data.readable(nowMs);
  if (data === undefined) return [];
  const { createdAt, eventName, dataFields, campaignId, templateId } = data;
  const body = {
    _id: event.id,
    eventType: 'customEvent',
    eventName,
    ...(event.email === '' ? {} : { email: event.email }),
    ...(event.userId === undefined ? {} : { userId: event.userId }),
    createdAt: iterableTime(createdAt * 1000),
    dataFields,
    campaignId: campaignId ?? undefined,
    templateId: templateId ?? undefined,
  };
  return [{ atMs: createdAt * 1000, body }];
}

function systemEvent(user: StoredUser, event: SystemEvent): { atMs: number; body: unknown } {
  const { eventName: eventType, createdAtMs, ...details } = event;
  const email = user.profile.latest?.email;
  return { atMs: createdAtMs, body: { eventType, email, createdAt: iterableTime(createdAtMs), ...details } };
}

function list(
  world: World,
  ids: { email?: string | undefined; userId?: string | undefined },
  call: Call,
): Answer {
  const limit = Number(call.query.get('limit') ?? 30);
  if (!Number.isInteger(limit) || limit < 1 || limit > 200) throw badParams('limit must be from 1 to 200');
  const nowMs = world.nowMs;
  const email = ids.email?.toLowerCase();
  const user = world.users.readable(nowMs, { email, userId: ids.userId });
  if (user === undefined) return json({ events: [] });
  const all = [
    ...(user.events ?? []).flatMap((event) => customEvent(event, nowMs)),
    ...(user.systemEvents ?? [])
      .filter(({ createdAtMs }) => createdAtMs + world.settings.readableAfterMs.events <= nowMs)
      .map((event) => systemEvent(user, event)),
  ];
  const newest = all.sort((a, b) => b.atMs - a.atMs).slice(0, limit);
  return json({ events: newest.map(({ body }) => body) });
}

export const EVENT_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/events/track',
    limit: perSecond(2000),
    handle: withBody(TrackedEvent, track),
  },
  {
    method: 'POST',
    path: '/api/events/trackBulk',
    limit: perSecond(10),
    handle: withBody(TrackedEvents, (world, body) => trackBulk(world, body.events)),
  },
  {
    method: 'GET',
    path: '/api/events/byUserId/{userId}',
    limit: perSecond(100),
    handle: (world, call) => list(world, { userId: call.params['userId'] }, call),
  },
  {
    method: 'GET',
    path: '/api/events/{email}',
    limit: perSecond(100),
    handle: (world, call) => list(world, { email: call.params['email'] }, call),
  },
];
