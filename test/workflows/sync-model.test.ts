/** One run of a model, phase by phase, in virtual time. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Context } from '@temporalio/activity';
import {
  ApplicationFailure,
  WorkflowUpdateFailedError,
  type WorkflowHandleWithFirstExecutionRunId,
} from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { LoadResult, RunRecord } from '../../activities/warehouse/sync-contract.js';
import {
  approveUpdate,
  cancelUpdate,
  pauseUpdate,
  progressQuery,
  rejectUpdate,
  resumeUpdate,
  setRateUpdate,
  SCHEDULED_SYNC,
  SYNC_MODEL,
  syncWorkflowId,
  type ScheduledSyncResult,
  type SyncModelInput,
  type SyncPhase,
  type SyncResult,
} from '../../workflows/sync-model/messages.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { eventually } from '../support/eventually.js';
import { startRecipes, type Recipes } from '../support/recipes-worker.js';
import { deliveredAll, planOf, syncStory, type SyncStory } from '../support/sync-story.js';
import { timeSkippingEnv } from '../support/temporal.js';

type Handle = WorkflowHandleWithFirstExecutionRunId<(input: SyncModelInput) => Promise<SyncResult>>;

const HOUR_MS = 3_600_000;
/** Ranges under way at once, of 1,000 rows each. */
const AT_ONCE = 12;
const ROWS_AT_ONCE = AT_ONCE * 1_000;
const GUARDED = planOf(900, { knownRows: 1_000, operations: { add: 0, change: 0, remove: 600, retry: 300 } });
const unavailable = (): Promise<never> =>
  Promise.reject(ApplicationFailure.create({ type: 'unavailable', message: 'Iterable does not answer' }));

