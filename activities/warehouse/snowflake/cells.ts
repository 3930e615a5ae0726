/**
 * Columns and cells of Snowflake in the words of `engine.ts`. Times come as seconds with a fraction; one page of the
 * documentation shows nanoseconds instead, so both are read.
 * @see https://docs.snowflake.com/en/developer-guide/sql-api/handling-responses#getting-the-data-from-the-results
 */
import { z } from 'zod';
import { decimalDigits, isoText, NANOS } from '../cell-text.js';
import type { Cell, Column } from '../engine.js';

export const WireColumn = z.object({
  name: z.string(),
  type: z.string().transform((type) => type.toLowerCase()),
});
export type WireColumn = z.infer<typeof WireColumn>;

const TYPES: Readonly<Record<string, string>> = {
  fixed: 'fixed',
  decfloat: 'fixed',
  real: 'real',
  boolean: 'boolean',
  date: 'date',
  time: 'time',
  timestamp_ntz: 'timestamp',
  timestamp_ltz: 'timestamp',
  timestamp_tz: 'timestamp',
  variant: 'json',
  object: 'json',
  array: 'json',
  map: 'json',
  binary: 'binary',
};

/** Unquoted names, which Snowflake keeps in upper case, come in lower case, as they are written. */
export function columnOf({ name, type }: WireColumn): Column {
  return { name: /[a-z]/.test(name) ? name : name.toLowerCase(), type: TYPES[type] ?? 'text' };
}

/** @returns what turns a cell of the column, NULL apart, into its text */
export function cellReader(column: Column): (cell: Cell) => Cell {
  const read = READERS[column.type];
  return (cell) => (cell === null || read === undefined ? cell : read(cell));
}

const READERS: Readonly<Record<string, (cell: string) => string>> = {
  real: (cell) => decimalDigits(NOT_FINITE[cell.toLowerCase()] ?? Number(cell)),
  boolean: (cell) => (cell === '1' || cell.toLowerCase() === 'true' ? 'true' : 'false'),
  date: (cell) => (/^-?\d+$/.test(cell) ? dayText(Number(cell)) : cell),
  time: (cell) => timeOfDay(nanosOf(cell, LONGEST_DAY)),
  timestamp: (cell) => isoText(nanosOf(cell.replace(/ \d+$/, ''), LATEST_SECONDS)),
  binary: (cell) => cell.toUpperCase(),
  json: compactJson,
};

const DAY_MS = 86_400_000;
const NOT_FINITE: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN };
const LONGEST_DAY = 86_400n;
/** The year 5138: a larger whole number counts nanoseconds. A smaller one would be within 100 s of 1970. */
const LATEST_SECONDS = 100_000_000_000n;

const dayText = (days: number): string => new Date(days * DAY_MS).toISOString().replace(/T.*/, '');

/** @param mostSeconds whole numbers beyond it are nanoseconds */
function nanosOf(cell: string, mostSeconds: bigint): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(cell) ?? [];
  const isNanos = fraction === '' && BigInt(whole) > mostSeconds;
  const size = isNanos ? BigInt(whole) : BigInt(whole) * NANOS.perSecond + BigInt(fraction.padEnd(9, '0'));
  return sign === '-' ? -size : size;
}

/** `01:02:03.5`: as many digits after the second as there are. */
function timeOfDay(nanos: bigint): string {
  const [, time = ''] = /T(.*?)\.?0*Z$/.exec(isoText(nanos)) ?? [];
  return time;
}

/** Without the blanks and line breaks that Snowflake puts between the parts; numbers and strings as they are. */
function compactJson(text: string): string {
  return text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string: string | undefined) => string ?? '');
}
