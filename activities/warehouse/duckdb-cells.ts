/** DuckDB's values as text: the one form in which cells leave the warehouse. Nothing is rounded. */
import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTypeId,
  DuckDBUnionValue,
  DuckDBVariantValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { decimalDigits, isoText, NANOS } from './cell-text.js';
import type { Cell } from './engine.js';

const { FLOAT } = DuckDBTypeId;
const TYPE_NAMES: Readonly<Partial<Record<DuckDBTypeId, string>>> = {
  [DuckDBTypeId.BOOLEAN]: 'boolean',
  [DuckDBTypeId.TINYINT]: 'fixed',
  [DuckDBTypeId.SMALLINT]: 'fixed',
  [DuckDBTypeId.INTEGER]: 'fixed',
  [DuckDBTypeId.BIGINT]: 'fixed',
  [DuckDBTypeId.HUGEINT]: 'fixed',
  [DuckDBTypeId.UTINYINT]: 'fixed',
  [DuckDBTypeId.USMALLINT]: 'fixed',
  [DuckDBTypeId.UINTEGER]: 'fixed',
  [DuckDBTypeId.UBIGINT]: 'fixed',
  [DuckDBTypeId.UHUGEINT]: 'fixed',
  [DuckDBTypeId.BIGNUM]: 'fixed',
  [DuckDBTypeId.DECIMAL]: 'fixed',
  [DuckDBTypeId.FLOAT]: 'real',
  [DuckDBTypeId.DOUBLE]: 'real',
  [DuckDBTypeId.DATE]: 'date',
  [DuckDBTypeId.TIME]: 'time',
  [DuckDBTypeId.TIME_NS]: 'time',
  [DuckDBTypeId.TIME_TZ]: 'time',
  [DuckDBTypeId.TIMESTAMP]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_S]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_MS]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_NS]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_TZ]: 'timestamp',
  [DuckDBTypeId.BLOB]: 'binary',
  [DuckDBTypeId.LIST]: 'json',
  [DuckDBTypeId.ARRAY]: 'json',
  [DuckDBTypeId.STRUCT]: 'json',
  [DuckDBTypeId.MAP]: 'json',
  [DuckDBTypeId.UNION]: 'json',
  [DuckDBTypeId.VARIANT]: 'json',
};

/** The names of engine.ts. What has none there (UUID, ENUM, INTERVAL) is text. */
export function columnType({ alias, typeId }: DuckDBType): string {
  return alias === 'JSON' ? 'json' : (TYPE_NAMES[typeId] ?? 'text');
}

/**
 * Times are UTC, those without a zone are taken for it, with three digits after the second; with six or nine where
 * finer ones are not zero. Binary is upper-case hexadecimal. Lists, structs and maps are JSON.
 */
export function cellText(value: DuckDBValue, { typeId }: DuckDBType): Cell {
  if (value === null) return null;
  if (typeof value === 'number') return typeId === FLOAT ? floatText(value) : decimalDigits(value);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('hex').toUpperCase();
  return timestampText(value) ?? (isNested(value) ? jsonText(value) : String(value));
}

/** Ten digits or less tell all 32-bit numbers apart: the shortest text that means the same one. */
function floatText(value: number): string {
  for (let digits = 1; digits < 10; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return decimalDigits(shorter);
  }
  return decimalDigits(value);
}

function timestampText(value: DuckDBValue): string | undefined {
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return value.isFinite ? isoText(value.micros * NANOS.perMicro) : value.toString();
  }
  if (value instanceof DuckDBTimestampNanosecondsValue) {
    return value.isFinite ? isoText(value.nanos) : value.toString();
  }
  if (value instanceof DuckDBTimestampMillisecondsValue) {
    return value.isFinite ? isoText(value.millis * NANOS.perMilli) : value.toString();
  }
  if (value instanceof DuckDBTimestampSecondsValue) {
    return value.isFinite ? isoText(value.seconds * NANOS.perSecond) : value.toString();
  }
  return undefined;
}

function isNested(value: DuckDBValue): boolean {
  return (
    value instanceof DuckDBListValue ||
    value instanceof DuckDBArrayValue ||
    value instanceof DuckDBStructValue ||
    value instanceof DuckDBMapValue ||
    value instanceof DuckDBUnionValue ||
    value instanceof DuckDBVariantValue
  );
}

/** JSON as text and not by JSON.stringify: numbers keep all their digits. */
function jsonText(value: DuckDBValue): string {
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    return `[${value.items.map(jsonText).join(',')}]`;
  }
  if (value instanceof DuckDBUnionValue || value instanceof DuckDBVariantValue) return jsonText(value.value);
  if (value instanceof DuckDBStructValue) return objectText(Object.entries(value.entries));
  if (value instanceof DuckDBMapValue) {
    return objectText(value.entries.map(({ key, value: entry }) => [keyText(key), entry]));
  }
  return scalarJson(value);
}

function scalarJson(value: DuckDBValue): string {
  if (typeof value === 'number' && Number.isFinite(value)) return decimalDigits(value);
  const isAsItStands =
    value === null ||
    typeof value === 'boolean' ||
    typeof value === 'bigint' ||
    value instanceof DuckDBDecimalValue;
  return isAsItStands ? String(value) : JSON.stringify(timestampText(value) ?? String(value));
}

function objectText(entries: readonly (readonly [string, DuckDBValue])[]): string {
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${jsonText(value)}`).join(',')}}`;
}

function keyText(key: DuckDBValue): string {
  return timestampText(key) ?? String(key);
}
