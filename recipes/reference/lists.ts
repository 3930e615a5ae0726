/**
 * Lists that marketing operations keep: values outside them are left out (or replaced) and counted by field name.
 */

/** Company sizes, in the spelling that Iterable's segments compare with. */
export const EMPLOYEE_BUCKETS: readonly string[] = ['1-99', '100-499', '500-1,999', '2,000-9,999', '10,000+'];

/** Roles that the product's forms offer; anything else becomes `other`. */
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
