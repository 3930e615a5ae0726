/** How one field of a product event becomes one field at Iterable: the vocabulary of `recipes/product-events.ts`. */
import type { ProductFieldName, ProductFields } from './product-event.js';

export type FieldValue = string | number | boolean;

/** `unlisted`: the value is in no list of ours. It is counted by field name, so that somebody extends the list. */
export interface Mapped {
  readonly value?: FieldValue;
  readonly unlisted?: true;
}
export const ABSENT: Mapped = {};
export const UNLISTED: Mapped = { unlisted: true };

export type Transform<T> = (value: T, all: ProductFields) => Mapped;

export interface FieldRow {
  /** Name at Iterable. */
  readonly name: string;
  /** `documented`: in every event and in the profile. `extra`: not in the two documented events. `profile`: never in events. */
  readonly scope: 'documented' | 'extra' | 'profile';
  /** Flat name of the key in the product's body. */
  readonly from: ProductFieldName;
  readonly read: (fields: ProductFields) => Mapped;
}

/** One field: its name at Iterable, its name in the product's body, and the transform. Absent and null stay absent. */
export function field<K extends ProductFieldName>(
  name: string,
  from: K,
  transform: Transform<NonNullable<ProductFields[K]>>,
  scope: FieldRow['scope'] = 'documented',
): FieldRow {
  return {
    name,
    scope,
    from,
    read: (fields) => {
      const value = fields[from];
      return value == null ? ABSENT : transform(value, fields);
    },
  };
}

export interface MappedFields {
  readonly values: Readonly<Record<string, FieldValue>>;
  /** Names of fields whose value is in no list. */
  readonly unlisted: readonly string[];
}

export function mapFields(rows: readonly FieldRow[], fields: ProductFields): MappedFields {
  const values: Record<string, FieldValue> = {};
  const unlisted: string[] = [];
  for (const row of rows) {
    const mapped = row.read(fields);
    if (mapped.value !== undefined) values[row.name] = mapped.value;
    if (mapped.unlisted) unlisted.push(row.name);
  }
  return { values, unlisted };
}

/** Text as it is, trimmed; blank text is absent. `drop` lists stand-ins for "nothing" (compared without case). */
export function text(options: { readonly drop?: readonly string[] } = {}): Transform<string> {
  const dropped = (options.drop ?? []).map((word) => word.toLowerCase());
  return (value) => {
    const trimmed = value.trim();
    return trimmed === '' || dropped.includes(trimmed.toLowerCase()) ? ABSENT : { value: trimmed };
  };
}

/** Booleans and ids pass unchanged; null and absent never reach a transform, which keeps the third state. */
export const same = (value: FieldValue): Mapped => ({ value });

/** One of a list, as it is; anything else is `otherwise` and counted. */
export function oneOf(list: readonly string[], otherwise?: string): Transform<string> {
  return (value) => {
    const trimmed = value.trim();
    if (trimmed === '') return ABSENT;
    if (list.includes(trimmed)) return { value: trimmed };
    return otherwise === undefined ? UNLISTED : { value: otherwise, unlisted: true };
  };
}

/** A key's label; a key without one is left out and counted. */
export function labelOf(labels: Readonly<Record<string, string>>): Transform<string> {
  return (value) => {
    const key = value.trim();
    if (key === '') return ABSENT;
    const label = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return label === undefined ? UNLISTED : { value: label };
  };
}
