/** What goes wrong in SQL, with Snowflake's codes. @see https://docs.snowflake.com/en/developer-guide/sql-api/reference */
import { isNativeError } from 'node:util/types';

export class SqlFailure extends Error {
  readonly code: string;
  readonly sqlState: string;

  constructor(code: string, sqlState: string, message: string) {
    super(message);
    this.code = code;
    this.sqlState = sqlState;
  }
}

export const cancelled = (): SqlFailure => new SqlFailure('000604', '57014', 'SQL execution canceled');

export const timedOut = (): SqlFailure =>
  new SqlFailure('000630', '57014', 'Statement reached its statement or warehouse timeout and was canceled.');

/** By the beginning of DuckDB's message; the first that fits. */
const KNOWN: readonly (readonly [RegExp, string, string])[] = [
  [/^INTERRUPT/i, '000604', '57014'],
  [/^Parser Error/, '001003', '42000'],
  [/^Catalog Error: Table Function|^Catalog Error: Scalar Function/, '002140', '42601'],
  [/^Binder Error: No function matches|^Binder Error: Macro/, '002139', '42601'],
  [/^Catalog Error: .* already exists/, '002002', '42710'],
  [/^Catalog Error/, '002003', '42S02'],
  [/^Binder Error: Catalog/, '002003', '02000'],
  [/^Binder Error/, '000904', '42000'],
  [/Malformed JSON/, '100069', '22P02'],
  [/^Conversion Error|^Invalid Input Error/, '100037', '22018'],
  [/^Constraint Error/, '100072', '22000'],
  [/^Out of Range Error/, '100039', '22003'],
];

export function sqlFailureOf(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error;
  const said = isNativeError(error) ? error.message : 'unknown';
  const message = said.replace(/^Failed to [a-z ]+:\s*/, '');
  const [, code, sqlState] = KNOWN.find(([pattern]) => pattern.test(message)) ?? [
    undefined,
    '000603',
    'XX000',
  ];
  if (code === '000604') return cancelled();
  return new SqlFailure(code, sqlState, `SQL compilation error: ${message}`);
}
