/** "Iterable - First Namespace Details Sync", the user: flat fields of the first namespace that somebody created. */
import { day, defineModel, flag, instant, integer, object, text } from '../../domain/define-model.js';

/** One row per person: the earliest namespace that they created themselves; of two at one moment, the lower id. */
export const FIRST_NAMESPACE_SQL = `
    SELECT
      contact.dim_marketing_contact_id, contact.email_address, namespace.namespace_id, namespace.created_at,
      namespace.trial_start_date, namespace.gitlab_plan_title, namespace.gitlab_plan_is_paid,
      namespace.is_active_trial, namespace.is_setup_for_company, namespace.current_member_count,
      namespace.active_stage_count, namespace.glm_source, namespace.glm_content
    FROM sensitive.pump_marketing_contact_namespace_detail AS contact
    JOIN sensitive.marketing_contact_namespace AS namespace
      ON namespace.dim_marketing_contact_id = contact.dim_marketing_contact_id
    WHERE contact.gitlab_dotcom_created_date >= {{createdFrom}}
      AND contact.gitlab_dotcom_created_date < {{createdBefore}}
      AND contact.gitlab_dotcom_last_login_date IS NOT NULL
      AND contact.gitlab_dotcom_active_state IS NOT NULL
      AND namespace.creator_user_id = namespace.user_id
    QUALIFY row_number() OVER (
      PARTITION BY contact.dim_marketing_contact_id
      ORDER BY namespace.created_at, namespace.namespace_id
    ) = 1`;
export const FIRST_NAMESPACE_PARAMS = {
  createdFrom: { monthsAgo: 2 },
  createdBefore: { daysAgo: -1 },
} as const;

export const firstNamespace = defineModel({
  name: 'first-namespace',
  summary: 'Details of the first namespace that a person created.',
  owner: 'marketing-operations',
  sql: FIRST_NAMESPACE_SQL,
  params: FIRST_NAMESPACE_PARAMS,
  key: ['DIM_MARKETING_CONTACT_ID'],
  email: 'EMAIL_ADDRESS',
  target: { kind: 'user' },
  mode: { kind: 'update-only' },
  fields: {
    firstNamespaceId: integer('NAMESPACE_ID'),
    firstNamespaceCreatedAt: instant('CREATED_AT'),
    firstNamespaceTrialStartDate: day('TRIAL_START_DATE', { nulls: 'send' }),
    firstNamespacePlan: object({
      title: text('GITLAB_PLAN_TITLE'),
      isPaid: flag('GITLAB_PLAN_IS_PAID'),
      isActiveTrial: flag('IS_ACTIVE_TRIAL'),
    }),
    firstNamespaceForCompany: flag('IS_SETUP_FOR_COMPANY'),
    firstNamespaceMembers: integer('CURRENT_MEMBER_COUNT'),
    firstNamespaceStages: integer('ACTIVE_STAGE_COUNT'),
    firstNamespaceGlmSource: text('GLM_SOURCE', { nulls: 'keep-if-set' }),
    firstNamespaceGlmContent: text('GLM_CONTENT', { nulls: 'keep-if-set' }),
  },
});
