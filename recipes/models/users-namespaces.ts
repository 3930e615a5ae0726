/** "Iterable-Production": everybody who came lately, with all namespaces that they are a member of. */
import { day, defineModel, flag, instant, integer, json, text } from '../../domain/define-model.js';

export const usersNamespaces = defineModel({
  name: 'users-namespaces',
  summary: 'People who registered in the last two months, with all of their namespaces.',
  owner: 'marketing-operations',
  sql: `
    SELECT
      dim_marketing_contact_id, email_address, first_name, last_name, country, company_name, job_title,
      gitlab_dotcom_user_id, gitlab_user_name, gitlab_dotcom_active_state, gitlab_dotcom_confirmed_date,
      gitlab_dotcom_created_date, gitlab_dotcom_last_login_date, is_pql, max_trial_start_date, namespaces_array
    FROM sensitive.pump_marketing_contact_namespace_detail
    WHERE gitlab_dotcom_created_date >= {{createdFrom}}
      AND gitlab_dotcom_created_date < {{createdBefore}}
      AND gitlab_dotcom_last_login_date IS NOT NULL
      AND gitlab_dotcom_active_state IS NOT NULL
      AND namespaces_array IS NOT NULL`,
  params: { createdFrom: { monthsAgo: 2 }, createdBefore: { daysAgo: -1 } },
  key: ['DIM_MARKETING_CONTACT_ID'],
  email: 'EMAIL_ADDRESS',
  target: { kind: 'user' },
  mode: { kind: 'update-only' },
  fields: {
    firstName: text('FIRST_NAME'),
    lastName: text('LAST_NAME'),
    country: text('COUNTRY'),
    company: text('COMPANY_NAME'),
    jobTitle: text('JOB_TITLE'),
    gitlabUserId: integer('GITLAB_DOTCOM_USER_ID'),
    gitlabUserName: text('GITLAB_USER_NAME'),
    gitlabActiveState: text('GITLAB_DOTCOM_ACTIVE_STATE'),
    gitlabConfirmedDate: day('GITLAB_DOTCOM_CONFIRMED_DATE'),
    gitlabCreatedDate: day('GITLAB_DOTCOM_CREATED_DATE'),
    gitlabLastLogin: instant('GITLAB_DOTCOM_LAST_LOGIN_DATE'),
    isPql: flag('IS_PQL'),
    maxTrialStartDate: day('MAX_TRIAL_START_DATE', { nulls: 'send' }),
    namespaces: json('NAMESPACES_ARRAY', { set: true }),
  },
});
