/** What can become of records that come without a person. */
import type { WorkflowHandle } from '@temporalio/client';
import type { ConsentRecord } from '../../domain/consent.js';
import { RECORD_CONSENT } from '../../workflows/record-consent/messages.js';
import { failure, type Scene, type Story } from './scene.js';

const LEAD_GONE: ConsentRecord = {
  reference: 'guid-1',
  personHash: null,
  leadId: 7,
  change: 'opt-out',
  source: 'marketo-poll',
  activityAtMs: 1_000,
  receivedAtMs: 2_000,
  acknowledgedAtMs: null,
  verifiedAtMs: null,
  decidedAtMs: 2_000,
  outcome: 'lead-gone',
  reason: null,
};

export const recordConsentStories: Readonly<Record<string, Story>> = {
  recorded: {
    shows: ['ACTIVITY_TASK_COMPLETED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: (scene) => record(scene, 0),
  },
  'recorded-after-an-outage': {
    shows: ['ACTIVITY_TASK_STARTED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: (scene) => record(scene, 1),
  },
};

let runs = 0;
/** @param outages attempts that find the log down */
async function record({ env, recipes }: Scene, outages: number): Promise<WorkflowHandle> {
  let attempts = 0;
  recipes.use({
    appendConsentLog: () => {
      attempts += 1;
      return attempts > outages
        ? Promise.resolve()
        : Promise.reject(failure({ message: 'no log', type: 'unavailable', nextRetryDelay: '20 ms' }));
    },
  });
  const run = await env.client.workflow.start(RECORD_CONSENT, {
    taskQueue: 'recipes',
    workflowId: `recordConsent/${String((runs += 1))}`,
    args: [{ records: [LEAD_GONE] }],
  });
  await run.result();
  return run;
}
