/** Makes the source tables of the shipped models in a DuckDB database. */
import { badRowsSql, spoilt } from './bad-rows.js';
import { literal } from './draw.js';
import { namespaceJson, namespacesSql } from './namespaces.js';
import { peopleSql } from './people.js';

export interface SampleOptions {
  /** People, each of them a row of the model `users-namespaces`. */
  readonly rows: number;
  /** A whole number: the same one gives the same rows. */
  readonly seed: number;
  /** So many of them cannot be delivered. */
  readonly bad?: number | undefined;
  /** Rows beside these whose key is there already, and rows without a key: each stops a run until somebody approves. */
  readonly duplicateKeys?: number | undefined;
  readonly nullKeys?: number | undefined;
  /** `YYYY-MM-DD`; today (UTC) unless given. */
  readonly today?: string | undefined;
}

/** Whoever runs SQL in a DuckDB database: a connection of our own, or the warehouse of a worker. */
export interface SampleDatabase {
  /** @returns rows inserted, changed or deleted */
  readonly execute: (statement: { readonly sql: string }, signal: AbortSignal) => Promise<number | undefined>;
  /** All or nothing. */
  readonly transact: (statements: readonly string[], signal: AbortSignal) => Promise<void>;
}

export const CONTACTS = 'sensitive.pump_marketing_contact_namespace_detail';
export const NAMESPACES = 'sensitive.marketing_contact_namespace';
/** What the sample says about itself: beside the source, so that it is known again. */
export const SAMPLE_SCHEMA = 'sample';
/** Keys of the rows that cannot be delivered: `dim_marketing_contact_id`, `kind`, and the `reason` of the verdict. */
export const BAD_ROWS = `${SAMPLE_SCHEMA}.bad_rows`;
const ABOUT = `${SAMPLE_SCHEMA}.about`;

const ID = 'dim_marketing_contact_id';

const CONTACT_COLUMNS: Readonly<Record<string, string>> = {
  dim_marketing_contact_id: 'VARCHAR',
  email_address: 'VARCHAR',
  first_name: 'VARCHAR',
  last_name: 'VARCHAR',
  country: 'VARCHAR',
  company_name: 'VARCHAR',
  job_title: 'VARCHAR',
  gitlab_dotcom_user_id: 'BIGINT',
  gitlab_user_name: 'VARCHAR',
  gitlab_dotcom_active_state: 'VARCHAR',
  gitlab_dotcom_confirmed_date: 'DATE',
  gitlab_dotcom_created_date: 'DATE',
  gitlab_dotcom_last_login_date: 'TIMESTAMP',
  gitlab_dotcom_email_opted_in: 'BOOLEAN',
  is_pql: 'BOOLEAN',
  max_trial_start_date: 'DATE',
  namespaces_array: 'JSON',
  prev_hash: 'VARCHAR',
  last_changed: 'TIMESTAMP',
};
const NAMESPACE_COLUMNS: Readonly<Record<string, string>> = {
  dim_marketing_contact_id: 'VARCHAR',
  namespace_id: 'BIGINT',
  user_id: 'BIGINT',
  creator_user_id: 'BIGINT',
  created_at: 'TIMESTAMP',
  trial_start_date: 'DATE',
  gitlab_plan_title: 'VARCHAR',
  gitlab_plan_is_paid: 'BOOLEAN',
  is_active_trial: 'BOOLEAN',
  is_setup_for_company: 'BOOLEAN',
  is_impacted_by_user_limit: 'BOOLEAN',
  is_namespace_pql: 'BOOLEAN',
  active_stage_count: 'BIGINT',
  list_of_stages: 'VARCHAR[]',
  current_member_count: 'BIGINT',
  glm_source: 'VARCHAR',
  glm_content: 'VARCHAR',
  user_access_level: 'BIGINT',
  user_access_level_name: 'VARCHAR',
};

/** @throws RangeError when there are more bad rows than rows */
export async function fillSample(
  database: SampleDatabase,
  options: SampleOptions,
  signal: AbortSignal,
): Promise<void> {
  const { rows, bad = 0, today = new Date().toISOString().slice(0, 10) } = options;
  if (bad > rows) throw new RangeError(`${bad} bad rows of ${rows}`);
  const sample: Sample = { ...options, bad, today };
  for (const sql of [
    ...tablesSql(sample),
    namespaceRowsSql(sample),
    contactRowsSql(sample),
    ...badKeysSql(sample),
  ])
    await database.execute({ sql }, signal);
}

