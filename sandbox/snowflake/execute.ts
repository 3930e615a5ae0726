/** Runs statements in one session: what each kind of them answers, and which are refused. */
import type { DuckDBValue } from '@duckdb/node-api';
import type { Session } from './database.js';
import { countsResult, storeResult, textResult, type StoredResult } from './results.js';
import type { SnowflakeSettings } from './settings.js';
import { cancelled, SqlFailure, sqlFailureOf } from './sql-errors.js';
import { isSymbol, isWord, type Token } from './sql-tokens.js';
import { translate } from './translate.js';

export interface Context {
  readonly session: Session;
  readonly settings: SnowflakeSettings;
  readonly signal: AbortSignal;
}

/** The names of the counts in a row, and in `stats`. @see https://docs.snowflake.com/en/developer-guide/sql-api/handling-responses */
const COUNTS: Readonly<Record<string, { readonly columns: readonly string[]; readonly stat: string }>> = {
  INSERT: { columns: ['number of rows inserted'], stat: 'numRowsInserted' },
  UPDATE: {
    columns: ['number of rows updated', 'number of multi-joined rows updated'],
    stat: 'numRowsUpdated',
  },
  DELETE: { columns: ['number of rows deleted'], stat: 'numRowsDeleted' },
  MERGE: { columns: ['number of rows inserted', 'number of rows updated'], stat: 'numRowsInserted' },
};
const NO_STATS = { numRowsInserted: 0, numRowsUpdated: 0, numRowsDeleted: 0, numDuplicateRowsUpdated: 0 };

const QUERIES = ['SELECT', 'WITH', 'VALUES', 'FROM', 'SHOW', 'DESCRIBE'];
const TRANSACTIONS = ['BEGIN', 'START', 'COMMIT', 'ROLLBACK'];
/** Only in requests with several statements. @see https://docs.snowflake.com/en/developer-guide/sql-api/intro#limitations-of-the-sql-api */
const SESSION_BOUND = [...TRANSACTIONS, 'USE', 'ALTER SESSION', 'SET'];

export function verbOf(tokens: readonly Token[]): string {
  const [first, second] = tokens.filter((token) => token.kind !== 'space' && !isSymbol(token, '('));
  const verb = first?.text.toUpperCase() ?? '';
  return verb === 'ALTER' && isWord(second, 'SESSION') ? 'ALTER SESSION' : verb;
}

export const isQuery = (tokens: readonly Token[]): boolean => QUERIES.includes(verbOf(tokens));

/** @throws SqlFailure */
export function refuseAlone(tokens: readonly Token[]): void {
  const verb = verbOf(tokens);
  if (SESSION_BOUND.includes(verb)) {
    throw new SqlFailure('391911', '0A000', `Unsupported statement type '${verb}'.`);
  }
}

/** @throws SqlFailure */
export async function execute(
  tokens: readonly Token[],
  values: readonly DuckDBValue[],
  { session, settings, signal }: Context,
): Promise<StoredResult> {
  if (signal.aborted) throw cancelled();
  refuseJsonInValues(tokens);
  if (!settings.mayCreateSchemas) refuseSchemas(tokens);
  const verb = verbOf(tokens);
  try {
    const result = await session.run(translate(tokens), values);
    if (QUERIES.includes(verb)) return await storeResult(result, settings);
    const counts = COUNTS[verb];
    if (counts === undefined) return textResult('status', 'Statement executed successfully.');
    const { rowsChanged } = result;
    const row = counts.columns.map((name, index) => [name, index === 0 ? rowsChanged : 0] as const);
    return countsResult(new Map(row), { ...NO_STATS, [counts.stat]: rowsChanged });
  } catch (error) {
    throw sqlFailureOf(error);
  }
}

/** `INSERT ... VALUES (PARSE_JSON(?))` has to be an INSERT ... SELECT. */
function refuseJsonInValues(tokens: readonly Token[]): void {
  const behindValues = tokens.slice(tokens.findIndex((token) => isWord(token, 'VALUES')));
  const hasSelect = tokens.some((token) => isWord(token, 'SELECT'));
  if (verbOf(tokens) !== 'INSERT' || hasSelect) return;
  if (behindValues.some((token) => isWord(token, 'PARSE_JSON'))) {
    throw new SqlFailure(
      '002014',
      '22000',
      'SQL compilation error: Invalid expression [PARSE_JSON] in VALUES clause',
    );
  }
}

/** Also where the schema exists: the privilege counts first. */
function refuseSchemas(tokens: readonly Token[]): void {
  const [first, second] = tokens.filter(({ kind }) => kind === 'word');
  if (isWord(first, 'CREATE') && isWord(second, 'SCHEMA')) {
    throw new SqlFailure(
      '003001',
      '42501',
      'SQL access control error: Insufficient privileges to operate on database',
    );
  }
}
