/**
 * Bound values, as the SQL API takes them: strings, whose meaning depends on the type named beside them.
 * @see https://docs.snowflake.com/en/developer-guide/sql-api/submitting-requests#using-bind-variables-in-a-statement
 */
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
} from '@duckdb/node-api';
import type { DuckDBValue } from '@duckdb/node-api';
import { z } from 'zod';
import { SqlFailure } from './sql-errors.js';

export const Bindings = z.record(
  z.string().regex(/^[1-9]\d*$/),
  z.object({ type: z.string(), value: z.string().nullable() }),
);
export type Bindings = z.infer<typeof Bindings>;

/**
 * @returns the values in the order of the `?`
 * @throws SqlFailure 100037 for a value that its type cannot have
 */
export function boundValues(bindings: Bindings): readonly DuckDBValue[] {
  return Object.entries(bindings)
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, { type, value }]) => (value === null ? null : boundValue(type.toUpperCase(), value)));
}

const READERS: Readonly<Record<string, readonly [RegExp, (value: string) => DuckDBValue]>> = {
  FIXED: [/^[+-]?\d{1,38}$/, BigInt],
  REAL: [/^[+-]?\d+(\.\d*)?(e[+-]?\d+)?$/i, Number],
  DECFLOAT: [/^[+-]?\d+(\.\d*)?(e[+-]?\d+)?$/i, Number],
  TEXT: [/^[\s\S]*$/, (value) => value],
  BINARY: [/^([\da-f]{2})*$/i, (value) => new DuckDBBlobValue(Buffer.from(value, 'hex'))],
  BOOLEAN: [/^(true|false)$/i, (value) => value.toLowerCase() === 'true'],
  // Milliseconds, although cells count days.
  DATE: [/^-?\d+$/, (value) => new DuckDBDateValue(Math.floor(Number(value) / 86_400_000))],
  TIME: [/^\d+$/, (value) => new DuckDBTimeValue(micros(value))],
  TIMESTAMP_NTZ: [/^-?\d+$/, (value) => new DuckDBTimestampValue(micros(value))],
  TIMESTAMP_LTZ: [/^-?\d+$/, (value) => new DuckDBTimestampTZValue(micros(value))],
  TIMESTAMP_TZ: [/^-?\d+ \d+$/, (value) => new DuckDBTimestampTZValue(micros(value.replace(/ .*/, '')))],
};

function boundValue(type: string, value: string): DuckDBValue {
  const [form, read] = READERS[type] ?? [];
  if (form === undefined || read === undefined || !form.test(value)) {
    throw new SqlFailure('100037', '22018', `${type} value '${value}' is not recognized`);
  }
  return read(value);
}

const micros = (nanos: string): bigint => BigInt(nanos) / 1_000n;
