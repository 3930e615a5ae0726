/** How DuckDB spells what the engines spell differently. Times are TIMESTAMPTZ; connections run in UTC. */
import type { Dialect } from './engine.js';

export const duckDbDialect: Dialect = {
  text: quoted,
  /** MD5, because DuckDB's own `hash` may change with its version, and every row would then count as changed. */
  hash: (expression) => `md5(${expression})`,
  timestamp: (expression) => `CAST(${expression} AS TIMESTAMPTZ)`,
  isoText: (expression) => `strftime(CAST(${expression} AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%gZ')`,
  json: (expression) => `CAST(${expression} AS JSON)`,
  /** @see https://duckdb.org/docs/stable/data/json/json_functions */
  jsonRows: (bind) => ({
    from: `(SELECT unnest(CAST(${bind} AS JSON[])) AS item) AS json_rows`,
    field: (name) => `(json_rows.item ->> ${quoted(`$.${JSON.stringify(name)}`)})`,
  }),
  types: { text: 'VARCHAR', bigint: 'BIGINT', timestamp: 'TIMESTAMPTZ', json: 'JSON' },
};

function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
