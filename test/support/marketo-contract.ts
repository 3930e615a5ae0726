/**
 * What Marketo's published description says of requests and answers, in our own words. Answers follow what is known
 * of real ones where the description is too strict: `errors`, `warnings`, `result` and `id` of activities may be
 * absent, and the value of an attribute is any scalar.
 */
import { z } from 'zod';
import type { RecordedRequest } from '../../sandbox/marketo/index.js';

const wholeNumber = z.string().regex(/^\d+$/);
const listOf = (value: z.ZodString, most: number): z.ZodType =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(value).min(1).max(most));
const ids = (most: number): z.ZodType => listOf(wholeNumber, most);
const names = listOf(z.string().regex(/^\w+$/), 1000);
const batchSize = z.coerce.number().int().min(1).max(300);
const token = z.string().regex(/^[A-Z2-7]+=*$/);
const whole = z.iso.datetime({ offset: true });
/** Bulk filters take no milliseconds. */
const wholeSecond = whole.refine((text) => !text.includes('.'), 'has milliseconds');

const LONGEST_SPAN_MS = 31 * 86_400_000;
const span = z
  .strictObject({ startAt: wholeSecond, endAt: wholeSecond })
  .refine(({ startAt, endAt }) => Date.parse(endAt) - Date.parse(startAt) <= LONGEST_SPAN_MS, 'too long');
const exportHead = {
  format: z.enum(['CSV', 'TSV', 'SSV']).optional(),
  columnHeaderNames: z.record(z.string(), z.string()).optional(),
};
const ActivityExport = z.strictObject({
  ...exportHead,
  fields: z.array(z.string()).min(1).optional(),
  filter: z
    .strictObject({
      createdAt: span,
      activityTypeIds: z.array(z.int()).min(1).optional(),
      primaryAttributeValues: z.array(z.string()).min(1).max(50).optional(),
      primaryAttributeValueIds: z.array(z.int()).min(1).max(50).optional(),
    })
    .refine((filter) => !('primaryAttributeValues' in filter && 'primaryAttributeValueIds' in filter)),
});
const LeadExport = z.strictObject({
  ...exportHead,
  fields: z.array(z.string()).min(1),
  filter: z.union([z.strictObject({ createdAt: span }), z.strictObject({ updatedAt: span })]),
});

interface Rule {
  readonly parameters?: z.ZodType;
  readonly body?: z.ZodType;
}

const paged = { nextPageToken: token, batchSize: batchSize.optional() };
const jobRules = (kind: string, body: z.ZodType): Readonly<Record<string, Rule>> => ({
  [`GET /bulk/v1/${kind}/export.json`]: { parameters: z.strictObject({ status: names.optional() }) },
  [`POST /bulk/v1/${kind}/export/create.json`]: { body },
  [`POST /bulk/v1/${kind}/export/{exportId}/enqueue.json`]: {},
  [`POST /bulk/v1/${kind}/export/{exportId}/cancel.json`]: {},
  [`GET /bulk/v1/${kind}/export/{exportId}/status.json`]: {},
  [`GET /bulk/v1/${kind}/export/{exportId}/file.json`]: {},
});

const RULES: Readonly<Record<string, Rule>> = {
  'GET /rest/v1/activities/pagingtoken.json': { parameters: z.strictObject({ sinceDatetime: whole }) },
  'GET /rest/v1/activities.json': {
    parameters: z.strictObject({
      ...paged,
      activityTypeIds: ids(10),
      leadIds: ids(30).optional(),
      assetIds: ids(300).optional(),
    }),
  },
  'GET /rest/v1/activities/leadchanges.json': {
    parameters: z.strictObject({ ...paged, fields: names, leadIds: ids(30).optional() }),
  },
  'GET /rest/v1/activities/deletedleads.json': { parameters: z.strictObject(paged) },
  'GET /rest/v1/activities/types.json': {},
  'GET /rest/v1/leads.json': {
    parameters: z.strictObject({
      filterType: z.enum(['id', 'email']),
      filterValues: listOf(z.string().min(1), 300),
      fields: names.optional(),
      batchSize: batchSize.optional(),
      nextPageToken: token.optional(),
    }),
  },
  'GET /rest/v1/lead/{id}.json': { parameters: z.strictObject({ fields: names.optional() }) },
  'GET /rest/v1/leads/describe.json': {},
  'GET /rest/v1/leads/schema/fields/{name}.json': {},
  'GET /rest/v1/stats/usage.json': {},
  'GET /rest/v1/stats/usage/last7days.json': {},
  'GET /rest/v1/stats/errors.json': {},
  'GET /rest/v1/stats/errors/last7days.json': {},
  ...jobRules('activities', ActivityExport),
  ...jobRules('leads', LeadExport),
};

