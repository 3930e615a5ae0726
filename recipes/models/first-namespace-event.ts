/** "Iterable - First Namespace Details Sync", the event: the same rows as a trace, for tracking and debugging. */
import { day, defineModel, flag, instant, integer, text } from '../../domain/define-model.js';
import { FIRST_NAMESPACE_PARAMS, FIRST_NAMESPACE_SQL } from './first-namespace.js';

export const firstNamespaceEvent = defineModel({
  name: 'first-namespace-event',
  summary: 'An event for each new state of the first namespace that a person created.',
  owner: 'marketing-operations',
  sql: FIRST_NAMESPACE_SQL,
  params: FIRST_NAMESPACE_PARAMS,
  key: ['DIM_MARKETING_CONTACT_ID'],
  email: 'EMAIL_ADDRESS',
  target: { kind: 'event', name: 'First Namespace Details Sync' },
  mode: { kind: 'update-only' },
  fields: {
    namespaceId: integer('NAMESPACE_ID'),
    createdAt: instant('CREATED_AT'),
    trialStartDate: day('TRIAL_START_DATE'),
    planTitle: text('GITLAB_PLAN_TITLE'),
    planIsPaid: flag('GITLAB_PLAN_IS_PAID'),
    isActiveTrial: flag('IS_ACTIVE_TRIAL'),
    isSetupForCompany: flag('IS_SETUP_FOR_COMPANY'),
    currentMemberCount: integer('CURRENT_MEMBER_COUNT'),
    activeStageCount: integer('ACTIVE_STAGE_COUNT'),
    glmSource: text('GLM_SOURCE'),
    glmContent: text('GLM_CONTENT'),
  },
});
