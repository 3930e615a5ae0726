/** The namespaces of invented people: those that they have created, and those of companies that they were invited to. */
import { drawFor, literal, textList } from './draw.js';
import { FIRST_USER_ID } from './people.js';

const OWN_PLANS = [
  ...Array<string>(11).fill('Free'),
  ...Array<string>(7).fill('Ultimate Trial'),
  'Premium',
  'Ultimate',
];
const COMPANY_PLANS = ['Free', 'Premium', 'Premium', 'Ultimate', 'Ultimate Trial'];
const STAGES = ['create', 'manage', 'monitor', 'package', 'plan', 'release', 'secure', 'verify'];
const GLM = [
  { source: 'about.gitlab.com', content: 'default-saas-trial' },
  { source: 'about.gitlab.com/pricing/', content: 'default-saas-trial' },
  { source: 'gitlab.com', content: 'free-cap-alert' },
];
const LEVELS: readonly (readonly [level: number, name: string])[] = [
  [30, 'Developer'],
  [40, 'Maintainer'],
  [30, 'Developer'],
  [20, 'Reporter'],
  [10, 'Guest'],
];

const FIRST_NAMESPACE_ID = 60_000_000;
/** Ids of the namespaces that one person can have created; the last of them is a company's. */
const IDS_PER_PERSON = 64;
const COMPANIES_ONE_IN = 5;
const FIRST_COMPANY_OWNER_ID = 5_000_000;
const MOST_TRIAL_DAYS = 30;
const MINUTES = 1_440;

/**
 * For a row of a person (`n`, `days_ago`, ids): the list of their namespaces, as structs with the columns of the source
 * table and `is_own`. Made in layers, each from what the one before has drawn.
 */
export function namespacesSql(seed: number, today: string, people: number): string {
  let list = `range(memberships)`;
  let known: readonly string[] = [];
  for (const layer of [first(seed), identity(people, seed), ofNamespace(seed, today), ofTrial(seed, today)]) {
    const fields = [
      ...known.map((name) => `${name} := m.${name}`),
      ...Object.entries(layer).map(([name, value]) => `${name} := ${value}`),
    ];
    list = `list_transform(${list}, lambda m: struct_pack(${fields.join(', ')}))`;
    known = [...known, ...Object.keys(layer)];
  }
  return list;
}

type Layer = Readonly<Record<string, string>>;

function first(seed: number): Layer {
  const draw = drawFor(seed, `n * ${IDS_PER_PERSON} + m`);
  const level = draw.number('level', LEVELS.length);
  return {
    place: 'm',
    is_own: draw.percent('own', 62),
    invited_as: `[${LEVELS.map(([number, name]) => `{level: ${number}, name: ${literal(name)}}`).join(', ')}][1 + ${level}]`,
  };
}

function identity(people: number, seed: number): Layer {
  const companies = Math.max(1, Math.ceil(people / COMPANIES_ONE_IN));
  const company = drawFor(seed, `n * ${IDS_PER_PERSON} + m.place`).number('which company', companies);
  return {
    dim_marketing_contact_id: 'dim_marketing_contact_id',
    user_id: `${FIRST_USER_ID} + n`,
    namespace_id:
      `${FIRST_NAMESPACE_ID} + CASE WHEN m.is_own THEN n * ${IDS_PER_PERSON} + m.place ` +
      `ELSE ${company} * ${IDS_PER_PERSON} + ${IDS_PER_PERSON - 1} END`,
    user_access_level: 'CASE WHEN m.is_own THEN 50 ELSE m.invited_as.level END',
    user_access_level_name: `CASE WHEN m.is_own THEN 'Owner' ELSE m.invited_as.name END`,
  };
}

