/** Activities as the API writes them. */
import type { Change, StoredActivity } from './activity-log.js';
import { dateForm, formatDate } from './dates.js';
import { leadField } from './fields.js';
import type { FieldValue } from './interface.js';
import type { MarketoSettings } from './settings.js';

const BEYOND_INT32 = 10_000_000_000;

/** At most 128 characters; the only key that an activity has. */
export const guidOf = ({ seq, leadId }: StoredActivity): string =>
  `${leadId.toString(16).padStart(8, '0')}-${seq.toString(16).padStart(12, '0')}`;

function idOf({ seq }: StoredActivity, settings: MarketoSettings): { id?: number } {
  switch (settings.activityIds) {
    case 'absent':
      return {};
    case 'present':
      return { id: seq };
    case 'repeated':
      return { id: 1 + Math.floor(seq / 10) };
    case 'beyond-int32':
      return { id: BEYOND_INT32 + seq };
  }
}

const BOOLEANS = { True: ['False', 'True'], true: ['false', 'true'], '1': ['0', '1'] } as const;
const MIXED = ['True', 'true', '1'] as const;

/** A changed value, which is always a string; nothing where there was none. */
export function changedValue(value: FieldValue, settings: MarketoSettings, nth: number): string | undefined {
  if (value === null) return undefined;
  if (typeof value !== 'boolean') return String(value);
  const { changedBooleans } = settings;
  const form = changedBooleans === 'mixed' ? (MIXED[nth % MIXED.length] ?? 'True') : changedBooleans;
  return BOOLEANS[form][value ? 1 : 0];
}

/** Attributes by their names, empty ones left out. */
export function attributesOf(
  activity: StoredActivity,
  settings: MarketoSettings,
): Readonly<Record<string, Exclude<FieldValue, null>>> {
  const { change, attributes, seq } = activity;
  const changed =
    change === undefined
      ? {}
      : {
          'New Value': changedValue(change.to, settings, seq) ?? '',
          'Old Value': changedValue(change.from, settings, seq) ?? '',
        };
  const filled = Object.entries<FieldValue>({ ...changed, ...attributes }).flatMap(([name, value]) =>
    value === null ? [] : [[name, settings.attributeValues === 'strings' ? String(value) : value] as const],
  );
  return Object.fromEntries(filled);
}

export function primaryValueOf(activity: StoredActivity, settings: MarketoSettings): string | undefined {
  if (activity.change === undefined) return activity.primary;
  return leadField(settings, activity.change.field)?.displayName ?? activity.change.field;
}

function headOf(activity: StoredActivity, settings: MarketoSettings): Record<string, unknown> {
  const { leadId, atMs, typeId, campaignId, seq } = activity;
  return {
    ...idOf(activity, settings),
    marketoGUID: guidOf(activity),
    leadId,
    activityDate: formatDate(atMs, dateForm(settings.dates, seq)),
    activityTypeId: typeId,
    ...(campaignId === undefined ? {} : { campaignId }),
  };
}

const asList = (attributes: Readonly<Record<string, FieldValue>>): readonly Record<string, FieldValue>[] =>
  Object.entries(attributes).map(([name, value]) => ({ name, value }));

export function activityJson(activity: StoredActivity, settings: MarketoSettings): Record<string, unknown> {
  const primary = primaryValueOf(activity, settings);
  return {
    ...headOf(activity, settings),
    ...(activity.primaryId === undefined ? {} : { primaryAttributeValueId: activity.primaryId }),
    ...(primary === undefined ? {} : { primaryAttributeValue: primary }),
    attributes: asList(attributesOf(activity, settings)),
  };
}

/** What fields changed of one lead in one act; of a new lead none, with its attributes in lower case. */
export function leadChangeJson(
  activities: readonly [StoredActivity, ...StoredActivity[]],
  settings: MarketoSettings,
): Record<string, unknown> {
  const [first] = activities;
  const changes = activities.flatMap(({ change, seq }) => (change === undefined ? [] : [{ change, seq }]));
  const attributes =
    first.change === undefined
      ? Object.entries(first.attributes).map(([name, value]) => [name.toLowerCase(), value] as const)
      : Object.entries({ ...first.attributes, 'Lead ID': first.leadId });
  return {
    ...headOf(first, settings),
    fields: changes.map(({ change, seq }) => fieldJson(change, seq, settings)),
    attributes: asList(Object.fromEntries(attributes)),
  };
}

function fieldJson(
  { field, from, to }: Change,
  seq: number,
  settings: MarketoSettings,
): Record<string, unknown> {
  const oldValue = changedValue(from, settings, seq);
  return {
    id: leadField(settings, field)?.id ?? 0,
    name: field,
    newValue: changedValue(to, settings, seq) ?? '',
    ...(oldValue === undefined ? {} : { oldValue }),
  };
}
