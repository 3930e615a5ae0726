/**
 * Rows that cannot be delivered, each kind in a way of its own. None of them stops a run: their keys are in order, and
 * Iterable's field types are as the mapping says.
 */
import { drawFor, literal, textList } from './draw.js';

interface BadKind {
  readonly kind: string;
  /** The code that the row's verdict carries. */
  readonly reason: string;
  /** The column that is spoilt, and its value in SQL. */
  readonly column: string;
  readonly value: string;
  /** So many of a sample at most; the kind after it takes the place of the others. */
  readonly most?: number;
}

/** Beyond 2^53 JSON carries only even numbers. */
const FIRST_INEXACT_ID = '9007199254740993';
/** More than a whole request may have. */
const TOO_MANY_BYTES = 4_200_000;
/**
 * The same namespace twice, once with a text where a flag belongs: refused whatever came before. Its stages sort it
 * behind the one that is right, so that no field gets its type from it.
 */
const MIXED_TYPES =
  `'[' || one || ',' || regexp_replace(regexp_replace(one, '"ACTIVE_STAGE_COUNT":\\d+', '"ACTIVE_STAGE_COUNT":9'), ` +
  `'"GITLAB_PLAN_IS_PAID":[a-z]+', '"GITLAB_PLAN_IS_PAID":"yes"') || ']'`;

export const BAD_KINDS: readonly BadKind[] = [
  { kind: 'no-address', reason: 'no-address', column: 'email_address', value: 'NULL' },
  {
    kind: 'no-at-sign',
    reason: 'invalid-email',
    column: 'email_address',
    value: `replace(email_address, '@', '.at.')`,
  },
  {
    kind: 'number-too-large',
    reason: 'number-not-exact',
    column: 'gitlab_dotcom_user_id',
    value: `${FIRST_INEXACT_ID} + 2 * whole.n`,
  },
  { kind: 'wrong-type', reason: 'field-type-mismatch', column: 'namespaces_array', value: MIXED_TYPES },
  {
    kind: 'no-such-day',
    reason: 'not-a-day',
    column: 'gitlab_dotcom_confirmed_date',
    value: `DATE '20226-05-01'`,
  },
  {
    kind: 'field-too-big',
    reason: 'body-too-large',
    column: 'job_title',
    value: `repeat('x', ${TOO_MANY_BYTES})`,
    most: 1,
  },
  { kind: 'blank-address', reason: 'no-address', column: 'email_address', value: `'  '` },
  {
    kind: 'long-address',
    reason: 'invalid-email',
    column: 'email_address',
    value: `repeat('x', 300) || '.' || email_address`,
  },
  {
    kind: 'no-such-domain',
    reason: 'invalid-email',
    column: 'email_address',
    value: `replace(email_address, '@example.com', '@example')`,
  },
];

/** Numbers of the rows that are bad, spread over all of them, with kind and reason. @param bad at least 1 */
export function badRowsSql(seed: number, rows: number, bad: number): string {
  const stretch = Math.floor(rows / bad);
  const { length } = BAD_KINDS;
  const limits = `[${BAD_KINDS.map(({ most }) => String(most ?? rows)).join(', ')}]`;
  const numbered =
    `SELECT k * ${stretch} + ${drawFor(seed, 'k').number('bad', stretch)} AS n, ` +
    `CASE WHEN k // ${length} < ${limits}[1 + k % ${length}] THEN k % ${length} ELSE (k + 1) % ${length} END AS way ` +
    `FROM (SELECT unnest(range(${bad})) AS k) AS counted`;
  return (
    `SELECT n, ${textList(BAD_KINDS.map(({ kind }) => kind))}[1 + way] AS kind, ${textList(BAD_KINDS.map(({ reason }) => reason))}[1 + way] AS reason ` +
    `FROM (${numbered}) AS numbered`
  );
}

/** A column as it is, or as the kind of the row spoils it. */
export function spoilt(column: string): string {
  const whens = BAD_KINDS.filter((kind) => kind.column === column).map(
    ({ kind, value }) => `WHEN ${literal(kind)} THEN ${value}`,
  );
  return whens.length === 0 ? column : `CASE kind ${whens.join(' ')} ELSE ${column} END`;
}
