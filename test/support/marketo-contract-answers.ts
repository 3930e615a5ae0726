/**
 * What Marketo's published description says of answers, in our own words, following what is known of real ones where
 * the description is too strict: `errors`, `warnings`, `result` and `id` of activities may be absent, and the value of
 * an attribute is any scalar.
 */
import { z } from 'zod';

export const pagingToken = z.string().regex(/^[A-Z2-7]+=*$/);

/** Where a value differs, never the value itself. */
export function issues(schema: z.ZodType, value: unknown): string[] {
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
    nextPageToken: pagingToken.optional(),
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
