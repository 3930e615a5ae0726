/**
 * One text for all spellings of the same JSON: keys sorted, keys without a value left out (warehouses do either), and
 * arrays that are sets sorted and without repetitions. Names of keys stay as they are.
 */
import { isExactNumber } from './exact-numbers.js';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export type ParsedJson =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly reason: 'not-json' | 'number-not-exact' };

/** @param sets arrays have no order, at any depth */
export function parseCanonicalJson(text: string, sets: boolean): ParsedJson {
  const parsed = parse(text);
  if (parsed === undefined) return { ok: false, reason: 'not-json' };
  return hasInexactNumber(text)
    ? { ok: false, reason: 'number-not-exact' }
    : { ok: true, value: canonical(parsed.value, sets) };
}

/** @param value as JSON.parse gives it */
export function canonical(value: unknown, sets: boolean): Json {
  if (Array.isArray(value)) {
    const elements = value.map((element: unknown) => canonical(element, sets));
    return sets ? distinctSorted(elements) : elements;
  }
  if (isObject(value)) return canonicalObject(value, sets);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Written out in loops: a sync spends most of its time here. */
function canonicalObject(value: Readonly<Record<string, unknown>>, sets: boolean): Json {
  const sorted: Record<string, Json> = {};
  for (const key of Object.keys(value).sort()) {
    const entry = value[key];
    if (entry === null || entry === undefined) continue;
    if (key === PROTOTYPE) Object.defineProperty(sorted, key, { value: canonical(entry, sets), ...PLAIN });
    else sorted[key] = canonical(entry, sets);
  }
  return sorted;
}

/** A key like any other in JSON, and not in an assignment. */
const PROTOTYPE = '__proto__';
const PLAIN = { enumerable: true, writable: true, configurable: true };

/** Whether two canonical values are the same. */
export function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}

function distinctSorted(elements: readonly Json[]): readonly Json[] {
  if (elements.length < 2) return elements;
  const byText = new Map(elements.map((element) => [JSON.stringify(element), element]));
  return [...byText].sort(([left], [right]) => compare(left, right)).map(([, element]) => element);
}

/** By code units, the same on every machine. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch {
    return undefined;
  }
}

/** Strings first, so that digits in them are no numbers. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;

function hasInexactNumber(text: string): boolean {
  // Below 16 digits every number is exact; most texts have no longer run of digits, and end here.
  if (!/\d[\d.]{14,}|[eE][+-]?\d/.test(text)) return false;
  return [...text.matchAll(TOKENS)].some(([token]) => !token.startsWith('"') && !isExactNumber(token));
}