type Sample = SampleOptions & { readonly bad: number; readonly today: string };

function tablesSql({ rows, seed, bad, today }: Sample): string[] {
  const columns = (of: Readonly<Record<string, string>>): string =>
    Object.entries(of)
      .map(([name, type]) => `${name} ${type}`)
      .join(', ');
  const badRows =
    bad === 0
      ? `SELECT CAST(NULL AS VARCHAR) AS dim_marketing_contact_id, 0 AS n, '' AS kind, '' AS reason WHERE false`
      : `SELECT dim_marketing_contact_id, n, kind, reason FROM (${badRowsSql(seed, rows, bad)}) AS bad ` +
        `JOIN (${peopleSql(rows, seed, today)}) AS people USING (n) ORDER BY n`;
  return [
    `CREATE SCHEMA IF NOT EXISTS ${SAMPLE_SCHEMA}`,
    `CREATE SCHEMA IF NOT EXISTS sensitive`,
    `CREATE OR REPLACE TABLE ${ABOUT} AS SELECT ${rows} AS people, ${seed} AS seed, ${bad} AS bad, DATE ${literal(today)} AS today`,
    `CREATE OR REPLACE TABLE ${BAD_ROWS} AS ${badRows}`,
    `CREATE OR REPLACE TABLE ${CONTACTS} (${columns(CONTACT_COLUMNS)})`,
    `CREATE OR REPLACE TABLE ${NAMESPACES} (${columns(NAMESPACE_COLUMNS)})`,
  ];
}

/** Both tables are made from the same draws, one row after another, so that memory does not grow with their number. */
function withNamespaces({ rows, seed, today }: Sample): string {
  return (
    `(SELECT *, ${namespacesSql(seed, today, rows)} AS namespaces ` +
    `FROM (${peopleSql(rows, seed, today)}) AS people) AS drawn`
  );
}

function namespaceRowsSql(sample: Sample): string {
  const names = Object.keys(NAMESPACE_COLUMNS);
  return (
    `INSERT INTO ${NAMESPACES} (${names.join(', ')}) SELECT ${names.map((name) => `m.${name}`).join(', ')} ` +
    `FROM (SELECT unnest(namespaces) AS m FROM ${withNamespaces(sample)}) AS each`
  );
}

function contactRowsSql(sample: Sample): string {
  const told =
    `SELECT *, list_transform(namespaces, lambda m: ${namespaceJson()}) AS texts, ` +
    `list_max(list_transform(list_filter(namespaces, lambda m: m.is_own), lambda m: m.trial_start_date)) ` +
    `AS max_trial_start_date FROM ${withNamespaces(sample)}`;
  const whole =
    `SELECT *, texts[1] AS one, '[' || array_to_string(texts, ',') || ']' AS namespaces_array, ` +
    `gitlab_dotcom_last_login_date AS last_changed, ` +
    `md5(concat(dim_marketing_contact_id, gitlab_dotcom_last_login_date, namespaces_array)) AS prev_hash ` +
    `FROM (${told}) AS told`;
  const names = Object.keys(CONTACT_COLUMNS);
  return (
    `INSERT INTO ${CONTACTS} (${names.join(', ')}) ` +
    `SELECT ${names.map((name) => (name === ID ? `whole.${ID}` : spoilt(name))).join(', ')} ` +
    `FROM (${whole}) AS whole LEFT JOIN ${BAD_ROWS} AS bad ON bad.n = whole.n`
  );
}

/** Rows with keys that stop a run, where they are asked for. */
function badKeysSql({ duplicateKeys = 0, nullKeys = 0, seed }: SampleOptions): string[] {
  const some = (count: number, replaced: string): string =>
    `INSERT INTO ${CONTACTS} SELECT * REPLACE (${replaced}) FROM ${CONTACTS} ` +
    `WHERE ${ID} NOT IN (SELECT ${ID} FROM ${BAD_ROWS}) ORDER BY hash(${ID}, ${seed}), ${ID} LIMIT ${count}`;
  return [
    ...(duplicateKeys === 0 ? [] : [some(duplicateKeys, 'upper(job_title) AS job_title')]),
    ...(nullKeys === 0 ? [] : [some(nullKeys, `NULL AS ${ID}`)]),
  ];
}
