/** What becomes of a question. Those that fail are not recorded: their failure carries the paths of the machine. */
import type { WorkflowHandle } from '@temporalio/client';
import { ASK_WAREHOUSE, type AskWarehouseInput } from '../../workflows/ask-warehouse/messages.js';
import { consentRecord } from '../support/consent-records.js';
import { failure, type Scene, type Story } from './scene.js';

export const askWarehouseStories: Readonly<Record<string, Story>> = {
  answered: {
    shows: ['ACTIVITY_TASK_COMPLETED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      scene.recipes.use({ consentHistory: () => Promise.resolve([consentRecord()]) });
      return ask(scene, { question: 'consentHistory', about: 'personaaaaaaaaaa', takenWithinMs: 15_000 });
    },
  },
  'answered-after-an-outage': {
    shows: ['ACTIVITY_TASK_COMPLETED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      let calls = 0;
      const outage = failure({ message: 'DuckDB: IO Error', type: 'unavailable', nextRetryDelay: '20 ms' });
      const none = { count: 0, p50Ms: null, p95Ms: null, p99Ms: null, maxMs: null };
      const report = { since: '', until: '', counts: [], missedByPush: 0, missedByPoll: 0 };
      scene.recipes.use({
        consentReport: () => {
          calls += 1;
          if (calls === 1) return Promise.reject(outage);
          return Promise.resolve({ ...report, activityToVerified: none, receiptToVerified: none });
        },
      });
      const about = { sinceMs: 0, untilMs: 1 };
      return ask(scene, { question: 'consentReport', about, takenWithinMs: 15_000 });
    },
  },
};

let questions = 0;
async function ask({ env }: Scene, input: AskWarehouseInput): Promise<WorkflowHandle> {
  const handle = await env.client.workflow.start(ASK_WAREHOUSE, {
    taskQueue: 'recipes',
    workflowId: `${ASK_WAREHOUSE}/story-${String((questions += 1))}`,
    args: [input],
  });
  await handle.result();
  return handle;
}
