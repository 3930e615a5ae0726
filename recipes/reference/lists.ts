/**
 * Lists that marketing operations keep. A value outside them is left out (a role becomes `other`) and counted under
 * the field's name, so that somebody notices and extends the list.
 */

/** Company sizes, passed on as they are. The second line is what older forms sent. */
export const EMPLOYEE_BUCKETS: readonly string[] = [
  ...['1-99', '100-499', '500-1,999', '2,000-9,999', '10,000+'],
  ...['500-1999', '2000-9999', '10000+', '10,000 +'],
];

/** Roles that the product's forms offer. */
export const ROLES: readonly string[] = [
  'software_developer',
  'development_team_lead',
  'devops_engineer',
  'systems_administrator',
  'security_analyst',
  'data_analyst',
  'product_manager',
  'product_designer',
  'other',
];

/**
 * Why somebody signs up: the product's key and the text that segments compare with. `exploring`, `ci` and `other` are
 * documented with the journeys. The rest is the wording of the sign-up form; change it if your segments differ.
 */
export const SIGNUP_REASONS: Readonly<Record<string, string>> = {
  basics: 'I want to learn the basics of Git',
  move_repository: 'I want to move my repository to GitLab from somewhere else',
  code_storage: 'I want to store my code',
  exploring: 'I want to explore GitLab',
  ci: 'I want to use GitLab CI',
  joining_team: 'I’m joining my team who’s already on GitLab',
  other: 'A different reason',
};

/** Whether the free text of `other` follows its label. Off: what people write there is personal data. */
export const COMMENT_TEXT: 'left-out' | 'appended' = 'left-out';