/** Drawn by the id of the namespace, so that all of its members see the same. */
function ofNamespace(seed: number, today: string): Layer {
  const draw = drawFor(seed, 'm.namespace_id');
  const midnight = `TIMESTAMP ${literal(today)}`;
  const minutes = (name: string, below: string): string => `to_minutes(${draw.number(name, below)})`;
  const glm = `CASE WHEN m.is_own AND ${draw.percent('glm', 40)} THEN 1 + ${draw.number('which glm', GLM.length)} END`;
  return {
    creator_user_id: `CASE WHEN m.is_own THEN m.user_id ELSE ${FIRST_COMPANY_OWNER_ID} + m.namespace_id // ${IDS_PER_PERSON} END`,
    created_at:
      `CASE WHEN m.is_own THEN ${midnight} - to_days(days_ago) + ${minutes('created', `days_ago * ${MINUTES}`)} ` +
      `ELSE ${midnight} - to_days(90) - ${minutes('created', `1000 * ${MINUTES}`)} END`,
    gitlab_plan_title: `CASE WHEN m.is_own THEN ${draw.text('plan', OWN_PLANS)} ELSE ${draw.text('plan', COMPANY_PLANS)} END`,
    is_setup_for_company: `CASE WHEN NOT m.is_own THEN true WHEN ${draw.percent('asked', 80)} THEN ${draw.percent('company', 45)} END`,
    is_impacted_by_user_limit: draw.percent('limit', 5),
    is_namespace_pql: draw.percent('pql', 6),
    active_stage_count: draw.number('stages', STAGES.length - 1),
    current_member_count: `1 + ${draw.number('members', 'CASE WHEN m.is_own THEN 6 ELSE 200 END')}`,
    glm_source: `${textList(GLM.map(({ source }) => source))}[${glm}]`,
    glm_content: `${textList(GLM.map(({ content }) => content))}[${glm}]`,
  };
}

function ofTrial(seed: number, today: string): Layer {
  const draw = drawFor(seed, 'm.namespace_id');
  const isTrial = `m.gitlab_plan_title = 'Ultimate Trial'`;
  const begun =
    `CASE WHEN m.is_own THEN CAST(m.created_at AS DATE) ` +
    `ELSE DATE ${literal(today)} - CAST(${draw.number('trial', MOST_TRIAL_DAYS)} AS INTEGER) END`;
  const stage = draw.number('first stage', STAGES.length);
  return {
    gitlab_plan_is_paid: `m.gitlab_plan_title IN ('Premium', 'Ultimate')`,
    trial_start_date: `CASE WHEN ${isTrial} THEN ${begun} END`,
    is_active_trial: `${isTrial} AND ${begun} > DATE ${literal(today)} - ${MOST_TRIAL_DAYS}`,
    list_of_stages: `list_slice(${textList([...STAGES, ...STAGES])}, 1 + ${stage}, m.active_stage_count + ${stage})`,
  };
}

/** Keys of the objects in `namespaces_array`, as the warehouse has them: in capitals, absent where there is no value. */
const NUMBERS = [
  'active_stage_count',
  'creator_user_id',
  'current_member_count',
  'namespace_id',
  'user_access_level',
  'user_id',
];
const FLAGS = [
  'gitlab_plan_is_paid',
  'is_active_trial',
  'is_impacted_by_user_limit',
  'is_namespace_pql',
  'is_setup_for_company',
];
const TEXTS = ['gitlab_plan_title', 'glm_content', 'glm_source', 'user_access_level_name'];
const TIMES = ['created_at', 'trial_start_date'];

/** The struct `m` as the text of a JSON object. No value here needs escaping. */
export function namespaceJson(): string {
  const member = (name: string, value: string): string =>
    `coalesce(',"${name.toUpperCase()}":' || ${value}, '')`;
  const members = [
    ...[...NUMBERS, ...FLAGS].map((name) => member(name, `m.${name}`)),
    ...TEXTS.map((name) => member(name, `'"' || m.${name} || '"'`)),
    ...TIMES.map((name) =>
      member(name, `'"' || strftime(CAST(m.${name} AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g') || '"'`),
    ),
    `CASE WHEN m.active_stage_count > 0 THEN ',"LIST_OF_STAGES":["' || array_to_string(m.list_of_stages, '","') || '"]' ELSE '' END`,
  ];
  return `'{' || concat(${members.join(', ')})[2:] || '}'`;
}
