/** A row's cells become the fields of an Iterable user or event. */
import type { ColumnField, FieldRule, Mapping, SyncModel } from '../sync-model.js';
import { sameJson, type Json } from './canonical-json.js';
import { cellValue } from './cell-value.js';
import type { StoredCell } from './columns.js';
import type { RowReason } from './row-reasons.js';

export type RowFields = Readonly<Record<string, Json>>;

export type MappedRow =
  | { readonly ok: true; readonly fields: RowFields }
  | { readonly ok: false; readonly reason: RowReason; readonly field: string };

/** Nothing for a field that this row does not have. */
type Mapped = { readonly ok: true; readonly value?: Json } | Extract<MappedRow, { ok: false }>;

const ABSENT: Mapped = { ok: true };

/**
 * @param cells those of `columnsOf(model)`, in that order
 * @returns every field that has something to say; of objects those with at least one field. NULL is null in fields
 *   whose policy sends it, and absent in others: what was sent before is already in the cells where a NULL must not
 *   overwrite it.
 */
export function mapRow(model: Pick<SyncModel, 'fields'>, cells: readonly StoredCell[]): MappedRow {
  return mapFields(model.fields, cells[Symbol.iterator](), '');
}

function mapFields(mapping: Mapping, cells: Iterator<StoredCell>, path: string): MappedRow {
  const fields: Record<string, Json> = {};
  let problem: Extract<MappedRow, { ok: false }> | undefined;
  for (const [name, rule] of Object.entries(mapping)) {
    const mapped = mapField(rule, cells, `${path}${name}`);
    if (!mapped.ok) problem ??= mapped;
    else if (mapped.value !== undefined) fields[name] = mapped.value;
  }
  return problem ?? { ok: true, fields };
}

function mapField(rule: FieldRule, cells: Iterator<StoredCell>, path: string): Mapped {
  if (rule.kind === 'column') {
    const next = cells.next();
    return mapColumn(rule, next.done === true ? undefined : next.value, path);
  }
  const inside = mapFields(rule.fields, cells, `${path}.`);
  if (!inside.ok) return inside;
  return Object.keys(inside.fields).length === 0 ? ABSENT : { ok: true, value: inside.fields };
}

function mapColumn(rule: ColumnField, cell: StoredCell, path: string): Mapped {
  if (cell === undefined) return ABSENT;
  if (cell === null) return rule.nulls === 'omit' ? ABSENT : { ok: true, value: null };
  const read = cellValue(cell, rule.type, rule.set);
  if (!read.ok) return { ok: false, reason: read.reason, field: path };
  // A JSON null is a NULL.
  return read.value === null && rule.nulls === 'omit' ? ABSENT : read;
}

/**
 * The fields to send so that Iterable has the new row instead of the old one. Whole top-level fields: Iterable replaces
 * an object, it does not merge it. A field that is no longer there is unset.
 */
export function changedFields(oldFields: RowFields | undefined, newFields: RowFields): RowFields {
  if (oldFields === undefined) return newFields;
  const changed = Object.entries(newFields).filter(([name, value]) => !sameJson(oldFields[name], value));
  const gone = Object.keys(oldFields).filter((name) => !Object.hasOwn(newFields, name));
  return Object.fromEntries([...changed, ...unset(gone, oldFields)]);
}

/** Null for each field that has a value. */
export function unsetFields(fields: RowFields): RowFields {
  return Object.fromEntries(unset(Object.keys(fields), fields));
}

function unset(names: readonly string[], fields: RowFields): [string, null][] {
  return names.filter((name) => fields[name] !== null).map((name) => [name, null]);
}
