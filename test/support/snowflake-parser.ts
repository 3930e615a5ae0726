/**
 * Parses SQL as Snowflake would, with a parser that knows nothing of our own. It lets through what other dialects add, so
 * functions, types and forms are held against what Snowflake documents.
 */
import { Dialect, parse } from '@polyglot-sql/sdk';

/** Functions of Snowflake that our SQL may use. @see https://docs.snowflake.com/en/sql-reference/functions-all */
const FUNCTIONS = new Set(
  `abs any_value approx_percentile array_agg array_cat array_compact array_construct array_contains array_distinct
  array_size array_slice array_sort array_to_string as_varchar avg boolor_agg booland_agg ceil charindex coalesce concat
  concat_ws contains convert_timezone count count_if current_date current_timestamp date_part date_trunc dateadd datediff
  dense_rank div0 endswith equal_null first_value flatten floor get get_path greatest hash hash_agg iff ifnull initcap is_array
  is_null_value lag last_value lead least left length listagg lower lpad ltrim max max_by md5 median min min_by mod nullif
  nvl nvl2 object_agg object_construct object_construct_keep_null object_delete object_insert parse_json percentile_cont
  percentile_disc rank regexp_count regexp_like regexp_replace regexp_substr replace right round row_number rpad rtrim sha2
  split split_part startswith strip_null_value substr substring sum sysdate table to_array to_binary to_boolean to_date
  to_decimal to_double to_json to_number to_object to_time to_timestamp to_timestamp_ltz to_timestamp_ntz to_timestamp_tz
  to_varchar to_variant transform trim trunc try_parse_json try_to_boolean try_to_date try_to_number try_to_timestamp_ntz
  try_to_timestamp_tz typeof upper uuid_string zeroifnull`.split(/\s+/),
);

/** @see https://docs.snowflake.com/en/sql-reference/intro-summary-data-types */
const TYPES = new Set(
  `array big_int binary boolean char custom date decimal double float int object real small_int text time timestamp
  tiny_int var_char variant string`.split(/\s+/),
);
const CUSTOM_TYPES = /^(NUMBER|VARIANT|OBJECT|ARRAY|STRING|TEXT|DATETIME|TIMESTAMP_?(NTZ|LTZ|TZ))(\(.*\))?$/i;

/** Parts of the tree that stand for forms of other dialects. */
const FOREIGN: Readonly<Record<string, string>> = {
  arrow_syntax: 'the arrows -> and ->>',
  on_conflict: 'ON CONFLICT',
  conflict_action: 'INSERT OR',
  is_using_sample: 'USING SAMPLE',
};

/** @returns what is not Snowflake's in a text of one or more statements; nothing of a good one */
export function snowflakeFaults(sql: string): readonly string[] {
  const result = parse(sql, Dialect.Snowflake);
  if (!result.success) return [result.error];
  const faults = new Set<string>();
  walk(result.ast, faults);
  return [...faults];
}

/** @throws Error that says what is wrong, and shows the text */
export function expectSnowflakeSql(sql: string): void {
  const faults = snowflakeFaults(sql);
  if (faults.length > 0) throw new Error(`not SQL of Snowflake: ${faults.join('; ')}\n${sql}`);
}

function walk(node: unknown, faults: Set<string>): void {
  if (Array.isArray(node)) {
    node.forEach((each) => {
      walk(each, faults);
    });
  }
  if (!isRecord(node) || Array.isArray(node)) return;
  for (const [kind, part] of Object.entries(node)) {
    if (part === null || part === false) continue;
    const fault = faultOf(kind, part, node);
    if (fault !== undefined) faults.add(fault);
    walk(part, faults);
  }
}

function faultOf(kind: string, part: unknown, around: Readonly<Record<string, unknown>>): string | undefined {
  const foreign = FOREIGN[kind];
  if (foreign !== undefined) return `${foreign}: another dialect's`;
  if ((kind === 'function' || kind === 'aggregate_function') && isRecord(part)) {
    const name = String(part['name']).toLowerCase();
    return FUNCTIONS.has(name) ? undefined : `${name}: not among the functions known here`;
  }
  if (kind !== 'data_type' || typeof part !== 'string') return undefined;
  const isKnown = part === 'custom' ? CUSTOM_TYPES.test(String(around['name'])) : TYPES.has(part);
  return isKnown ? undefined : `${part}: not a type`;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
