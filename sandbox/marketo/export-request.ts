/**
 * What an extract is asked for, checked.
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-activity-extract
 */
import { z } from 'zod';
import { Refusal } from './answers.js';
import { readDate } from './dates.js';
import { leadField } from './fields.js';
import type { MarketoSettings } from './settings.js';

export type ExportKind = 'activities' | 'leads';

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ExportRequest {
  readonly kind: ExportKind;
  readonly format: 'CSV' | 'TSV' | 'SSV';
  readonly columns: readonly string[];
  /** Column names in the file, where they differ. */
  readonly headers: Readonly<Record<string, string>>;
  readonly span: Span;
  /** Of leads: by which of their times. */
  readonly by: 'createdAt' | 'updatedAt';
  readonly typeIds?: readonly number[];
  readonly values?: readonly string[];
  readonly valueIds?: readonly number[];
}

export const ACTIVITY_COLUMNS = [
  'marketoGUID',
  'leadId',
  'activityDate',
  'activityTypeId',
  'campaignId',
  'primaryAttributeValueId',
  'primaryAttributeValue',
  'attributes',
] as const;
const ON_REQUEST = ['actionResult'];

/** Activity types whose primary attribute can be filtered by. */
const FILTERABLE = new Set([13, 22, 104, 24, 25, 2]);
const MOST_FILTER_VALUES = 50;
const LONGEST_SPAN_MS = 31 * 86_400_000;

const Range = z.object({ startAt: z.string(), endAt: z.string() });
const Common = {
  format: z.enum(['CSV', 'TSV', 'SSV']).default('CSV'),
  columnHeaderNames: z.record(z.string(), z.string()).default({}),
};
const Activities = z.object({
  ...Common,
  fields: z.array(z.string()).min(1).optional(),
  filter: z.object({
    createdAt: Range,
    activityTypeIds: z.array(z.int()).optional(),
    primaryAttributeValues: z.array(z.string()).optional(),
    primaryAttributeValueIds: z.array(z.int()).optional(),
  }),
});
const Leads = z.object({
  ...Common,
  fields: z.array(z.string()).min(1),
  filter: z.record(z.string(), z.unknown()),
});

/** @throws Refusal 609 for what is not JSON, 1002 for what is missing, 1003 for what is wrong */
function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  if (body === undefined) throw new Refusal('609', 'Invalid JSON');
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue?.path.map(String).join('.') ?? '';
  const isMissing = issue?.code === 'invalid_type' && issue.message.includes('undefined');
  throw new Refusal(isMissing ? '1002' : '1003', `${isMissing ? 'Missing' : 'Invalid'} value: ${place}`);
}

function spanOf({ startAt, endAt }: z.infer<typeof Range>): Span {
  const [fromMs, toMs] = [startAt, endAt].map((text) => (text.includes('.') ? undefined : readDate(text)));
  if (fromMs === undefined || toMs === undefined) {
    throw new Refusal('1003', 'Invalid date: ISO 8601 with a zone and without milliseconds');
  }
  if (toMs < fromMs || toMs - fromMs > LONGEST_SPAN_MS) {
    throw new Refusal('1003', 'Date range must not exceed 31 days');
  }
  return { fromMs, toMs };
}

export function activityRequest(body: unknown): ExportRequest {
  const { format, fields, columnHeaderNames: headers, filter } = parse(Activities, body);
  const columns = fields ?? ACTIVITY_COLUMNS;
  const known: readonly string[] = [...ACTIVITY_COLUMNS, ...ON_REQUEST];
  const unknown = columns.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Refusal('1003', `Invalid field '${unknown}'`);
  const { activityTypeIds: typeIds, primaryAttributeValues: values } = filter;
  const valueIds = filter.primaryAttributeValueIds;
  if (typeIds?.includes(37) === true) throw new Refusal('1003', 'Activity type 37 cannot be exported');
  checkValueFilter(typeIds, values, valueIds);
  return {
    kind: 'activities',
    format,
    columns,
    headers,
    span: spanOf(filter.createdAt),
    by: 'createdAt',
    ...(typeIds === undefined ? {} : { typeIds }),
    ...(values === undefined ? {} : { values }),
    ...(valueIds === undefined ? {} : { valueIds }),
  };
}

function checkValueFilter(
  typeIds: readonly number[] | undefined,
  values: readonly string[] | undefined,
  valueIds: readonly number[] | undefined,
): void {
  const filter = values ?? valueIds;
  if (filter === undefined) return;
  if (values !== undefined && valueIds !== undefined) throw new Refusal('1003', 'One kind of value filter');
  if (filter.length > MOST_FILTER_VALUES) throw new Refusal('1003', 'At most 50 values');
  if (typeIds?.every((id) => FILTERABLE.has(id)) !== true) {
    throw new Refusal('1003', 'Value filters need activityTypeIds that support them');
  }
}

const LEAD_FILTERS = new Set([
  'createdAt',
  'updatedAt',
  'staticListName',
  'staticListId',
  'smartListName',
  'smartListId',
]);

export function leadRequest(body: unknown, settings: MarketoSettings): ExportRequest {
  const { format, fields: columns, columnHeaderNames: headers, filter } = parse(Leads, body);
  const unknown = columns.find((name) => leadField(settings, name) === undefined);
  if (unknown !== undefined) throw new Refusal('1006', `Field '${unknown}' not found`);
  const names = Object.keys(filter);
  const [by] = names;
  if (names.length !== 1 || by === undefined || !LEAD_FILTERS.has(by)) {
    throw new Refusal('1003', 'Exactly one filter');
  }
  if (by === 'updatedAt' && !settings.updatedAtFilter) {
    throw new Refusal('1035', 'Unsupported filter type for target subscription: updatedAt');
  }
  if (by !== 'createdAt' && by !== 'updatedAt') throw new Refusal('1013', 'List not found');
  return { kind: 'leads', format, columns, headers, span: spanOf(parse(Range, filter[by])), by };
}
