/** The one place where DuckDB's errors become failures. Their messages quote rows and values: none of it is kept. */
import { ApplicationFailure } from '@temporalio/common';
import { isNativeError } from 'node:util/types';
import type { FailureClass } from '../../domain/verdict.js';

/**
 * By the name that begins every message. What is not listed is a mistake in a statement or in the data, which no
 * repeat mends.
 * @see https://github.com/duckdb/duckdb/blob/v1.5.0/src/common/exception.cpp
 */
const KINDS: Readonly<Record<string, FailureClass>> = {
  'IO Error': 'unavailable',
  'Out of Memory Error': 'unavailable',
  'TransactionContext Error': 'unavailable',
  'INTERRUPT Error': 'unavailable',
  'Connection Error': 'unavailable',
  'FATAL Error': 'unavailable',
  'INTERNAL Error': 'unavailable',
  'Permission Error': 'auth',
};
const HINTS: Readonly<Record<string, string>> = {
  'Out of Memory Error': '; is the disk full that holds the database?',
  'FATAL Error': '; it takes nothing more until the worker is restarted',
};
/** These name tables, columns and functions, in double quotes, where an operator has to know which. */
const NAMING = new Set(['Binder Error', 'Catalog Error']);
const IDENTIFIER = /"([A-Za-z_]\w{0,62})"/g;
const NAMED = /\bwith name ([A-Za-z_]\w{0,62}) does not exist/g;

const UNNAMED = 'unnamed error';

/** @returns of the class that says what to do; retryable where a repeat may help */
export function duckDbFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const text = isNativeError(error) ? error.message : '';
  const [, name = UNNAMED] = /^(?:Failed to [a-z ]+: )?([A-Za-z ]+ Error):/.exec(text) ?? [];
  const type = KINDS[name] ?? (name === UNNAMED ? 'unavailable' : 'rejected');
  const [statement = ''] = text.split('\n');
  const names = NAMING.has(name)
    ? [...statement.matchAll(IDENTIFIER), ...statement.matchAll(NAMED)].map(([, found = '']) => found)
    : [];
  return ApplicationFailure.create({
    type,
    message: `DuckDB: ${name}${names.length === 0 ? '' : ` at ${names.join(', ')}`}${HINTS[name] ?? ''}`,
    nonRetryable: type === 'rejected',
  });
}
