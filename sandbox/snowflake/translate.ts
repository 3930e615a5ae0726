/**
 * Snowflake SQL as DuckDB understands it: only the words and forms that our statements use. What are mere functions
 * is made in functions.ts; here is what a function cannot do.
 */
import { isSymbol, isWord, tokensOf, valueOf, type Token } from './sql-tokens.js';

/**
 * Words that name a type in Snowflake and are called otherwise in DuckDB. Whole numbers have 38 digits there, and a
 * FLOAT has 64 bits.
 */
const TYPES: Readonly<Record<string, string>> = {
  NUMBER: 'HUGEINT',
  NUMERIC: 'HUGEINT',
  DECIMAL: 'HUGEINT',
  INT: 'HUGEINT',
  INTEGER: 'HUGEINT',
  BIGINT: 'HUGEINT',
  SMALLINT: 'HUGEINT',
  FLOAT: 'DOUBLE',
  REAL: 'DOUBLE',
  TIMESTAMP_NTZ: 'TIMESTAMP',
  DATETIME: 'TIMESTAMP',
  TIMESTAMP_LTZ: 'TIMESTAMPTZ',
  TIMESTAMP_TZ: 'TIMESTAMPTZ',
  VARIANT: 'JSON',
  OBJECT: 'JSON',
  ARRAY: 'JSON',
};
const TEXT_TYPES = ['VARCHAR', 'STRING', 'TEXT'];

/** A moving place in a statement, and what has been made of it so far. */
interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
  readonly out: string[];
}

/** @param statement one statement; unquoted names come out in upper case, as Snowflake keeps them */
export function translate(statement: readonly Token[] | string): string {
  const tokens = typeof statement === 'string' ? tokensOf(statement) : statement;
  const cursor: Cursor = { tokens, at: 0, out: [] };
  while (cursor.at < tokens.length) step(cursor);
  return cursor.out.join('');
}

function step(cursor: Cursor): void {
  const token = cursor.tokens[cursor.at];
  if (token === undefined) return;
  if (token.kind === 'space') emit(cursor, ' ');
  else if (token.kind === 'string') emit(cursor, quoted(valueOf(token)));
  else if (token.kind === 'word') word(cursor, token);
  else if (isSymbol(token, ':') && isName(cursor.tokens[cursor.at - 1])) path(cursor);
  else emit(cursor, token.text);
}

function emit(cursor: Cursor, text: string, tokens = 1): void {
  cursor.out.push(text);
  cursor.at += tokens;
}

function word(cursor: Cursor, token: Token): void {
  const name = token.text.toUpperCase();
  const type = TYPES[name];
  if (name === 'TRANSIENT') emit(cursor, '');
  else if (name === 'MINUS') emit(cursor, 'EXCEPT');
  else if (name === 'TRANSFORM')
    emit(cursor, 'LIST_TRANSFORM'); // a macro takes no lambda
  else if (isTableOfFunction(cursor)) unwrapTable(cursor);
  else if (name === 'VALUE' && isCastToText(cursor, cursor.at + 1)) jsonText(cursor, '$', 1);
  else if (type !== undefined && isType(cursor)) typeName(cursor, type);
  else emit(cursor, name);
}

/** Behind `::`, behind AS of a cast, behind a column's name; not a column of that name. */
function isType(cursor: Cursor): boolean {
  const previous = previousOf(cursor);
  const isPart = isSymbol(previous, '.') || isSymbol(cursor.tokens[cursor.at + 1], '.');
  return !isPart && (isSymbol(previous, '::') || previous?.kind === 'word' || previous?.kind === 'quoted');
}

function previousOf({ tokens, at }: Cursor): Token | undefined {
  return tokens.slice(0, at).findLast(({ kind }) => kind !== 'space');
}

/** With its digits: `NUMBER(10, 2)` has a fraction, `TIMESTAMP_NTZ(3)` and `NUMBER(38, 0)` need none. */
function typeName(cursor: Cursor, type: string): void {
  const end = isSymbol(cursor.tokens[cursor.at + 1], '(') ? closing(cursor.tokens, cursor.at + 1) : cursor.at;
  const digits = cursor.tokens
    .slice(cursor.at + 2, end)
    .flatMap(({ kind, text }) => (kind === 'number' ? [text] : []));
  const [precision, scale = '0'] = digits;
  const hasFraction = type === 'HUGEINT' && precision !== undefined && scale !== '0';
  emit(cursor, hasFraction ? `DECIMAL(${precision}, ${scale})` : type, end - cursor.at + 1);
}

/** `TABLE(FLATTEN(...))`, which DuckDB wants without TABLE. */
function isTableOfFunction({ tokens, at }: Cursor): boolean {
  return isWord(tokens[at], 'TABLE') && isSymbol(tokens[at + 1], '(') && isWord(tokens[at + 2], 'FLATTEN');
}

function unwrapTable(cursor: Cursor): void {
  const end = closing(cursor.tokens, cursor.at + 1);
  emit(cursor, translate(cursor.tokens.slice(cursor.at + 2, end)), end - cursor.at + 1);
}

/** @returns the index of the bracket that closes the one at `open`, or of the last token */
function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (isSymbol(tokens[at], '(')) depth += 1;
    if (isSymbol(tokens[at], ')')) depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length - 1;
}

/** `value:field.inner` and, as text, `value:field::varchar`. Names in a path keep their case. */
function path(cursor: Cursor): void {
  let { at } = cursor;
  let jsonPath = '$';
  while (
    (isSymbol(cursor.tokens[at], ':') || isSymbol(cursor.tokens[at], '.')) &&
    isName(cursor.tokens[at + 1])
  ) {
    jsonPath += `."${nameOf(cursor.tokens[at + 1])}"`;
    at += 2;
  }
  if (isCastToText(cursor, at)) {
    cursor.at = at;
    jsonText(cursor, jsonPath, 0);
    return;
  }
  const subject = takeSubject(cursor);
  // Casts to anything else go through the text: a JSON string is no number.
  const isCast = isSymbol(cursor.tokens[at], '::') && !isWord(cursor.tokens[at + 1], 'VARIANT');
  const extract = isCast ? 'json_extract_string' : 'json_extract';
  cursor.at = at;
  emit(cursor, `${extract}(${subject}, ${quoted(jsonPath)})`, 0);
}

const isName = (token: Token | undefined): token is Token =>
  token?.kind === 'word' || token?.kind === 'quoted';

const nameOf = (token: Token | undefined): string =>
  token?.kind === 'quoted' ? token.text.slice(1, -1).replaceAll('""', '"') : (token?.text ?? '');

function isCastToText({ tokens }: Cursor, at: number): boolean {
  return isSymbol(tokens[at], '::') && isWord(tokens[at + 1], ...TEXT_TYPES);
}

/** @param skip tokens up to the `::`; the subject is what has been written last, or else the skipped name itself */
function jsonText(cursor: Cursor, jsonPath: string, skip: 0 | 1): void {
  if (skip === 1) emit(cursor, 'VALUE');
  const subject = takeSubject(cursor);
  emit(cursor, `json_extract_string(${subject}, ${quoted(jsonPath)})`, 2);
}

/** Takes back the name that has just been written, with its qualifiers: `E.VALUE`. */
function takeSubject({ out }: Cursor): string {
  const parts = [out.pop() ?? ''];
  while (out.at(-1) === '.') parts.unshift(...out.splice(-2));
  return parts.join('');
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
