/** What Marketo's published description says of requests, in our own words: each that a client sends can be held to it. */
import { z } from 'zod';
import type { RecordedRequest } from '../../sandbox/marketo/index.js';
import { issues, pagingToken } from './marketo-contract-answers.js';

const wholeNumber = z.string().regex(/^\d+$/);
const listOf = (value: z.ZodString, most: number): z.ZodType =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(value).min(1).max(most));
const ids = (most: number): z.ZodType => listOf(wholeNumber, most);
const names = listOf(z.string().regex(/^\w+$/), 1000);
const batchSize = z.coerce.number().int().min(1).max(300);
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

const paged = { nextPageToken: pagingToken, batchSize: batchSize.optional() };
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
      nextPageToken: pagingToken.optional(),
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
    ...(isForm && type?.startsWith('application/x-www-form-urlencoded') !== true ? ['body: not a form'] : []),
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
