/** A route is data: what it answers to, and the function that answers. */
import { Refusal } from './answers.js';
import type { Answer } from './answers.js';
import type { ExportDesk } from './exports.js';
import type { Fault } from './faults.js';
import type { Usage } from './usage.js';
import type { World } from './world.js';

export interface Instance {
  readonly world: World;
  readonly usage: Usage;
  readonly exports: ExportDesk;
}

export interface Call {
  readonly params: Readonly<Record<string, string>>;
  /** Of the URL, and of the form where a POST stands for a GET. */
  readonly query: URLSearchParams;
  /** Parsed JSON. */
  readonly body: unknown;
  /** Header `Range`. */
  readonly range: string | undefined;
  /** For the endpoints whose work itself can fail. */
  readonly fault: Fault | undefined;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** `{name}` stands for a part of the path. */
  readonly path: string;
  readonly handle: (instance: Instance, call: Call) => Answer | Promise<Answer>;
}

/** Values of a name: commas and repetition both make lists. */
export function listOf(query: URLSearchParams, name: string): readonly string[] {
  const values = query.getAll(name).flatMap((value) => value.split(','));
  return values.map((value) => value.trim()).filter((value) => value !== '');
}

/** @throws Refusal 1002 when there is none, 701 when it is blank */
export function required(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null) throw new Refusal('1002', `Missing value for '${name}'`);
  if (value.trim() === '') throw new Refusal('701', `${name} cannot be blank`);
  return value.trim();
}

/** @throws Refusal 1002, 701, or 1003 for more than `most` */
export function requiredList(query: URLSearchParams, name: string, most: number): readonly string[] {
  required(query, name);
  return atMost(listOf(query, name), name, most);
}

export function atMost(values: readonly string[], name: string, most: number): readonly string[] {
  if (values.length > most) throw new Refusal('1003', `${name}: ${values.length} values, at most ${most}`);
  return values;
}

/** @throws Refusal 1001 for what is not a whole number */
export function wholeNumbers(values: readonly string[], name: string): readonly number[] {
  return values.map((value) => {
    if (!/^\d+$/.test(value)) throw new Refusal('1001', `Invalid value '${value}' for ${name}`);
    return Number(value);
  });
}

const LARGEST_BATCH = 300;

export function batchSize(query: URLSearchParams): number {
  const value = query.get('batchSize');
  if (value === null || value === '') return LARGEST_BATCH;
  const [size = 0] = wholeNumbers([value], 'batchSize');
  if (size < 1 || size > LARGEST_BATCH) throw new Refusal('1003', `batchSize must be 1 to ${LARGEST_BATCH}`);
  return size;
}
