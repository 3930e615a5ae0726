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
}

/** @see https://duckdb.org/docs/stable/data/json/json_functions */
const duckDb: SyncDialect = {
  jsonArray: (cells) => `CAST(to_json([${cells.join(', ')}]) AS VARCHAR)`,
  jsonText: (column) => `CAST(to_json(${column}) AS VARCHAR)`,
  sorted: (text) =>
    `CASE WHEN NOT json_valid(${text}) THEN ${text} WHEN json_type(${text}) = 'ARRAY' ` +
    `THEN '[' || array_to_string(list_sort(CAST(json_extract(${text}, '$[*]') AS VARCHAR[])), ',') || ']' ` +
    `ELSE ${text} END`,
  cells: (text) => `from_json(${text}, '["VARCHAR"]')`,
  cell: (cells, index) => `${cells}[${index + 1}]`,
  rowNumber: 'row_number() OVER ()',
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
};

export function syncDialect(engine: Warehouse['engine']): SyncDialect {
  return engine === 'duckdb' ? duckDb : snowflake;
}
