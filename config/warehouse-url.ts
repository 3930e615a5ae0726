/** Where the rows are: a DuckDB file of this machine, or a schema in Snowflake. */
import { z } from 'zod';

export type WarehouseUrl =
  | { readonly kind: 'duckdb'; /** Path of the database file. */ readonly path: string }
  | {
      readonly kind: 'snowflake';
      /** Account identifier, `<organisation>-<account>`. */
      readonly account: string;
      readonly database: string;
      readonly schema: string;
      /** Virtual warehouse that computes; without one the user's default. */
      readonly warehouse?: string;
      /** Without one the user's default. */
      readonly role?: string;
    };

const FORM = 'neither duckdb:<path> nor snowflake://<account>/<database>/<schema>';

export const warehouseUrl = z.string().transform((value, context): WarehouseUrl => {
  const parsed = value.startsWith('duckdb:') ? duckdb(value.slice('duckdb:'.length)) : snowflake(value);
  if (typeof parsed !== 'string') return parsed;
  context.addIssue(parsed);
  return z.NEVER;
});

function duckdb(path: string): WarehouseUrl | string {
  return path.trim() === '' ? 'names no file after duckdb:' : { kind: 'duckdb', path: path.trim() };
}

function snowflake(value: string): WarehouseUrl | string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'snowflake:') return FORM;
  if (url.username !== '' || url.password !== '') {
    return 'credentials do not belong into the URL: use SNOWFLAKE_USER and SNOWFLAKE_PRIVATE_KEY_PATH';
  }
  if ([...url.searchParams.keys()].some((name) => name !== 'warehouse' && name !== 'role')) {
    return 'takes only the parameters warehouse and role';
  }
  const [database, schema, ...more] = url.pathname.split('/').slice(1).map(decoded);
  if (!url.hostname || !database || !schema || more.length > 0) return FORM;
  return { kind: 'snowflake', account: url.hostname, database, schema, ...computing(url.searchParams) };
}

function computing(parameters: URLSearchParams): { warehouse?: string; role?: string } {
  const warehouse = parameters.get('warehouse');
  const role = parameters.get('role');
  return { ...(warehouse ? { warehouse } : {}), ...(role ? { role } : {}) };
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
