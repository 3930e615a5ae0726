/**
 * Columns and cells as the SQL API writes them: every value is a string, whatever its type.
 * @see https://docs.snowflake.com/en/developer-guide/sql-api/handling-responses#getting-the-data-from-the-results
 */
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  DuckDBTypeId,
  JsonDuckDBValueConverter,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { SnowflakeSettings } from './settings.js';

export type WireCell = string | null;

export interface WireColumn {
  readonly name: string;
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly type: string;
  readonly scale: number | null;
  readonly precision: number | null;
  readonly length: number | null;
  readonly byteLength: number | null;
  readonly nullable: boolean;
  readonly collation: null;
}

type CellSettings = Pick<
  SnowflakeSettings,
  'typeNamesIn' | 'booleansAs' | 'timesAs' | 'zonedType' | 'zonedOffsetMinutes' | 'jsonText'
>;

const WHOLE = [
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
];

const TYPES = new Map<DuckDBTypeId, string>([
  ...WHOLE.map((id) => [id, 'fixed'] as const),
  [DuckDBTypeId.DECIMAL, 'fixed'],
  [DuckDBTypeId.FLOAT, 'real'],
  [DuckDBTypeId.DOUBLE, 'real'],
  [DuckDBTypeId.BOOLEAN, 'boolean'],
  [DuckDBTypeId.DATE, 'date'],
  [DuckDBTypeId.TIME, 'time'],
  [DuckDBTypeId.TIMESTAMP, 'timestamp_ntz'],
  [DuckDBTypeId.TIMESTAMP_NS, 'timestamp_ntz'],
  [DuckDBTypeId.BLOB, 'binary'],
  [DuckDBTypeId.LIST, 'array'],
  [DuckDBTypeId.STRUCT, 'object'],
  [DuckDBTypeId.MAP, 'object'],
]);

const TEXT_LENGTH = 16_777_216;
const DIGITS = 38;

export function columnOf(name: string, type: DuckDBType, settings: CellSettings): WireColumn {
  const typeName = typeNameOf(type, settings);
  const isText = typeName === 'text';
  return {
    name,
    database: '',
    schema: '',
    table: '',
    type: settings.typeNamesIn === 'upper-case' ? typeName.toUpperCase() : typeName,
    scale: typeName === 'fixed' ? scaleOf(type) : null,
    precision: typeName === 'fixed' ? DIGITS : null,
    length: isText ? TEXT_LENGTH : null,
    byteLength: isText ? TEXT_LENGTH : null,
    nullable: true,
    collation: null,
  };
}

function typeNameOf(type: DuckDBType, { zonedType }: CellSettings): string {
  if (type.alias === 'JSON') return 'variant';
  if (type.typeId === DuckDBTypeId.TIMESTAMP_TZ) return zonedType;
  return TYPES.get(type.typeId) ?? 'text';
}

const scaleOf = (type: DuckDBType): number =>
  'scale' in type && typeof type.scale === 'number' ? type.scale : 0;

/** @returns what turns a value of the column into its cell */
export function cellWriter(type: DuckDBType, settings: CellSettings): (value: DuckDBValue) => WireCell {
  const write = writerOf(type, settings);
  return (value) => (value === null ? null : write(value));
}

function writerOf(type: DuckDBType, settings: CellSettings): (value: DuckDBValue) => string {
  switch (typeNameOf(type, settings)) {
    case 'boolean':
      return (value) => (settings.booleansAs === 'words' ? String(value) : value === true ? '1' : '0');
    case 'date':
      return (value) => (value instanceof DuckDBDateValue ? String(value.days) : String(value));
    case 'binary':
      return (value) => (value instanceof DuckDBBlobValue ? hex(value.bytes) : String(value));
    case 'variant':
      return (value) => (settings.jsonText === 'pretty' ? indented(String(value)) : String(value));
    case 'array':
    case 'object':
      return (value) => JSON.stringify(JsonDuckDBValueConverter(value, type, JsonDuckDBValueConverter));
    case 'time':
    case 'timestamp_ntz':
    case 'timestamp_ltz':
      return (value) => time(nanosOf(value), settings);
    case 'timestamp_tz':
      return (value) => `${time(nanosOf(value), settings)} ${1440 + settings.zonedOffsetMinutes}`;
    default:
      return String;
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();

function nanosOf(value: DuckDBValue): bigint {
  if (value instanceof DuckDBTimestampNanosecondsValue) return value.nanos;
  if (
    value instanceof DuckDBTimestampValue ||
    value instanceof DuckDBTimestampTZValue ||
    value instanceof DuckDBTimeValue
  ) {
    return value.micros * 1_000n;
  }
  throw new Error('not a time');
}

const NANOS = 1_000_000_000n;

function time(nanos: bigint, { timesAs }: CellSettings): string {
  if (timesAs === 'nanoseconds') return String(nanos);
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = String(size % NANOS).padStart(9, '0');
  return `${nanos < 0n ? '-' : ''}${String(size / NANOS)}.${fraction}`;
}

/** Line breaks and indents between the parts; numbers and strings stay as they are. */
function indented(json: string): string {
  let depth = 0;
  const line = (): string => `\n${'  '.repeat(depth)}`;
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|\s+|[[\]{},:]/g, (part) => {
    if (part.startsWith('"')) return part;
    if (part.trim() === '') return '';
    if (part === '{' || part === '[') depth += 1;
    if (part === '}' || part === ']') {
      depth -= 1;
      return line() + part;
    }
    if (part === ':') return ': ';
    return part + line();
  });
}
