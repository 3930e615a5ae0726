/** What happens to some people of a sample between two runs. */
import { literal } from './draw.js';
import { BAD_ROWS, CONTACTS, NAMESPACES, SAMPLE_SCHEMA } from './fill.js';

export interface SampleChanges {
  /** People of whom a field has another value: the last login, the job, the company, or their namespaces. */
  readonly changes: number;
  /** People who are gone. */
  readonly removals?: number | undefined;
  /** People with another address. */
  readonly addressChanges?: number | undefined;
  /** Chooses who; another one for each time, else the same people come again. */
  readonly seed: number;
}

const CHOSEN = `${SAMPLE_SCHEMA}.chosen`;

/** The table of who is chosen, and the rows of it. */
export function chooseChanges(changes: SampleChanges): readonly [table: string, choice: string] {
  const { seed, changes: changed, removals = 0, addressChanges = 0 } = changes;
  const some =
    `SELECT dim_marketing_contact_id AS id FROM ${CONTACTS} ` +
    `WHERE dim_marketing_contact_id NOT IN (SELECT dim_marketing_contact_id FROM ${BAD_ROWS}) ` +
    `ORDER BY hash(id, 'chosen', ${seed}), id LIMIT ${changed + removals + addressChanges}`;
  return [
    `CREATE OR REPLACE TABLE ${CHOSEN} (id VARCHAR, what VARCHAR)`,
    `INSERT INTO ${CHOSEN} SELECT id, CASE WHEN place <= ${changed} THEN [${KINDS.map(literal).join(', ')}][1 + place % ${KINDS.length}] ` +
      `WHEN place <= ${changed + removals} THEN 'removed' ELSE 'address' END ` +
      `FROM (SELECT id, row_number() OVER (ORDER BY hash(id, 'chosen', ${seed}), id) AS place FROM (${some}) AS picked) AS placed`,
  ];
}

const KINDS = ['login', 'job', 'company', 'members'];

export function changesSql({ seed }: SampleChanges): readonly string[] {
  const set = (what: string, values: string, table = CONTACTS): string =>
    `UPDATE ${table} SET ${values} FROM ${CHOSEN} WHERE id = dim_marketing_contact_id AND what = ${literal(what)}`;
  const remove = (table: string): string =>
    `DELETE FROM ${table} WHERE dim_marketing_contact_id IN (SELECT id FROM ${CHOSEN} WHERE what = 'removed')`;
  return [
    remove(CONTACTS),
    remove(NAMESPACES),
    set('login', `gitlab_dotcom_last_login_date = gitlab_dotcom_last_login_date + INTERVAL 1 HOUR`),
    set('job', `job_title = 'Senior ' || coalesce(job_title, 'Developer')`),
    set('company', `company_name = coalesce(company_name, 'Example') || ' Group'`),
    // A member more is not enough: JSON is text here, and a digit in front makes another number of any.
    set(
      'members',
      `namespaces_array = regexp_replace(CAST(namespaces_array AS VARCHAR), '"CURRENT_MEMBER_COUNT":(\\d+)', '"CURRENT_MEMBER_COUNT":1\\1', 'g')`,
    ),
    set('members', `current_member_count = CAST('1' || current_member_count AS BIGINT)`, NAMESPACES),
    set('address', `email_address = 'new-${seed}-' || lower(email_address)`),
    `DROP TABLE ${CHOSEN}`,
  ];
}
