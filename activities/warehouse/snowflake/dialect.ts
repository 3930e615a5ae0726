/**
 * How Snowflake spells what the engines do not spell alike. Times are kept without a zone, in UTC; sessions run in
 * UTC as well.
 */
import type { Dialect } from '../engine.js';

const ELEMENT = 'element';

export const snowflakeDialect: Dialect = {
  // Backslashes are escapes in literals. @see https://docs.snowflake.com/en/sql-reference/data-types-text#string-constants
  text: (value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
  /** MD5, because Snowflake's own `hash` is proprietary, and may change with a release. */
  hash: (expression) => `md5(${expression})`,
  // @see https://docs.snowflake.com/en/sql-reference/functions/convert_timezone
  timestamp: (expression) => `convert_timezone('UTC', to_timestamp_tz(${expression}))::timestamp_ntz`,
  isoText: (expression) =>
    `to_varchar(convert_timezone('UTC', ${expression}), 'YYYY-MM-DD"T"HH24:MI:SS.FF3"Z"')`,
  // @see https://docs.snowflake.com/en/sql-reference/functions/parse_json
  json: (expression) => `parse_json(${expression})`,
  // One text holds all rows: there are no arrays among the bound types, and JSON is refused within VALUES.
  // @see https://docs.snowflake.com/en/sql-reference/functions/flatten
  jsonRows: (bind) => ({
    from: `table(flatten(input => parse_json(${bind}))) as ${ELEMENT}`,
    field: (name) => `${ELEMENT}.value:"${name.replaceAll('"', '""')}"::varchar`,
  }),
  types: { text: 'varchar', bigint: 'bigint', timestamp: 'timestamp_ntz', json: 'variant' },
};
