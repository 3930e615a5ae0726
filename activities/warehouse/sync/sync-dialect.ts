/** What the SQL of the sync spells differently, beside the engine's own dialect. Expressions in, expression out. */
import type { Warehouse } from '../engine.js';

export interface SyncDialect {
  /** JSON array, as text, of text expressions; NULL becomes null. */
  readonly jsonArray: (cells: readonly string[]) => string;
  /** Text of a column that has a JSON type. */
  readonly jsonText: (column: string) => string;
  /** JSON text whose elements are sorted by their text; anything but an array as it is. */
  readonly sorted: (text: string) => string;
  /** The text of a JSON array taken apart, for `cell`. */
  readonly cells: (text: string) => string;
  /** Text of one element of it, from 0. */
  readonly cell: (cells: string, index: number) => string;
  /** 1, 2, 3, ... in no particular order. */
  readonly rowNumber: string;
  /** A SELECT that is made before a filter around it is: the filter is not taken into it. */
  readonly whole: (select: string) => string;
  /** So many rows are joined at once, both the old and the new ones. */
  readonly portionRows: number;
}

/** No table has more. */
const MOST_ROWS = '9223372036854775807';
const JSON_SPACE = `E' \\t\\n\\r'`;

/** @see https://duckdb.org/docs/stable/data/json/json_functions */
const duckDb: SyncDialect = {
  jsonArray: (cells) => `CAST(to_json([${cells.join(', ')}]) AS VARCHAR)`,
  // The type is known when the statement is prepared, so that only one of the two is left of it. JSON is text already.
  jsonText: (column) =>
    `CASE WHEN typeof(${column}) = 'JSON' THEN CAST(${column} AS VARCHAR) ELSE CAST(to_json(${column}) AS VARCHAR) END`,
  // One look at the text where it is an array; what is no JSON fails in there, and stays as it is.
  sorted: (text) =>
    `CASE WHEN starts_with(ltrim(${text}, ${JSON_SPACE}), '[') ` +
    `THEN coalesce('[' || TRY(array_to_string(list_sort(json_extract(${text}, '$[*]')), ',')) || ']', ${text}) ` +
    `ELSE ${text} END`,
  cells: (text) => `from_json(${text}, '["VARCHAR"]')`,
  cell: (cells, index) => `${cells}[${index + 1}]`,
  rowNumber: 'row_number() OVER ()',
  // Taken down to the tables, a filter makes all texts that it needs again for each place in it.
  whole: (select) => `${select} LIMIT ${MOST_ROWS}`,
  // Its joins fail where a million wide rows do not fit, whatever it could lay down on the disk.
  portionRows: 50_000,
};

/**
 * @see https://docs.snowflake.com/en/sql-reference/functions/to_json
 * @see https://docs.snowflake.com/en/sql-reference/functions/transform
 */
const snowflake: SyncDialect = {
  jsonArray: (cells) =>
    `'[' || ${cells.map((cell) => `coalesce(TO_JSON(TO_VARIANT(${cell})), 'null')`).join(` || ',' || `)} || ']'`,
  jsonText: (column) => `TO_JSON(${column})`,
  sorted: (text) =>
    `CASE WHEN IS_ARRAY(TRY_PARSE_JSON(${text})) ` +
    `THEN '[' || ARRAY_TO_STRING(ARRAY_SORT(TRANSFORM(TO_ARRAY(TRY_PARSE_JSON(${text})), e -> TO_JSON(e))), ',') || ']' ` +
    `ELSE ${text} END`,
  cells: (text) => `PARSE_JSON(${text})`,
  cell: (cells, index) => `AS_VARCHAR(GET(${cells}, ${index}))`,
  rowNumber: 'row_number() OVER (ORDER BY NULL)',
  whole: (select) => select,
  portionRows: 50_000_000,
};

export function syncDialect(engine: Warehouse['engine']): SyncDialect {
  return engine === 'duckdb' ? duckDb : snowflake;
}
