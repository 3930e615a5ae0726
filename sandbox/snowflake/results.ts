/** Finished results: cut into partitions, compressed, kept as they were. */
import { gzipSync } from 'node:zlib';
import type { DuckDBResult } from '@duckdb/node-api';
import { cellWriter, columnOf, type WireCell, type WireColumn } from './cells.js';
import type { SnowflakeSettings } from './settings.js';

export interface Partition {
  readonly rowCount: number;
  readonly uncompressedSize: number;
  readonly compressed: Buffer;
}

export interface StoredResult {
  readonly columns: readonly WireColumn[];
  readonly rowCount: number;
  /** At least one, which may be empty. */
  readonly partitions: readonly Partition[];
  readonly stats?: Readonly<Record<string, number>>;
}

type Row = readonly WireCell[];

export async function storeResult(result: DuckDBResult, settings: SnowflakeSettings): Promise<StoredResult> {
  const types = result.columnTypes();
  const columns = result.columnNames().map((name, index) => columnOf(name, typeAt(types, index), settings));
  const writers = types.map((type) => cellWriter(type, settings));
  const partitions: Partition[] = [];
  let rows: Row[] = [];
  for await (const chunk of result.yieldRows()) {
    for (const values of chunk) {
      rows.push(writers.map((write, index) => write(values[index] ?? null)));
      if (rows.length < sizeOf(partitions.length, settings)) continue;
      partitions.push(partitionOf(rows));
      rows = [];
    }
  }
  if (rows.length > 0 || partitions.length === 0) partitions.push(partitionOf(rows));
  return { columns, rowCount: partitions.reduce((sum, { rowCount }) => sum + rowCount, 0), partitions };
}

function typeAt<T>(types: readonly T[], index: number): T {
  const type = types[index];
  if (type === undefined) throw new Error('a column without a type');
  return type;
}

const sizeOf = (index: number, { rowsInFirstPartition, rowsPerPartition }: SnowflakeSettings): number =>
  index === 0 ? rowsInFirstPartition : rowsPerPartition;

function partitionOf(rows: readonly Row[]): Partition {
  const text = JSON.stringify(rows);
  return {
    rowCount: rows.length,
    uncompressedSize: Buffer.byteLength(text),
    compressed: gzipSync(JSON.stringify({ data: rows }), { level: 1 }),
  };
}

const FIXED = {
  database: '',
  schema: '',
  table: '',
  scale: 0,
  precision: 19,
  length: null,
  byteLength: null,
};

/** What DML answers: one row with the counts, each a column. */
export function countsResult(
  counts: ReadonlyMap<string, number>,
  stats: Readonly<Record<string, number>>,
): StoredResult {
  const columns = [...counts.keys()].map((name) => ({
    ...FIXED,
    name,
    type: 'fixed',
    nullable: false,
    collation: null,
  }));
  return { ...oneRow(columns, [...counts.values()].map(String)), stats };
}

/** What everything else answers: one row with a text. */
export function textResult(name: string, text: string): StoredResult {
  return oneRow(
    [{ ...FIXED, name, type: 'text', scale: null, precision: null, nullable: true, collation: null }],
    [text],
  );
}

function oneRow(columns: readonly WireColumn[], row: Row): StoredResult {
  return { columns, rowCount: 1, partitions: [partitionOf([row])] };
}
