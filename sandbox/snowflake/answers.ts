/** The bodies of the SQL API. @see https://docs.snowflake.com/en/developer-guide/sql-api/reference */
import { gunzipSync } from 'node:zlib';
import type { StoredResult } from './results.js';
import type { SnowflakeSettings } from './settings.js';
import type { SqlFailure } from './sql-errors.js';

export interface Answer {
  readonly status: number;
  /** JSON, or bytes that are compressed already; nothing: an empty body. */
  readonly body?: object | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What of a statement its answers name. */
export interface Named {
  readonly handle: string;
  readonly requestId: string;
  readonly createdAtMs: number;
}

const SUCCESS = { code: '090001', sqlState: '00000', message: 'Statement executed successfully.' };

const statusUrl = ({ handle, requestId }: Named): string =>
  `/api/v2/statements/${handle}?requestId=${requestId}`;

export const refused = (status: number, code: string, message: string): Answer => ({
  status,
  body: { code, message },
});

export function failed(
  { handle, requestId, createdAtMs }: Named,
  { code, sqlState, message }: SqlFailure,
): Answer {
  const common = { code, sqlState, message, statementHandle: handle };
  if (code !== '000630') return { status: 422, body: { ...common, createdOn: createdAtMs } };
  return {
    status: 408,
    body: { ...common, statementStatusUrl: statusUrl({ handle, requestId, createdAtMs }) },
  };
}

export function running(statement: Named, status: 202 | 429 = 202): Answer {
  const message =
    'Asynchronous execution in progress. Use provided query id to perform query monitoring and management.';
  const { handle } = statement;
  return {
    status,
    body: { code: '333334', message, statementHandle: handle, statementStatusUrl: statusUrl(statement) },
  };
}

/** First partition, with everything about the result. */
export function resultSet(
  statement: Named,
  result: StoredResult,
  settings: SnowflakeSettings,
  handles?: readonly string[],
): Answer {
  const { statsIn } = settings;
  const stats = result.stats === undefined || statsIn === 'absent' ? {} : { stats: result.stats };
  const { columns, rowCount, partitions } = result;
  const body = {
    resultSetMetaData: {
      numRows: rowCount,
      format: 'jsonv2',
      rowType: columns,
      partitionInfo: partitions.map(({ rowCount: rows, uncompressedSize, compressed }, index) => ({
        rowCount: rows,
        uncompressedSize,
        ...(index === 0 ? {} : { compressedSize: compressed.length }),
      })),
      ...(statsIn === 'metadata' ? stats : {}),
    },
    data: rowsOf(partitions[0]?.compressed),
    ...SUCCESS,
    statementHandle: statement.handle,
    ...(handles === undefined ? {} : { statementHandles: handles }),
    createdOn: statement.createdAtMs,
    statementStatusUrl: statusUrl(statement),
    ...(statsIn === 'top-level' ? stats : {}),
  };
  return { status: 200, body, headers: { link: links(statement, partitions.length, 0) } };
}

/** Any other partition: rows and nothing else. */
export function laterPartition(statement: Named, result: StoredResult, index: number): Answer {
  const partition = result.partitions[index];
  if (partition === undefined)
    return refused(400, '390142', 'Incoming request does not contain a valid payload.');
  return {
    status: 200,
    body: partition.compressed,
    headers: { 'content-encoding': 'gzip', link: links(statement, result.partitions.length, index) },
  };
}

export function rowsOf(compressed: Buffer | undefined): readonly unknown[] {
  const parsed: unknown = compressed === undefined ? {} : JSON.parse(gunzipSync(compressed).toString());
  return typeof parsed === 'object' && parsed !== null && 'data' in parsed && Array.isArray(parsed.data)
    ? parsed.data
    : [];
}

export function cancelledAnswer(statement: Named): Answer {
  return {
    status: 200,
    body: {
      code: '000604',
      sqlState: '57014',
      message: 'SQL execution canceled',
      statementHandle: statement.handle,
      statementStatusUrl: statusUrl(statement),
    },
  };
}

function links(statement: Named, count: number, at: number): string {
  const link = (partition: number, rel: string): string =>
    `<${statusUrl(statement)}&partition=${partition}>; rel="${rel}"`;
  return [
    link(0, 'first'),
    link(count - 1, 'last'),
    ...(at + 1 < count ? [link(at + 1, 'next')] : []),
    ...(at > 0 ? [link(at - 1, 'prev')] : []),
  ].join(',');
}