/** What the contract covers, for tests that walk the endpoints. */
export const COVERED_MARKETO: readonly string[] = Object.keys(RULES);

type Recorded = Pick<
  RecordedRequest,
  'method' | 'path' | 'route' | 'query' | 'headers' | 'body' | 'uriBytes' | 'rawBytes'
>;

const IDENTITY = z.strictObject({
  grant_type: z.literal('client_credentials'),
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
});
const MAX_URI_BYTES = 8000;
const NOTHING = z.strictObject({});

/**
 * Checks that a request is one that Marketo documents.
 * @throws Error naming the endpoint and the place of each fault, never a value
 */
export function expectValidMarketoRequest(request: Recorded): void {
  const { _method: override, ...query } = request.query;
  const method = request.method === 'POST' && override === 'GET' ? 'GET' : request.method;
  const endpoint = `${method} ${request.route ?? '(an address that Marketo does not have)'}`;
  const parameters = { ...query, ...(override === undefined ? {} : formOf(request.body)) };
  const faults =
    request.route === '/identity/oauth/token'
      ? issues(IDENTITY, { ...query, ...formOf(request.body) })
      : [...transportFaults(request), ...ruleFaults(endpoint, parameters, request)];
  if (request.path.includes('//')) faults.push('path: holds //');
  if (faults.length > 0) {
    throw new Error(`${endpoint} is not a request that Marketo documents: ${faults.join('; ')}`);
  }
}

const formOf = (body: unknown): Readonly<Record<string, unknown>> =>
  z.record(z.string(), z.unknown()).catch({}).parse(body);

function transportFaults({ headers, query, uriBytes, rawBytes }: Recorded): string[] {
  const type = headers['content-type'];
  const isForm = '_method' in query;
  return [
    ...(headers.authorization?.startsWith('Bearer ') === true ? [] : ['header Authorization: not Bearer']),
    ...('access_token' in query ? ['access_token: in the query'] : []),
    ...(uriBytes > MAX_URI_BYTES ? ['URI: longer than 8 KB'] : []),
    ...(rawBytes > 0 && !isForm && type?.startsWith('application/json') !== true ? ['body: not JSON'] : []),
    ...(isForm && type !== 'application/x-www-form-urlencoded' ? ['body: not a form'] : []),
  ];
}

function ruleFaults(
  endpoint: string,
  parameters: Readonly<Record<string, unknown>>,
  request: Recorded,
): string[] {
  const rule = RULES[endpoint];
  if (rule === undefined) return ['no such endpoint'];
  const isForm = '_method' in request.query;
  const hasBody = request.body !== undefined && !isForm;
  return [
    ...issues(rule.parameters ?? NOTHING, parameters),
    ...(rule.body === undefined
      ? hasBody
        ? ['body: none is documented']
        : []
      : issues(rule.body, request.body)),
  ];
}

