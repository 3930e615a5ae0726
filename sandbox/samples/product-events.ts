/** Invented people and the bodies the product backend would post about them: for the demo, benchmarks and tests. */

type Body = Readonly<Record<string, unknown>>;

export interface SampleEvent {
  /** For whoever watches: which value, in which shape. */
  readonly label: string;
  readonly body: Body;
}

const person = (name: string, uid: number): Body => ({
  work_email: `${name}@example.com`,
  uid,
  provider: 'gitlab',
});

const signUp = (interaction: string, name: string, uid: number, more: Body = {}): Body => ({
  ...person(name, uid),
  product_interaction: interaction,
  role: 'software_developer',
  jtbd: 'exploring',
  setup_for_company: false,
  opt_in: false,
  preferred_language: 'English',
  ...more,
});

const lead = (interaction: string, name: string, uid: number, more: Body = {}): Body => ({
  ...person(name, uid),
  product_interaction: interaction,
  first_name: 'Robin',
  last_name: 'Sample',
  company_name: 'Sample Works',
  company_size: '1-99',
  country: 'US',
  state: 'OR',
  phone_number: '+1 23 456-78-90',
  setup_for_company: true,
  role: 'product_designer',
  jtbd: 'exploring',
  opt_in: true,
  glm_source: 'about.gitlab.com/pricing/',
  glm_content: 'default-saas-trial',
  ...more,
});

const seat = (interaction: string, name: string): Body => ({
  work_email: `${name}@example.com`,
  product_interaction: interaction,
  first_name: 'Kim',
  last_name: 'Sample',
  namespace_id: 2001,
  existing_plan: 'premium',
  opt_in: null,
  preferred_language: 'English',
});

/** The same lead under the column names of the backend's table. */
const asColumns = (name: string, uid: number): Body => ({
  email: `${name}@example.com`,
  user_id: uid,
  product_interaction: 'SaaS Trial',
  first_name: 'Robin',
  last_name: 'Sample',
  company_name: 'Sample Works',
  employees_bucket: '100-499',
  is_for_business_use: true,
  country: 'CA',
  state: 'ON',
  trial_start_date: '2026-11-20',
});

/** All 16 values of `product_interaction`, in the shapes that the product sends them in, old and new. */
export const SAMPLE_EVENTS: readonly SampleEvent[] = [
  { label: 'Personal SaaS Registration, newest', body: signUp('Personal SaaS Registration', 'ari', 1001) },
  {
    label: 'Personal SaaS Registration, before opt_in',
    body: {
      ...person('bo', 1002),
      product_interaction: 'Personal SaaS Registration',
      role: 'other',
      jtbd: 'ci',
    },
  },
  {
    label: 'Invited User, newest',
    body: signUp('Invited User', 'cam', 1003, { existing_plan: 'premium', setup_for_company: true }),
  },
  {
    label: 'Invited User, nulls',
    body: {
      ...person('dee', 1004),
      product_interaction: 'Invited User',
      role: null,
      jtbd: null,
      opt_in: null,
    },
  },
  { label: 'SaaS Trial, lead', body: lead('SaaS Trial', 'eli', 1005) },
  { label: 'SaaS Trial, wrapped', body: { trial_user: lead('SaaS Trial', 'fay', 1006) } },
  { label: 'SaaS Trial, column names', body: asColumns('gil', 1007) },
  { label: 'SaaS Trial - defaulted', body: lead('SaaS Trial - defaulted', 'hal', 1008) },
  { label: 'SaaS Registration', body: lead('SaaS Registration', 'ida', 1009, { state: 'AL' }) },
  { label: 'SaaS Trial Account Creation', body: signUp('SaaS Trial Account Creation', 'jo', 1010) },
  {
    label: 'Direct Purchase Account Creation Premium Dotcom',
    body: signUp('Direct Purchase Account Creation Premium Dotcom', 'kit', 1011),
  },
  {
    label: 'Direct Purchase Account Creation Premium SM',
    body: signUp('Direct Purchase Account Creation Premium SM', 'lee', 1012),
  },
  { label: 'Duo Pro seat', body: seat('duo_pro_add_on_seat_assigned', 'max') },
  { label: 'Duo Enterprise seat', body: seat('duo_enterprise_add_on_seat_assigned', 'nic') },
  { label: 'Duo Pro trial', body: lead('duo_pro_trial', 'ola', 1013, { namespace_id: 2002 }) },
  { label: 'Duo Enterprise trial', body: lead('duo_enterprise_trial', 'pat', 1014, { namespace_id: 2003 }) },
  {
    label: 'Hand Raise PQL',
    body: lead('Hand Raise PQL', 'quin', 1015, { namespace_id: 2004, comment: 'call me' }),
  },
  { label: 'Cart, Premium', body: lead('cart abandonment - SaaS Premium', 'ray', 1016) },
  { label: 'Cart, Ultimate', body: lead('cart abandonment - SaaS Ultimate', 'sky', 1017) },
  {
    label: 'Cart, credits',
    body: lead('cart abandonment - DAP monthly commit', 'tay', 1018, {
      glm_source: 'gitlab.com',
      glm_content: 'first-purchase-credits',
      skip_country_validation: true,
    }),
  },
];

/** A value that no recipe knows: an experiment of the product that nobody announced. */
export const UNANNOUNCED_EVENT: SampleEvent = {
  label: 'a value nobody announced',
  body: signUp('Lightweight Trial Experiment', 'uma', 1019),
};

/**
 * `count` different people starting a trial without asking for mail, so that each costs an event and no consent;
 * `from` keeps bursts of one run apart.
 */
export function burstOf(count: number, from = 100_000): Body[] {
  return Array.from({ length: count }, (_, index) => {
    const uid = from + index;
    return lead('SaaS Trial', `burst-${String(uid)}`, uid, { opt_in: false });
  });
}
