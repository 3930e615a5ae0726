/** Invented people of example.com, who registered within the last weeks: a SELECT with one row for each. */
import { drawFor, literal } from './draw.js';

const FIRST_NAMES = [
  ...['Ada', 'Ali', 'Amara', 'Bo', 'Chen', 'Dee', 'Eli', 'Fay', 'Gil', 'Hana', 'Ida', 'Ines', 'Jo', 'Kim'],
  ...['Lee', 'Mads', 'Nia', 'Ola', 'Pat', 'Quin', 'Ravi', 'Robin', 'Sky', 'Tay', 'Uma', 'Vera', 'Wim', 'Zoë'],
];
const LAST_NAMES = [
  ...['Abara', 'Berg', 'Castillo', 'Dubois', 'Eriksen', 'Fontaine', 'García López', 'Haas', 'Ito', 'Jansen'],
  ...['Kowalski', 'Lund', 'Moreau', 'Nakamura', "O'Neill", 'Patel', 'Quist', 'Rossi', 'Sample', 'van Dijk'],
];
const COUNTRIES = [
  ...['United States', 'United States', 'United States', 'India', 'India', 'Germany', 'Germany', 'France'],
  ...['United Kingdom', 'Brazil', 'Canada', 'Japan', 'Netherlands', 'Spain', 'Poland', 'Nigeria'],
];
const COMPANIES = [
  ...['Sample Works', 'Example Labs', 'Northwind', 'Blue Harbour', 'Ferrous & Sons', 'Kite Systems'],
  ...['Lumen Foods', 'Open Orchard', 'Quiet Robotics', 'Studio Nine', 'Tidewater', 'Vela Analytics'],
];
const JOB_TITLES = [
  ...['Software Developer', 'Software Developer', 'Development Team Lead', 'DevOps Engineer'],
  ...['Product Designer', 'Product Manager', 'Security Analyst', 'Systems Administrator', 'Student'],
];

/** All registered on one of so many days before the day of the sample, and so stay in the models' two months for a while. */
const REGISTERED_WITHIN_DAYS = 45;
export const FIRST_USER_ID = 10_000_000;

const DAY_MS = 86_400_000;
const LETTERS = 'àçëéíöñø';
const PLAIN = 'aceeiono';

/** Columns of the source table, but for those that tell of namespaces; beside them `n`, `days_ago` and `memberships`. */
export function peopleSql(rows: number, seed: number, today: string): string {
  const draw = drawFor(seed, 'n');
  const names =
    `SELECT n, ${draw.text('first name', FIRST_NAMES)} AS first_name, ` +
    `${draw.text('last name', LAST_NAMES)} AS last_name, ` +
    `1 + ${draw.number('registered', REGISTERED_WITHIN_DAYS)} AS days_ago FROM range(${rows}) AS drawn(n)`;
  const plain = `translate(lower(first_name || '.' || last_name), ${literal(`${LETTERS} '`)}, ${literal(PLAIN)})`;
  const addresses =
    `SELECT *, ${plain} || '.' || n || '@example.com' AS address, ` +
    `DATE ${literal(today)} - CAST(days_ago AS INTEGER) AS registered FROM (${names}) AS named`;
  return (
    `SELECT n, md5(address) AS dim_marketing_contact_id, ` +
    // Some sources keep the capitals that people type.
    `CASE WHEN ${draw.percent('capitals', 2)} THEN upper(address[1]) || address[2:] ELSE address END AS email_address, ` +
    `first_name, last_name, ${draw.text('country', COUNTRIES)} AS country, ` +
    `CASE WHEN ${draw.percent('company', 60)} THEN ${draw.text('which company', COMPANIES)} END AS company_name, ` +
    `CASE WHEN ${draw.percent('job', 70)} THEN ${draw.text('which job', JOB_TITLES)} END AS job_title, ` +
    `${FIRST_USER_ID} + n AS gitlab_dotcom_user_id, replace(address, '@example.com', '') AS gitlab_user_name, ` +
    `'active' AS gitlab_dotcom_active_state, registered AS gitlab_dotcom_confirmed_date, ` +
    `registered AS gitlab_dotcom_created_date, ` +
    `CAST(registered AS TIMESTAMP) + to_milliseconds(${draw.number('login', `days_ago * ${DAY_MS}`)}) ` +
    `AS gitlab_dotcom_last_login_date, ` +
    `${draw.percent('opted in', 40)} AS gitlab_dotcom_email_opted_in, ${draw.percent('pql', 8)} AS is_pql, ` +
    `days_ago, ${membershipCount(seed)} AS memberships FROM (${addresses}) AS addressed`
  );
}

/** Most people have one namespace, some a few, one in ten thousand fifty. */
function membershipCount(seed: number): string {
  const draw = drawFor(seed, 'n');
  const share = draw.number('memberships', 10_000);
  return (
    `CASE WHEN ${share} < 8000 THEN 1 WHEN ${share} < 9500 THEN 2 WHEN ${share} < 9960 THEN 3 + ${share} % 3 ` +
    `WHEN ${share} < 9999 THEN 6 + ${share} % 7 ELSE 50 END`
  );
}
