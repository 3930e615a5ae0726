/** Whether Iterable's fields take what a mapping sends: a field keeps the type of its first value for good. */
import type { ColumnType, Mapping, SyncModel } from '../sync-model.js';

/**
 * Iterable's types that take a column's values. A decimal may be whole, and whether `double` takes a whole number is for
 * Iterable to say. JSON can be anything but a scalar with a type of its own.
 */
const TAKEN_BY: Readonly<Record<ColumnType | 'object', readonly string[]>> = {
  text: ['string'],
  integer: ['long', 'double'],
  decimal: ['double', 'long'],
  boolean: ['boolean'],
  date: ['date', 'string'],
  timestamp: ['date', 'string'],
  json: ['object', 'nested', 'string', 'long', 'double', 'geo_location'],
  object: ['object'],
};

/**
 * @param atIterable type by field, dots between the names of nested ones
 * @returns a line for each field that would be refused
 */
export function typeConflicts(
  model: Pick<SyncModel, 'fields'>,
  atIterable: Readonly<Record<string, string>>,
): readonly string[] {
  return conflicts(model.fields, atIterable, '');
}

function conflicts(
  mapping: Mapping,
  atIterable: Readonly<Record<string, string>>,
  prefix: string,
): readonly string[] {
  return Object.entries(mapping).flatMap(([name, rule]) => {
    const path = `${prefix}${name}`;
    const sent = rule.kind === 'object' ? 'object' : rule.type;
    const known = Object.hasOwn(atIterable, path) ? atIterable[path]?.toLowerCase() : undefined;
    const own =
      known === undefined || TAKEN_BY[sent].includes(known) ? [] : [`${path} (${sent} into ${known})`];
    return rule.kind === 'object' ? [...own, ...conflicts(rule.fields, atIterable, `${path}.`)] : own;
  });
}
