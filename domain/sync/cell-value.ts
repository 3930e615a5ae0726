/** One cell's text as the value that Iterable gets. */
import type { ColumnType } from '../sync-model.js';
import { parseCanonicalJson, type Json } from './canonical-json.js';
import { exactNumber } from './exact-numbers.js';
import type { RowReason } from './row-reasons.js';

export type CellValue =
  { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly reason: RowReason };

const value = (of: Json): CellValue => ({ ok: true, value: of });
const bad = (reason: RowReason): CellValue => ({ ok: false, reason });

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false, '1': true, '0': false };
const DAY = /^(\d{4}-\d{2}-\d{2})(?:$|[T ])/;
const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:?\d{2})?$/;

const READERS: Readonly<Record<ColumnType, (text: string, set: boolean) => CellValue>> = {
  text: value,
  integer: wholeNumber,
  decimal: (text) => number(text, 'not-a-number'),
  boolean: (text) => {
    const flag = BOOLEANS[text.trim().toLowerCase()];
    return flag === undefined ? bad('not-true-or-false') : value(flag);
  },
  date: day,
  timestamp: instant,
  json: (text, set) => {
    const parsed = parseCanonicalJson(text, set);
    return parsed.ok ? value(parsed.value) : bad(parsed.reason);
  },
};

/** @param text not NULL */
export function cellValue(text: string, type: ColumnType, set: boolean): CellValue {
  return READERS[type](text, set);
}

function number(text: string, otherwise: RowReason): CellValue {
  const exact = exactNumber(text);
  if (exact === undefined) return bad(otherwise);
  return exact === 'not-exact' ? bad('number-not-exact') : value(exact === 0 ? 0 : exact);
}

function wholeNumber(text: string): CellValue {
  const read = number(text, 'not-a-whole-number');
  if (!read.ok || Number.isSafeInteger(read.value)) return read;
  return bad(Number.isInteger(read.value) ? 'number-not-exact' : 'not-a-whole-number');
}

/** `YYYY-MM-DD`, one of the forms that Iterable takes for a date. */
function day(text: string): CellValue {
  const found = DAY.exec(text.trim())?.[1];
  return found !== undefined && isDay(found) ? value(found) : bad('not-a-day');
}

function isDay(text: string): boolean {
  const atMs = Date.parse(`${text}T00:00:00Z`);
  return new Date(atMs).getUTCDate() === Number(text.slice(-2)); // 30 February would be the 1st or 2nd of March
}

/** `YYYY-MM-DDTHH:MM:SS.mmmZ`. A time without a zone is UTC, finer parts than milliseconds are cut off. */
function instant(text: string): CellValue {
  const [, date = '', clock = '', fraction = '', zone = 'Z'] = TIME.exec(text.trim()) ?? [];
  if (!isDay(date)) return bad('not-a-time');
  const atMs = Date.parse(`${date}T${clock}.${fraction.slice(0, 3).padEnd(3, '0')}${zoneWithColon(zone)}`);
  return Number.isNaN(atMs) ? bad('not-a-time') : value(new Date(atMs).toISOString());
}

const zoneWithColon = (zone: string): string => zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
