/** The tour's third part: a model of the warehouse is synced whole, then what has changed, then a plan that looks wrong. */
import type { WorkflowHandle } from '@temporalio/client';
import type { RunRecord } from '../../activities/warehouse/sync-contract.js';
import { openDuckDb } from '../../activities/warehouse/duckdb.js';
import { usersNamespaces } from '../../recipes/models/users-namespaces.js';
import { changeSample, sampleAddresses, type SampleChanges } from '../../sandbox/samples/warehouse/index.js';
import {
  approveUpdate,
  progressQuery,
  SYNC_MODEL,
  syncWorkflowId,
  type SyncModelInput,
  type SyncResult,
} from '../../workflows/sync-model/messages.js';
import type { Section } from './report.js';
import type { Stage } from './stage.js';
import { until } from './until.js';

export const SAMPLE = { rows: 5_000, seed: 1, bad: 12 } as const;
const CHANGED = 200;
/** Most of the table: more than the model's guards let pass. */
const REMOVED = 3_000;

type SyncModelWorkflow = (input: SyncModelInput) => Promise<SyncResult>;

export async function playSync(stage: Stage, say: (line: string) => void): Promise<Section> {
  say(
    `${SAMPLE.rows.toLocaleString('en')} rows of the warehouse go to Iterable, ${String(SAMPLE.bad)} of them bad ...`,
  );
  await addSampleToIterable(stage);
  const sentBefore = bulkCalls(stage);
  const full = await ended(await start(stage));
  const fullCalls = bulkCalls(stage) - sentBefore;

  say(`${String(CHANGED)} rows change; only they are sent ...`);
  await change(stage, { changes: CHANGED, seed: 1 });
  const incremental = await ended(await start(stage));
  const nothing = await ended(await start(stage));

  say('somebody deletes most of the table: the run waits, until an operator approves ...');
  await change(stage, { changes: 0, removals: REMOVED, seed: 2 });
  const guarded = await start(stage);
  await until(async () => (await guarded.query(progressQuery)).phase === 'awaiting-approval');
  const { guards } = await guarded.query(progressQuery);
  await guarded.executeUpdate(approveUpdate, { args: ['the tour'] });
  const approved = await ended(guarded);

  return {
    title: 'warehouse sync',
    counts: [
      { what: 'rows planned by the first run', expected: SAMPLE.rows, counted: full.plan?.plannedRows ?? 0 },
      { what: 'of these delivered', expected: SAMPLE.rows - SAMPLE.bad, counted: delivered(full) },
      {
        what: 'of these refused, each with its reason',
        expected: SAMPLE.bad,
        counted: full.totals?.verdicts.rejected ?? 0,
      },
      { what: 'changed rows sent by the second run', expected: CHANGED, counted: delivered(incremental) },
      {
        what: 'rows planned where nothing has changed',
        expected: 0,
        counted: nothing.plan?.plannedRows ?? 0,
      },
      { what: 'guards that stopped the third run', expected: 1, counted: guards.length },
      {
        what: 'rows gone, settled after the approval',
        expected: REMOVED,
        counted: approved.totals?.planned ?? 0,
      },
    ],
    notes: [`the first run took ${String(fullCalls)} bulk requests, those that find bad rows among them`],
  };
}

const delivered = (run: RunRecord): number => run.totals?.verdicts.delivered ?? 0;

function start({ client }: Stage): Promise<WorkflowHandle<SyncModelWorkflow>> {
  const { name } = usersNamespaces;
  return client.workflow.start<SyncModelWorkflow>(SYNC_MODEL, {
    taskQueue: 'recipes',
    workflowId: syncWorkflowId(name),
    args: [{ model: name, environment: 'demo', dryRun: false }],
    staticSummary: `${name}, by the tour`,
  });
}

const ended = async (handle: WorkflowHandle<SyncModelWorkflow>): Promise<RunRecord> =>
  (await handle.result()).run;

const bulkCalls = ({ iterable }: Stage): number => iterable.received('/api/users/bulkUpdate').length;

/** In the process of the worker, which has the file open: no other one could. */
async function change({ warehousePath }: Stage, changes: SampleChanges): Promise<void> {
  const warehouse = await openDuckDb({ path: warehousePath });
  try {
    await changeSample(warehouse, changes);
  } finally {
    await warehouse.close();
  }
}

/** The models only update: whoever is in the sample is at Iterable already. */
async function addSampleToIterable({ iterable }: Stage): Promise<void> {
  for await (const address of sampleAddresses(SAMPLE)) iterable.addUser(address);
}
