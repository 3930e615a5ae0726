/** What Snowflake documents of the SQL API's requests and answers, in our own words. */
import { z } from 'zod';
import type { RecordedRequest } from '../../sandbox/iterable/recorder.js';
import { snowflakeFaults } from './snowflake-parser.js';

const uuid = z.uuid();
const count = z.number().int().nonnegative();
const cell = z.string().nullable();

const StatusUrl = z.string().regex(/^\/api\/v2\/statements\/[\w-]+/);

export const QueryStatus = z.strictObject({
  code: z.string(),
  sqlState: z.string().optional(),
  message: z.string(),
  statementHandle: uuid,
  statementStatusUrl: StatusUrl,
});
export const QueryFailure = z.strictObject({
  code: z.string().regex(/^\d{6}$/),
  sqlState: z.string().length(5),
  message: z.string(),
  statementHandle: uuid,
  createdOn: count,
});
/** Of requests that never became a statement. */
export const Refused = z.strictObject({ code: z.string().regex(/^\d{6}$/), message: z.string() });
export const CancelStatus = QueryStatus.extend({ sqlState: z.string() });

const Stats = z.strictObject({
  numRowsInserted: count,
  numRowsUpdated: count,
  numRowsDeleted: count,
  numDuplicateRowsUpdated: count,
});
const RowType = z.strictObject({
  name: z.string().min(1),
  database: z.string(),
  schema: z.string(),
  table: z.string(),
  type: z
    .string()
    .regex(/^(fixed|real|text|boolean|date|time|timestamp_(ntz|ltz|tz)|binary|variant|object|array)$/i),
  scale: count.nullable(),
  precision: count.nullable(),
  length: count.nullable(),
  byteLength: count.nullable(),
  nullable: z.boolean(),
  collation: z.null(),
});
export const ResultSet = z.strictObject({
  resultSetMetaData: z.strictObject({
    numRows: count,
    format: z.literal('jsonv2'),
    rowType: z.array(RowType).min(1),
    partitionInfo: z.array(
      z.strictObject({ rowCount: count, uncompressedSize: count, compressedSize: count.optional() }),
    ),
    stats: Stats.optional(),
  }),
  data: z.array(z.array(cell)),
  code: z.literal('090001'),
  sqlState: z.literal('00000'),
  message: z.string(),
  statementHandle: uuid,
  statementHandles: z.array(uuid).optional(),
  createdOn: count,
  statementStatusUrl: StatusUrl,
  stats: Stats.optional(),
});
export type ResultSet = z.infer<typeof ResultSet>;
export const LaterPartition = z.strictObject({ data: z.array(z.array(cell)) });

const PARAMETERS = [
  'timezone',
  'query_tag',
  'binary_output_format',
  'date_output_format',
  'time_output_format',
  'timestamp_output_format',
  'timestamp_ltz_output_format',
  'timestamp_ntz_output_format',
  'timestamp_tz_output_format',
  'client_result_chunk_size',
  'rows_per_resultset',
  'use_cached_result',
  'multi_statement_count',
];
const BINDING_TYPES =
  'FIXED REAL DECFLOAT TEXT BINARY BOOLEAN DATE TIME TIMESTAMP_NTZ TIMESTAMP_LTZ TIMESTAMP_TZ'.split(' ');

const Body = z.strictObject({
  statement: z.string().min(1),
  timeout: count.max(604_800).optional(),
  database: z.string().optional(),
  schema: z.string().optional(),
  warehouse: z.string().optional(),
  role: z.string().optional(),
  bindings: z
    .record(z.string().regex(/^[1-9]\d*$/), z.strictObject({ type: z.enum(BINDING_TYPES), value: cell }))
    .optional(),
  parameters: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .refine((given) => Object.keys(given).every((name) => PARAMETERS.includes(name.toLowerCase())))
    .optional(),
});

const Headers = z.object({
  authorization: z.string().regex(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/),
  accept: z.enum(['application/json', '*/*']),
  'user-agent': z.string().regex(/^[\w.-]+\/[\w.-]+/),
  'x-snowflake-authorization-token-type': z.literal('KEYPAIR_JWT'),
});
const TypedHeaders = Headers.extend({ 'content-type': z.literal('application/json') });

/** `nullable=false` would make text of NULL: it is no part of our contract. */
const Requests: Readonly<Record<string, z.ZodType>> = {
  'POST /api/v2/statements': z.object({
    query: z.strictObject({
      requestId: uuid,
      async: z.literal('true').optional(),
      retry: z.literal('true').optional(),
    }),
    headers: TypedHeaders,
    body: Body,
  }),
  'GET /api/v2/statements/{handle}': z.object({
    query: z.strictObject({ partition: z.string().regex(/^\d+$/).optional() }),
    headers: Headers,
    body: z.undefined(),
  }),
  'POST /api/v2/statements/{handle}/cancel': z.object({
    query: z.strictObject({}),
    headers: Headers,
    body: z.undefined(),
  }),
};

/**
 * Checks that a request is one that Snowflake documents, and that its statements are SQL of Snowflake.
 * @throws Error naming the endpoint and the place of each fault
 */
export function expectSnowflakeRequest(request: RecordedRequest): void {
  const endpoint = `${request.method} ${request.route ?? request.path}`;
  const result = Requests[endpoint]?.safeParse(request);
  const faults = result?.error?.issues.map(({ path, code }) => `${path.map(String).join('.')}: ${code}`);
  const all = [...(result === undefined ? ['no such endpoint'] : (faults ?? [])), ...sqlFaults(request)];
  if (all.length > 0) throw new Error(`${endpoint}: ${all.join('; ')}`);
}

/** Parsing takes longer than the statements do, and most are sent many times. */
const good = new Set<string>();

function sqlFaults({ body }: RecordedRequest): readonly string[] {
  const parsed = Body.safeParse(body).data;
  if (parsed === undefined) return [];
  const { statement, bindings, parameters = {} } = parsed;
  const several = Object.keys(parameters).some((name) => name.toLowerCase() === 'multi_statement_count');
  const faults = good.has(statement) ? [] : snowflakeFaults(statement);
  if (faults.length === 0) good.add(statement);
  return [
    ...(several && bindings !== undefined ? ['bindings: none with several statements'] : []),
    ...faults.map((fault) => `${fault} in: ${statement}`),
  ];
}
