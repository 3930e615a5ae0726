/**
 * Reading what happened. A call looks through a number of activities of all types and then leaves out what was not
 * asked for: pages can be empty although more follows.
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/activities
 */
import { Refusal, envelope } from '../answers.js';
import type { Answer } from '../answers.js';
import type { Scan, StoredActivity } from '../activity-log.js';
import { ACTIVITY_TYPES } from '../activity-types.js';
import { readDate, wholeSeconds } from '../dates.js';
import { leadField } from '../fields.js';
import { activityJson, leadChangeJson } from '../render.js';
import { atMost, batchSize, listOf, required, requiredList, wholeNumbers } from '../route.js';
import type { Call, Route } from '../route.js';
import { readToken, writeToken } from '../tokens.js';
import type { Position } from '../tokens.js';
import type { World } from '../world.js';

const MOST_TYPES = 10;
const MOST_LEADS = 30;
const CHANGE = 13;
const NEW_LEAD = 12;
const DELETED = 37;

function tokenFor(world: World, position: Position): string {
  return writeToken(position, world.tokens.generation, world.settings.pagingTokens);
}

/** @throws Refusal for a token that is damaged, or of a generation that is refused */
function positionOf(world: World, query: URLSearchParams): Position {
  const { generation, ...position } = readToken(required(query, 'nextPageToken'));
  if (generation !== world.tokens.generation)
    throw new Refusal(world.tokens.refusal, 'Invalid nextPageToken');
  return position;
}

function pagingToken(world: World, query: URLSearchParams): Answer {
  const atMs = readDate(required(query, 'sinceDatetime'));
  if (atMs === undefined) throw new Refusal('704', 'Invalid date value for sinceDatetime');
  return envelope({ nextPageToken: tokenFor(world, { atMs: wholeSeconds(atMs), seq: 0 }) });
}

function scan(world: World, query: URLSearchParams, wanted: (activity: StoredActivity) => boolean): Scan {
  const { settings, nowMs } = world;
  const limits = { nowMs, most: settings.scannedPerCall, keep: batchSize(query) };
  return world.log.scan(positionOf(world, query), limits, wanted);
}

function page(world: World, { end, isMore }: Scan, result: readonly unknown[]): Answer {
  const { emptyResult, dates, warnings } = world.settings;
  const warning = { code: 1, message: 'Dates without a zone are in UTC' };
  const shown = warnings === 'objects' ? warning : warning.message;
  return envelope({
    ...(result.length === 0 && emptyResult === 'absent' ? {} : { result }),
    nextPageToken: tokenFor(world, end),
    moreResult: isMore,
    ...(dates === 'no-zone' || dates === 'mixed' ? { warnings: [shown] } : {}),
  });
}

/** @throws Refusal 1013 for any list: the sandbox has none */
function leadFilter(query: URLSearchParams): (activity: StoredActivity) => boolean {
  if (query.get('listId') !== null) throw new Refusal('1013', 'List not found');
  const leadIds = new Set(wholeNumbers(atMost(listOf(query, 'leadIds'), 'leadIds', MOST_LEADS), 'leadIds'));
  return ({ leadId }) => leadIds.size === 0 || leadIds.has(leadId);
}

function activities(world: World, query: URLSearchParams): Answer {
  const names = requiredList(query, 'activityTypeIds', MOST_TYPES);
  const types = new Set(wholeNumbers(names, 'activityTypeIds'));
  const assets = new Set(wholeNumbers(listOf(query, 'assetIds'), 'assetIds'));
  if (assets.size > 0 && types.size > 1) throw new Refusal('1003', 'assetIds needs a single activity type');
  const ofLead = leadFilter(query);
  const scanned = scan(world, query, (activity) => {
    const isAsset = assets.size === 0 || assets.has(activity.primaryId ?? -1);
    return activity.typeId !== DELETED && types.has(activity.typeId) && isAsset && ofLead(activity);
  });
  return page(
    world,
    scanned,
    scanned.found.map((activity) => activityJson(activity, world.settings)),
  );
}

function leadChanges(world: World, query: URLSearchParams): Answer {
  const fields = new Set(requiredList(query, 'fields', Infinity));
  for (const name of fields) {
    if (leadField(world.settings, name) === undefined) throw new Refusal('1006', `Field '${name}' not found`);
  }
  const ofLead = leadFilter(query);
  const scanned = scan(world, query, (activity) => {
    const { typeId, change } = activity;
    const isChange = typeId === CHANGE && change !== undefined && fields.has(change.field);
    return (isChange || typeId === NEW_LEAD) && ofLead(activity);
  });
  const grouped = groups(scanned.found, world.settings.fieldsPerChange === 'several');
  return page(
    world,
    scanned,
    grouped.map((group) => leadChangeJson(group, world.settings)),
  );
}

type Group = [StoredActivity, ...StoredActivity[]];

/** Neighbours that one act wrote of one lead, if they are to stand together. */
function groups(found: readonly StoredActivity[], together: boolean): readonly Group[] {
  const made: Group[] = [];
  for (const activity of found) {
    const last = made.at(-1);
    const isOfLast = last?.[0].act === activity.act && last[0].typeId === activity.typeId;
    if (together && last !== undefined && isOfLast) last.push(activity);
    else made.push([activity]);
  }
  return made;
}

function deletedLeads(world: World, query: URLSearchParams): Answer {
  const scanned = scan(world, query, ({ typeId }) => typeId === DELETED);
  return page(
    world,
    scanned,
    scanned.found.map((activity) => activityJson(activity, world.settings)),
  );
}

const get = (path: string, answer: (world: World, query: URLSearchParams) => Answer): Route => ({
  method: 'GET',
  path,
  handle: ({ world }, { query }: Call) => answer(world, query),
});

export const ACTIVITY_ROUTES: readonly Route[] = [
  get('/rest/v1/activities/pagingtoken.json', pagingToken),
  get('/rest/v1/activities.json', activities),
  get('/rest/v1/activities/leadchanges.json', leadChanges),
  get('/rest/v1/activities/deletedleads.json', deletedLeads),
  get('/rest/v1/activities/types.json', () => envelope({ result: ACTIVITY_TYPES })),
];
