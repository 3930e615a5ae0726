/** The columns that a mapping reads, in one order: that of the cells of every stored and planned row. */
import type { ColumnType, FieldRule, Mapping, SyncModel } from '../sync-model.js';

/** NULL is null; `undefined` where the column was not mapped when the row was stored. */
export type StoredCell = string | null | undefined;

export interface MappedColumn {
  /** Path of the field at Iterable, with dots. */
  readonly field: string;
  readonly column: string;
  readonly type: ColumnType;
  readonly set: boolean;
  /** A NULL does not overwrite what was sent: the stored row keeps its cell. */
  readonly keeps: boolean;
}

/** One per leaf of the mapping, from first to last; a column that is mapped twice is there twice. */
export function columnsOf(model: Pick<SyncModel, 'fields'>): readonly MappedColumn[] {
  return leaves(model.fields, '');
}

function leaves(fields: Mapping, prefix: string): MappedColumn[] {
  return Object.entries(fields).flatMap(([name, rule]: readonly [string, FieldRule]) => {
    const field = `${prefix}${name}`;
    if (rule.kind === 'object') return leaves(rule.fields, `${field}.`);
    const { column, type, set } = rule;
    return [{ field, column, type, set, keeps: rule.nulls !== 'send' }];
  });
}

/** Names a column across mappings: as long as these are the same, a stored cell is what the field has at Iterable. */
export function columnName({ field, column, type, set }: Omit<MappedColumn, 'keeps'>): string {
  return `${field}=${column.toUpperCase()}:${type}${set ? ':set' : ''}`;
}

/**
 * Cells that were stored under an earlier mapping, in the order of the present one.
 * @param storedAs the names of the stored cells' columns, as `columnName` gives them
 */
export function alignCells(
  cells: readonly StoredCell[],
  storedAs: readonly string[],
  columns: readonly MappedColumn[],
): readonly StoredCell[] {
  return columns.map((column) => {
    const at = storedAs.indexOf(columnName(column));
    return at === -1 ? undefined : cells[at];
  });
}
