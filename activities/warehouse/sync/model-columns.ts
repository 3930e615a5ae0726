/** The columns that a model's SQL gives, and the expressions that make canonical text of them. */
import { ApplicationFailure } from '@temporalio/common';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { columnName, columnsOf, type MappedColumn } from '../../../domain/sync/columns.js';
import type { SyncModel } from '../../../domain/sync-model.js';
import type { Column, Dialect, Warehouse } from '../engine.js';
import { syncDialect } from './sync-dialect.js';

/** Name in capitals, and the engine's name of the type. */
export type SourceColumns = readonly (readonly [name: string, type: string])[];

export const sourceColumnsSchema = z.array(z.tuple([z.string(), z.string()]));

/** Asks the engine what the SQL gives, without reading a row. */
export async function describeModel(
  warehouse: Warehouse,
  sql: string,
  signal: AbortSignal,
): Promise<SourceColumns> {
  const { columns, batches } = await warehouse.read(
    { sql: `SELECT * FROM (${sql}) AS model WHERE 1 = 0` },
    signal,
  );
  for await (const rows of batches) if (rows.length > 0) throw new Error('rows where none were asked for');
  return columns.map(({ name, type }: Column) => [name.toUpperCase(), type] as const);
}

export interface ColumnDrift {
  readonly newColumns: readonly string[];
  readonly goneColumns: readonly string[];
  /** With both types: `NAME (text, was fixed)`. */
  readonly retypedColumns: readonly string[];
}

/** @param before of the last run; undefined when there was none */
export function driftOf(before: SourceColumns | undefined, now: SourceColumns): ColumnDrift {
  if (before === undefined) return { newColumns: [], goneColumns: [], retypedColumns: [] };
  const typesBefore = new Map(before);
  const typesNow = new Map(now);
  return {
    newColumns: now.filter(([name]) => !typesBefore.has(name)).map(([name]) => name),
    goneColumns: before.filter(([name]) => !typesNow.has(name)).map(([name]) => name),
    retypedColumns: now.flatMap(([name, type]) => {
      const was = typesBefore.get(name) ?? type;
      return was === type ? [] : [`${name} (${type}, was ${was})`];
    }),
  };
}

/** @throws ApplicationFailure `invalid-input`, not retryable, naming the columns that the SQL does not give */
export function requireColumns(model: SyncModel, source: SourceColumns): void {
  const given = new Set(source.map(([name]) => name));
  const wanted = [...model.key, model.email, ...columnsOf(model).map(({ column }) => column)];
  const missing = [...new Set(wanted.map((name) => name.toUpperCase()))].filter((name) => !given.has(name));
  if (missing.length === 0) return;
  throw ApplicationFailure.nonRetryable(
    `model ${model.name}: its SQL gives no column ${missing.join(', ')}`,
    'invalid-input',
  );
}

export interface ModelExpressions {
  /** NULL where any part of the key is. */
  readonly key: string;
  readonly email: string;
  /** One hash of everything that the mapping reads, as it stands: quick, and of use only against its own kind. */
  readonly rawHash: string;
  /** Canonical text of each mapped column, in the order of `columnsOf`. */
  readonly cells: readonly string[];
  readonly columns: readonly MappedColumn[];
  /** Names of the cells, and a short name for that list. */
  readonly columnNames: readonly string[];
  readonly columnsId: string;
}

/** @param from prefix of the columns, such as `model.` */
export function expressionsOf(
  model: SyncModel,
  source: SourceColumns,
  warehouse: Warehouse,
  from: string,
): ModelExpressions {
  const { dialect } = warehouse;
  const types = new Map(source);
  const columns = columnsOf(model);
  const columnNames = columns.map(columnName);
  const columnsId = createHash('sha256').update(JSON.stringify(columnNames)).digest('hex').slice(0, 16);
  const raw = [
    ...new Set([model.email, ...columns.map(({ column }) => column)].map((name) => name.toUpperCase())),
  ];
  const hashed = [dialect.text(columnsId), ...raw.map((name) => `${from}${name}`)].join(', ');
  return {
    key: keyExpression(model, dialect, from),
    email: addressExpression(`${from}${model.email}`, dialect),
    // Both engines have this function, each with values of its own.
    rawHash: `CAST(hash(${hashed}) AS ${dialect.types.text})`,
    cells: columns.map((column) =>
      cellExpression(column, types.get(column.column.toUpperCase()) ?? 'text', warehouse, from),
    ),
    columns,
    columnNames,
    columnsId,
  };
}

function addressExpression(column: string, { types }: Dialect): string {
  return `lower(trim(CAST(${column} AS ${types.text})))`;
}

/** One column as it is; several with their lengths, so that no two keys give one text. */
function keyExpression(model: SyncModel, dialect: Dialect, from: string): string {
  const parts = model.key.map((name) =>
    name.toUpperCase() === model.email.toUpperCase()
      ? addressExpression(`${from}${name}`, dialect)
      : `CAST(${from}${name} AS ${dialect.types.text})`,
  );
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  return parts.map((part) => `CAST(length(${part}) AS ${dialect.types.text}) || ':' || ${part}`).join(' || ');
}

/** Text columns pass as they are: what is wrong in one of them is that row's problem, not the query's. */
function cellExpression(
  column: MappedColumn,
  type: string,
  { dialect, engine }: Warehouse,
  from: string,
): string {
  const name = `${from}${column.column}`;
  const { sorted, jsonText } = syncDialect(engine);
  const asText = `CAST(${name} AS ${dialect.types.text})`;
  const texts: Readonly<Record<string, string>> = {
    timestamp: dialect.isoText(name),
    date: dialect.isoText(dialect.timestamp(asText)),
    json: jsonText(name),
  };
  const text = texts[type] ?? asText;
  if (column.type !== 'json') return text;
  return `nullif(${column.set ? sorted(text) : text}, 'null')`;
}
