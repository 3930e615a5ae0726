/** What a finished statement left: columns, partitions, counts. Parsed where it comes in. */
import { z } from 'zod';
import type { Reply } from './client.js';
import { WireColumn } from './cells.js';

const Count = z.number().int().nonnegative();
const Stats = z.object({
  numRowsInserted: Count.optional(),
  numRowsUpdated: Count.optional(),
  numRowsDeleted: Count.optional(),
});

const Rows = z.array(z.array(z.string().nullable()));
export type Rows = z.infer<typeof Rows>;

/** @see https://docs.snowflake.com/en/developer-guide/sql-api/reference#label-sql-api-reference-resultset */
const ResultSet = z.object({
  statementHandle: z.string(),
  /** Of a request with several statements, in their order. */
  statementHandles: z.array(z.string()).optional(),
  resultSetMetaData: z.object({
    numRows: Count,
    rowType: z.array(WireColumn),
    partitionInfo: z.array(z.object({ rowCount: Count })).default([]),
    stats: Stats.optional(),
  }),
  data: Rows,
  stats: Stats.optional(),
});
export type ResultSet = z.infer<typeof ResultSet>;

/** Nothing for an answer of another shape. */
export function resultSetOf(reply: Reply): ResultSet | undefined {
  return reply.kind === 'answer' ? ResultSet.safeParse(reply.body).data : undefined;
}

/** The rows of a partition that is not the first; an empty body has none. */
export function rowsOf(reply: Reply): Rows | undefined {
  if (reply.kind !== 'answer') return undefined;
  if (reply.body === '') return [];
  return z.object({ data: Rows }).safeParse(reply.body).data?.data;
}

const COUNT_COLUMN = /^number of rows (inserted|updated|deleted)$/i;

/**
 * Rows inserted, changed or deleted: from the counts beside the result, which may be missing or stand in another
 * place, else from its one row.
 */
export function rowsChanged({ stats, resultSetMetaData: meta, data }: ResultSet): number | undefined {
  const { numRowsInserted, numRowsUpdated, numRowsDeleted } = stats ?? meta.stats ?? {};
  const counts = [numRowsInserted, numRowsUpdated, numRowsDeleted].filter((count) => count !== undefined);
  if (counts.length > 0) return counts.reduce((sum, count) => sum + count, 0);
  const [row] = data;
  const cells = meta.rowType.flatMap(({ name }, index) =>
    COUNT_COLUMN.test(name) ? [Number(row?.[index])] : [],
  );
  return cells.length === 0 ? undefined : cells.reduce((sum, count) => sum + count, 0);
}
