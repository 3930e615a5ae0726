/** The lines of an extract, one after the other: the whole file never stands in memory. */
import type { StoredActivity } from './activity-log.js';
import { formatDate } from './dates.js';
import type { ExportRequest } from './export-request.js';
import { valueIn } from './fields.js';
import type { FieldValue } from './interface.js';
import { attributesOf, guidOf, primaryValueOf } from './render.js';
import type { MarketoSettings } from './settings.js';
import type { Position } from './tokens.js';
import type { World } from './world.js';

const SEPARATORS = { CSV: ',', TSV: '\t', SSV: ';' } as const;
/** What cells of real extracts have held: quotes, line breaks, carriage returns, NUL. */
const HOSTILE = ' "quoted", \r next\r\nline\u0000';
const DELETED = 37;
const PAGE = 1000;

function cell(value: FieldValue | undefined, separator: string): string {
  const text = value == null ? 'null' : String(value);
  const needsQuotes = text.includes(separator) || /["\r\n\0]/.test(text);
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}

function line(values: readonly (FieldValue | undefined)[], separator: string): string {
  return `${values.map((value) => cell(value, separator)).join(separator)}\n`;
}

function activityCell(activity: StoredActivity, column: string, settings: MarketoSettings): FieldValue {
  switch (column) {
    case 'marketoGUID':
      return guidOf(activity);
    case 'leadId':
      return activity.leadId;
    case 'activityDate':
      return formatDate(activity.atMs, 'zulu');
    case 'activityTypeId':
      return activity.typeId;
    case 'campaignId':
      return activity.campaignId ?? null;
    case 'primaryAttributeValueId':
      return activity.primaryId ?? null;
    case 'primaryAttributeValue':
      return primaryValueOf(activity, settings) ?? null;
    case 'attributes':
      return JSON.stringify(withTraps(attributesOf(activity, settings), settings));
    default:
      return 'succeeded';
  }
}

function withTraps(
  attributes: Readonly<Record<string, FieldValue>>,
  { hostileCells }: MarketoSettings,
): Readonly<Record<string, FieldValue>> {
  return hostileCells ? { ...attributes, 'Referrer URL': `https://example.com/?q=${HOSTILE}` } : attributes;
}

function isWanted(activity: StoredActivity, request: ExportRequest, settings: MarketoSettings): boolean {
  const { typeIds, values, valueIds, span } = request;
  if (activity.typeId === DELETED || activity.atMs < span.fromMs || activity.atMs > span.toMs) return false;
  if (typeIds !== undefined && !typeIds.includes(activity.typeId)) return false;
  if (values !== undefined) return values.includes(primaryValueOf(activity, settings) ?? '');
  return valueIds === undefined || valueIds.includes(activity.primaryId ?? -1);
}

/** What can be read when it begins; what comes later is left out. */
function* wantedActivities(world: World, request: ExportRequest): Generator<StoredActivity> {
  const { nowMs, log, settings } = world;
  const { written } = log;
  let position: Position = { atMs: request.span.fromMs, seq: 0 };
  for (let isMore = true; isMore;) {
    const page = log.scan(position, { nowMs, most: PAGE, keep: PAGE }, (activity) =>
      isWanted(activity, request, settings),
    );
    for (const activity of page.found) if (activity.seq <= written) yield activity;
    position = page.end;
    isMore = page.isMore && position.atMs <= request.span.toMs;
  }
}

function* activityLines(world: World, request: ExportRequest, separator: string): Generator<string> {
  for (const activity of wantedActivities(world, request)) {
    yield line(
      request.columns.map((column) => activityCell(activity, column, world.settings)),
      separator,
    );
  }
}

function* leadLines(world: World, request: ExportRequest, separator: string): Generator<string> {
  const { settings } = world;
  const { span, columns, by } = request;
  const plainDates = { ...settings, dates: 'zulu' } as const;
  for (const lead of world.leads.all()) {
    const atMs = by === 'createdAt' ? lead.createdAtMs : lead.updatedAtMs;
    if (atMs < span.fromMs || atMs > span.toMs) continue;
    const values = columns.map((column) => {
      const value = valueIn(lead, column, plainDates);
      return settings.hostileCells && column === 'unsubscribedReason' ? `${String(value)}${HOSTILE}` : value;
    });
    yield line(values, separator);
  }
}

/** The head line, then one line for each record. */
export function* exportLines(world: World, request: ExportRequest): Generator<string> {
  const separator = SEPARATORS[request.format];
  yield line(
    request.columns.map((column) => request.headers[column] ?? column),
    separator,
  );
  if (request.kind === 'leads') yield* leadLines(world, request, separator);
  else yield* activityLines(world, request, separator);
}
