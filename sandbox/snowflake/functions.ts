/** The Snowflake functions that our SQL uses and DuckDB has not, as macros of DuckDB. */

/** Snowflake's formats of times, as far as they are used, in DuckDB's signs. Longest first. */
const TIME_SIGNS: readonly (readonly [string, string])[] = [
  ['YYYY', '%Y'],
  ['HH24', '%H'],
  ['FF3', '%g'],
  ['FF6', '%f'],
  ['FF9', '%n'],
  ['MM', '%m'],
  ['DD', '%d'],
  ['MI', '%M'],
  ['SS', '%S'],
  ['"', ''],
];

const timeFormat = TIME_SIGNS.reduce(
  (expression, [sign, ours]) => `replace(${expression}, '${sign}', '${ours}')`,
  'format',
);

const UNITS = ['year', 'month', 'day', 'hour', 'minute', 'second', 'millisecond'];
const added = UNITS.map((unit) => `when '${unit}' then x + to_${unit}s(n::bigint)`).join(' ');

/** Statements that make them, in the current schema. */
export const FUNCTIONS: readonly string[] = [
  `iff(a, b, c) as case when a then b else c end`,
  `nvl(a, b) as coalesce(a, b)`,
  `zeroifnull(a) as coalesce(a, 0)`,
  `equal_null(a, b) as a is not distinct from b`,
  `current_timestamp() as now()`,
  `sysdate() as now()::timestamp`,
  `sha2(x) as sha256(x), (x, bits) as case when bits = 256 then sha256(x) else error('only 256 bits') end`,
  `uuid_string() as uuid()::varchar`,
  `parse_json(x) as x::json`,
  `try_parse_json(x) as try_cast(x as json)`,
  `to_json(x) as x::json::varchar`,
  // Of an object by name, of an array by number.
  `get(x, part) as json_extract(x, case when typeof(part) = 'VARCHAR' then '$."' || part || '"' else '$[' || part || ']' end)`,
  // Under its other name: this one is taken.
  `to_variant(x) as json_quote(x)`,
  `as_varchar(x) as json_extract_string(x, '$')`,
  `is_array(x) as json_type(x) = 'ARRAY'`,
  `to_array(x) as json_extract(x, '$[*]')`,
  `array_sort(x) as list_sort(x)`,
  `array_size(x) as json_array_length(x)`,
  // Whether a time has a zone or not, and whatever the session's is: the same moment.
  `convert_timezone(zone, x) as case when zone = 'UTC' then x::timestamptz else error('only UTC') end`,
  `to_timestamp_tz(x) as x::timestamptz`,
  `to_timestamp_ntz(x) as x::timestamp`,
  `try_to_timestamp_tz(x) as try_cast(x as timestamptz)`,
  `try_to_timestamp_ntz(x) as try_cast(x as timestamp)`,
  `to_number(x) as x::hugeint`,
  `to_binary(x) as unhex(x)`,
  `to_varchar(x) as x::varchar, (x, format) as strftime(x, ${timeFormat})`,
  `dateadd(unit, n, x) as case unit ${added} else error('no such unit') end`,
  `flatten(input) as table
     select unnest(range(len(items))) as index, unnest(items) as value
     from (select input::json[] as items)`,
].map((definition) => `create macro ${definition}`);