function issues(schema: z.ZodType, value: unknown): string[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  return result.error.issues.map(({ path, code }) => `${path.map(String).join('.') || 'request'}: ${code}`);
}

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const marketoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:?\d{2}|Z\+0000)?$/);
const activityHead = {
  id: z.int().optional(),
  marketoGUID: z.string().max(128),
  leadId: z.int(),
  activityDate: marketoDate,
  activityTypeId: z.int(),
  campaignId: z.int().optional(),
  attributes: z.array(z.strictObject({ name: z.string(), apiName: z.string().optional(), value: scalar })),
};
const Activity = z.strictObject({
  ...activityHead,
  primaryAttributeValueId: z.int().optional(),
  primaryAttributeValue: z.string().optional(),
});
const LeadChange = z.strictObject({
  ...activityHead,
  fields: z.array(
    z.strictObject({
      id: z.int(),
      name: z.string(),
      newValue: z.string(),
      oldValue: z.string().optional(),
    }),
  ),
});
const typeAttribute = z.strictObject({ name: z.string(), dataType: z.string() });
const ActivityType = z.strictObject({
  id: z.int(),
  name: z.string(),
  description: z.string(),
  primaryAttribute: typeAttribute.optional(),
  attributes: z.array(typeAttribute),
});
const Lead = z.object({ id: z.int() }).catchall(z.union([scalar, z.null()]));
const Described = z.strictObject({
  id: z.int(),
  displayName: z.string(),
  dataType: z.string(),
  length: z.int().optional(),
  rest: z.strictObject({ name: z.string(), readOnly: z.boolean() }).optional(),
});
const SchemaField = z.strictObject({
  displayName: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  dataType: z.string(),
  length: z.int().optional(),
  isHidden: z.boolean(),
  isHtmlEncodingInEmail: z.boolean(),
  isSensitive: z.boolean(),
  isCustom: z.boolean(),
  isApiCreated: z.boolean(),
});
const UsageData = z.strictObject({
  date: z.string(),
  total: z.int(),
  users: z.array(z.strictObject({ userId: z.string(), count: z.int() })),
});
const ErrorsData = z.strictObject({
  date: z.string(),
  total: z.int(),
  errors: z.array(z.strictObject({ errorCode: z.string(), count: z.int() })),
});
const ExportJob = z.strictObject({
  exportId: z.string(),
  format: z.enum(['CSV', 'TSV', 'SSV']),
  status: z.enum(['Created', 'Queued', 'Processing', 'Canceled', 'Cancelled', 'Completed', 'Failed']),
  createdAt: marketoDate,
  queuedAt: marketoDate.optional(),
  startedAt: marketoDate.optional(),
  finishedAt: marketoDate.optional(),
  numberOfRecords: z.int().optional(),
  fileSize: z.int().optional(),
  fileChecksum: z.string().startsWith('sha256:').optional(),
  errorMsg: z.string().optional(),
});

const RESULTS: readonly (readonly [path: RegExp, result: z.ZodType])[] = [
  [/activities\/types/, ActivityType],
  [/leadchanges/, LeadChange],
  [/\/activities(\/deletedleads)?\.json$/, Activity],
  [/describe/, Described],
  [/schema\/fields/, SchemaField],
  [/stats\/usage/, UsageData],
  [/stats\/errors/, ErrorsData],
  [/export/, ExportJob],
  [/\/leads?[./]/, Lead],
];

/**
 * Checks that an answer is one that Marketo documents.
 * @param path as sent, or the endpoint's
 */
export function expectValidMarketoAnswer(path: string, body: unknown): void {
  const result = RESULTS.find(([pattern]) => pattern.test(path))?.[1] ?? z.never();
  const Envelope = z.strictObject({
    requestId: z.string(),
    success: z.boolean(),
    result: z.array(result).optional(),
    nextPageToken: token.optional(),
    moreResult: z.boolean().optional(),
    errors: z.array(z.strictObject({ code: z.string(), message: z.string() })).optional(),
    warnings: z
      .array(z.union([z.string(), z.strictObject({ code: z.int(), message: z.string() })]))
      .optional(),
  });
  const faults = issues(Envelope, body);
  if (faults.length > 0)
    throw new Error(`${path}: not an answer that Marketo documents: ${faults.join('; ')}`);
}