describe('syncModel', () => {
  let env: TestWorkflowEnvironment;
  let recipes: Recipes;
  beforeAll(async () => {
    env = await timeSkippingEnv();
    recipes = await startRecipes(env);
  });
  afterAll(async () => {
    await recipes.stop();
    await env.teardown();
  });

  let runs = 0;
  const start = (story: SyncStory, input: Partial<SyncModelInput> = {}): Promise<Handle> => {
    recipes.use(story.activities);
    return env.client.workflow.start(SYNC_MODEL, {
      taskQueue: 'recipes',
      workflowId: `test/sync-${String((runs += 1))}`,
      args: [{ model: 'people', environment: 'test', dryRun: false, ...input }],
    });
  };
  const runOf = async (story: SyncStory, input: Partial<SyncModelInput> = {}): Promise<RunRecord> =>
    (await (await start(story, input)).result()).run;
  const reach = (handle: Handle, phase: SyncPhase): Promise<void> =>
    eventually(async () => {
      expect((await handle.query(progressQuery)).phase).toBe(phase);
    });
  const refusal = (update: Promise<unknown>): Promise<string> =>
    update.then(
      () => 'taken',
      (error: unknown) =>
        error instanceof WorkflowUpdateFailedError ? String(error.cause?.message) : 'other',
    );

  it('plans, loads range after range, verifies, commits, and says what it did', async () => {
    const story = syncStory(planOf(2_500));
    const run = await runOf(story);
    expect(run).toMatchObject({ model: 'people', outcome: 'done', calls: 3 });
    expect(run.totals).toMatchObject({ planned: 2_500, verdicts: { delivered: 2_500 } });
    expect(run.runId).toMatch(/^people-\d{8}t\d{6}z-[0-9a-f]{6}$/);
    expect(story.calls.filter((call) => !call.startsWith('load'))).toEqual([
      'planSync',
      'verifyRun',
      'hasPlan',
      'commitSync',
      'dropPlans',
      'recordRun',
    ]);
    expect(story.calls.filter((call) => call.startsWith('load')).sort()).toEqual([
      'load 0-1000',
      'load 1000-2000',
      'load 2000-2500',
    ]);
    expect(story.records).toEqual([run]);
  });

  it('sends nothing and verifies nothing where nothing has changed', async () => {
    const story = syncStory(planOf(0, { sourceRows: 5, knownRows: 5, unchangedRows: 5 }));
    expect(await runOf(story)).toMatchObject({ outcome: 'done', calls: 0, totals: { planned: 0 } });
    expect(story.calls).toEqual(['planSync', 'hasPlan', 'commitSync', 'dropPlans', 'recordRun']);
  });

  it('only counts in a dry run', async () => {
    const story = syncStory(GUARDED);
    const run = await runOf(story, { dryRun: true });
    expect(run).toMatchObject({ outcome: 'done', plan: GUARDED });
    expect(run.totals).toBeUndefined();
    expect(story.calls).toEqual(['planSync', 'dropPlans']);
  });

  it('makes refused rows due before it plans, where it is asked to', async () => {
    const story = syncStory(planOf(1));
    await runOf(story, { retryFailed: true });
    expect(story.calls.slice(0, 2)).toEqual(['retryFailed', 'planSync']);
  });

  it('asks for more rows per request while Iterable takes them, and for half where it does not', async () => {
    const sizes: number[] = [];
    const story = syncStory(planOf(40_000), {
      loadRange: (range) => {
        sizes.push(range.rowsPerCall);
        const result = deliveredAll(range);
        const isTooLarge = range.rowsPerCall > 1_400;
        return Promise.resolve(
          isTooLarge ? { ...result, calls: 3, acceptedRows: 700, tooLargeRows: range.rowsPerCall } : result,
        );
      },
    });
    expect((await runOf(story)).totals).toMatchObject({ verdicts: { delivered: 40_000 } });
    expect(sizes).toContain(1_250);
    expect(sizes.filter((rows) => rows > 1_400)).toEqual([1_563]); // found out once
  });

  it('waits for an approval where a guard wants one, reminds, and goes on when it has it', async () => {
    const story = syncStory(GUARDED);
    const handle = await start(story);
    await reach(handle, 'awaiting-approval');
    const { guards } = await handle.query(progressQuery);
    expect(guards).toEqual(['removals: 600 of 1000 rows, 60 %; at most 20 %']);
    expect(await refusal(handle.executeUpdate(resumeUpdate))).toBe('it is not paused');
    await env.sleep(9 * HOUR_MS);
    expect(story.calls).toEqual(['planSync']);
    expect((await handle.describe()).typedSearchAttributes.get(searchAttributes.outcome)).toBe(
      'awaiting-approval',
    );
    await handle.executeUpdate(approveUpdate, { args: ['jo'] });
    expect((await handle.result()).run).toMatchObject({
      outcome: 'done',
      totals: { verdicts: { delivered: 900 } },
    });
    expect(await refusal(handle.executeUpdate(approveUpdate, { args: ['jo'] }))).toBe('other'); // it has ended
  });

  it('changes nothing when it is rejected, or when nobody decides in time', async () => {
    const rejected = syncStory(GUARDED);
    const handle = await start(rejected);
    await reach(handle, 'awaiting-approval');
    await handle.executeUpdate(rejectUpdate, { args: ['half of the table is missing'] });
    const { run } = await handle.result();
    expect(run).toMatchObject({ outcome: 'rejected', problem: 'half of the table is missing' });
    expect(run.totals).toBeUndefined();
    expect(rejected.calls).toEqual(['planSync', 'dropPlans', 'recordRun']);

    const forgotten = syncStory(GUARDED);
    const startedMs = await env.currentTimeMs();
    expect((await runOf(forgotten)).outcome).toBe('timed-out');
    expect((await env.currentTimeMs()) - startedMs).toBeGreaterThanOrEqual(24 * HOUR_MS);
    expect(forgotten.calls).toEqual(['planSync', 'dropPlans', 'recordRun']);
  });

  it('sends nothing while it is paused', async () => {
    const gate = openGate();
    const story = syncStory(planOf(20_000), { loadRange: (range) => gate.pass(deliveredAll(range)) });
    const handle = await start(story);
    await eventually(() => {
      expect(gate.waiting()).toBe(AT_ONCE);
    });
    await handle.executeUpdate(pauseUpdate);
    expect(await refusal(handle.executeUpdate(pauseUpdate))).toBe('it is paused already');
    gate.open();
    await eventually(async () => {
      expect((await handle.query(progressQuery)).loadedRows).toBe(ROWS_AT_ONCE);
    });
    await env.sleep(HOUR_MS);
    expect(await handle.query(progressQuery)).toMatchObject({
      phase: 'paused',
      loadedRows: ROWS_AT_ONCE,
    });
    await handle.executeUpdate(resumeUpdate);
    expect((await handle.result()).run.totals).toMatchObject({ verdicts: { delivered: 20_000 } });
    expect(new Set(story.calls).size).toBe(story.calls.length); // no range was sent twice
  });

  it('keeps to a rate that an operator sets, and takes none above what Iterable allows', async () => {
    const gate = openGate();
    const story = syncStory(planOf(60_000), { loadRange: (range) => gate.pass(deliveredAll(range)) });
    const handle = await start(story);
    await eventually(() => {
      expect(gate.waiting()).toBe(AT_ONCE);
    });
    expect(await refusal(handle.executeUpdate(setRateUpdate, { args: [6] }))).toContain(
      'at most 5 requests a second',
    );
    expect(await refusal(handle.executeUpdate(setRateUpdate, { args: [0] }))).toContain('more than 0');
    await handle.executeUpdate(setRateUpdate, { args: [0.1] });
    const beforeMs = await env.currentTimeMs();
    gate.open();
    const { calls } = (await handle.result()).run;
    expect((await env.currentTimeMs()) - beforeMs).toBeGreaterThanOrEqual((calls - AT_ONCE - 2) * 10_000);
  });

  it.each(['planning', 'awaiting-approval', 'loading', 'verifying'] as const)(
    'leaves an exact state behind when it is cancelled while %s',
    async (phase) => {
      const held = openGate();
      const story = syncStory(phase === 'awaiting-approval' ? GUARDED : planOf(30_000), {
        ...(phase === 'planning' ? { planSync: () => untilCancelled() } : {}),
        ...(phase === 'loading' ? { loadRange: (range) => held.pass(deliveredAll(range)) } : {}),
        ...(phase === 'verifying' ? { verifyRun: () => untilCancelled() } : {}),
      });
      const handle = await start(story);
      if (phase === 'loading')
        await eventually(() => {
          expect(held.waiting()).toBe(AT_ONCE);
        });
      else await reach(handle, phase);
      await handle.executeUpdate(cancelUpdate);
      held.open(); // what is in flight settles
      const { run } = await handle.result();
      expect(run.outcome).toBe('cancelled');
      expect(run.totals?.verdicts).toEqual(
        {
          planning: undefined,
          'awaiting-approval': undefined,
          loading: expect.objectContaining({ delivered: ROWS_AT_ONCE, retry: 30_000 - ROWS_AT_ONCE }),
          verifying: expect.objectContaining({ delivered: 30_000, retry: 0 }),
        }[phase],
      );
      expect(story.records).toEqual([run]);
    },
  );

  it('waits an outage out, with few attempts and without a growing history', async () => {
    const untilMs = (await env.currentTimeMs()) + 30 * 60_000;
    let attempts = 0;
    const story = syncStory(planOf(8_000), {
      loadRange: async (range) => {
        attempts += 1;
        return (await env.currentTimeMs()) < untilMs ? unavailable() : deliveredAll(range);
      },
    });
    const handle = await start(story);
    expect((await handle.result()).run.totals).toMatchObject({ verdicts: { delivered: 8_000 } });
    expect(attempts).toBeLessThan(8 * 15);
    expect((await handle.describe()).historyLength).toBeLessThan(120);
  });

  it('commits what is confirmed, and fails, when a range gets nowhere for 76 hours', async () => {
    const story = syncStory(planOf(3_000), {
      loadRange: (range) => (range.fromRow === 1_000 ? unavailable() : Promise.resolve(deliveredAll(range))),
    });
    const startedMs = await env.currentTimeMs();
    await expect(runOf(story)).rejects.toMatchObject({
      cause: { cause: { message: 'Iterable does not answer' } },
    });
    expect(((await env.currentTimeMs()) - startedMs) / HOUR_MS).toBeGreaterThanOrEqual(75.5);
    expect(story.records).toMatchObject([
      {
        outcome: 'failed',
        totals: { verdicts: { delivered: 2_000, retry: 1_000 } },
        problem: 'Iterable does not answer',
      },
    ]);
  });

  it('plans again when somebody has dropped the plan, three times at most', async () => {
    const lost = (): Promise<never> =>
      Promise.reject(ApplicationFailure.nonRetryable('the plan table is gone', 'plan-lost'));
    let losses = 1;
    const once = syncStory(planOf(1_000), {
      loadRange: (range) => ((losses -= 1) >= 0 ? lost() : Promise.resolve(deliveredAll(range))),
    });
    const run = await runOf(once);
    expect(run).toMatchObject({ outcome: 'done', problem: 'the plan was lost 1 times' });
    expect(once.calls.filter((call) => call === 'planSync')).toHaveLength(2);

    const always = syncStory(planOf(1_000), { loadRange: lost });
    await expect(runOf(always)).rejects.toMatchObject({ cause: { cause: { type: 'plan-lost' } } });
    expect(always.calls.filter((call) => call === 'planSync')).toHaveLength(3);
    expect(always.calls).not.toContain('commitSync');
  });

  it('fails loudly when the verdicts do not add up', async () => {
    const story = syncStory(planOf(10), {
      commitSync: () =>
        Promise.resolve({
          planned: 10,
          verdicts: { delivered: 9, unchanged: 0, skipped: 0, rejected: 0, retry: 0, unknown: 0 },
        }),
    });
    await expect(runOf(story)).rejects.toMatchObject({ cause: { type: 'conservation' } });
  });

  it('goes on as a new run before its history is long, without losing its place', async () => {
    const story = syncStory(planOf(ROWS_AT_ONCE + 900), {
      loadRange: (range) => Promise.resolve({ ...deliveredAll(range), acceptedRows: 0, tooLargeRows: 2 }),
    });
    const handle = await start(story);
    const { run } = await handle.result();
    expect(run.totals).toMatchObject({
      planned: ROWS_AT_ONCE + 900,
      verdicts: { delivered: ROWS_AT_ONCE + 900 },
    });
    expect(story.calls.filter((call) => call === 'planSync')).toHaveLength(1);
    expect(new Set(story.calls).size).toBe(story.calls.length);
    const last = await env.client.workflow.getHandle(handle.workflowId).describe();
    expect(last.runId).not.toBe(handle.firstExecutionRunId);
  });

  it('is started by the clock, unless another run of the model is under way', async () => {
    const byClock = (id: string): Promise<ScheduledSyncResult> =>
      env.client.workflow.execute<
        (input: { model: string; environment: string }) => Promise<ScheduledSyncResult>
      >(SCHEDULED_SYNC, {
        taskQueue: 'recipes',
        workflowId: id,
        args: [{ model: 'people', environment: 'test' }],
      });
    recipes.use(syncStory(planOf(5)).activities);
    expect(await byClock('test/clock-1')).toMatchObject({ run: { outcome: 'done' } });
    recipes.use(syncStory(GUARDED).activities);
    const other: Handle = await env.client.workflow.start(SYNC_MODEL, {
      taskQueue: 'recipes',
      workflowId: syncWorkflowId('people'),
      args: [{ model: 'people', environment: 'test', dryRun: false }],
    });
    await reach(other, 'awaiting-approval');
    expect(await byClock('test/clock-2')).toEqual({ skipped: 'another-run' });
    await other.executeUpdate(cancelUpdate);
    expect((await other.result()).run.outcome).toBe('cancelled');
  });
});

interface Gate {
  readonly pass: (result: LoadResult) => Promise<LoadResult>;
  /** How many have come to it. */
  readonly waiting: () => number;
  readonly open: () => void;
}

/** Holds whoever comes until it is opened. */
function openGate(): Gate {
  let count = 0;
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    pass: async (result) => {
      count += 1;
      await opened;
      return result;
    },
    waiting: () => count,
    open: () => {
      open();
    },
  };
}

/** An activity that goes on until somebody cancels it. */
async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => {
    context.heartbeat();
  }, 50);
  try {
    return await context.cancelled;
  } finally {
    clearInterval(beat);
  }
}
