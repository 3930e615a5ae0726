/**
 * Columns and cells of Snowflake in the words of `engine.ts`. Times come as seconds with a fraction; one page of the
 * documentation shows nanoseconds instead, so both are read.
 * @see https://docs.snowflake.com/en/developer-guide/sql-api/handling-responses#getting-the-data-from-the-results
 */
import { z } from 'zod';
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
  real: (cell) => (Number.isFinite(Number(cell)) ? String(Number(cell)) : cell.toLowerCase()),
  boolean: (cell) => (cell === '1' || cell.toLowerCase() === 'true' ? 'true' : 'false'),
  date: (cell) => (/^-?\d+$/.test(cell) ? dayText(Number(cell)) : cell),
  time: (cell) => timeOfDay(nanosOf(cell, LONGEST_DAY)),
  timestamp: (cell) => momentText(nanosOf(cell.replace(/ \d+$/, ''), LATEST_SECONDS)),
  binary: (cell) => cell.toLowerCase(),
  json: compactJson,
};

const DAY_MS = 86_400_000;
const NANOS = 1_000_000_000n;
const LONGEST_DAY = 86_400n;
/** The year 5138: a larger number counts nanoseconds. */
const LATEST_SECONDS = 100_000_000_000n;

const dayText = (days: number): string => new Date(days * DAY_MS).toISOString().replace(/T.*/, '');

/** @param mostSeconds whole numbers beyond it are nanoseconds */
function nanosOf(cell: string, mostSeconds: bigint): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(cell) ?? [];
  const isNanos = fraction === '' && BigInt(whole) > mostSeconds;
  const size = isNanos ? BigInt(whole) : BigInt(whole) * NANOS + BigInt(fraction.padEnd(9, '0'));
  return sign === '-' ? -size : size;
}

function timeOfDay(nanos: bigint): string {
  return momentText(nanos)
    .replace(/^.*T/, '')
    .replace('Z', '')
    .replace(/\.000$/, '');
}

/** ISO 8601 in UTC: milliseconds, or as many digits more as there are. */
function momentText(nanos: bigint): string {
  const belowSecond = ((nanos % NANOS) + NANOS) % NANOS;
  const seconds = Number((nanos - belowSecond) / NANOS);
  const fraction = String(belowSecond)
    .padStart(9, '0')
    .replace(/^(\d{3}\d*?)0*$/, '$1');
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, `.${fraction}Z`);
}

/** Without the blanks and line breaks that Snowflake puts between the parts; numbers and strings as they are. */
function compactJson(text: string): string {
  return text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string: string | undefined) => string ?? '');
}
