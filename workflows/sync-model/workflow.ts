/**
 * One run of a sync model: plan, guard, approve, load, verify, commit. Every row has a verdict in the end; a snapshot
 * moves only by confirmed ones.
 * @see docs/models.md
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
} from '@temporalio/workflow';
import { listen } from './handlers.js';
import type { SyncModelInput, SyncResult } from './messages.js';
import { failureText, failureType } from './failures.js';
import { Run, type RunOutcome } from './run.js';

/** `history-full`: goes on in the next run. */
type WorkEnd = RunOutcome | 'history-full';

export async function syncModel(input: SyncModelInput): Promise<SyncResult> {
  const run = new Run(input);
  listen(run);
  let end: WorkEnd;
  try {
    end = await run.work.run(() => workUntilCommit(run));
    if (end === 'history-full') {
      await condition(allHandlersFinished);
      if (run.work.consideredCancelled) return await CancellationScope.nonCancellable(() => cancelled(run));
      return await continueAsNew<typeof syncModel>({ ...input, resumed: run.toResume() });
    }
    return { run: await finish(run, end) };
  } catch (error) {
    if (isCancellation(error)) return await CancellationScope.nonCancellable(() => cancelled(run));
    if (failureType(error) === undefined) throw error;
    await CancellationScope.nonCancellable(() => failed(run, error));
    throw error;
  }
}

/** Up to and without the commit. Starts over with a new plan when somebody has dropped the present one. */
async function workUntilCommit(run: Run): Promise<WorkEnd> {
  let isPlanned = run.input.resumed !== undefined;
  for (;;) {
    try {
      if (!isPlanned) {
        await run.makePlan();
        if (run.input.dryRun) return 'done';
        const guarded = await run.passGuards();
        if (guarded !== 'go') return guarded;
      }
      if ((await run.loadRows()) === 'history-full') return 'history-full';
      await run.verify();
      // The commit itself is not cancelled any more; a plan that is lost by then is made again as well.
      if (await run.hasPlan()) return 'done';
      throw ApplicationFailure.nonRetryable('the plan table is gone', PLAN_LOST);
    } catch (error) {
      if (failureType(error) !== PLAN_LOST || !(await run.replan())) throw error;
      isPlanned = false;
    }
  }
}

const PLAN_LOST = 'plan-lost';

async function finish(run: Run, end: RunOutcome): Promise<SyncResult['run']> {
  return CancellationScope.nonCancellable(async () => {
    if (end === 'done' && !run.input.dryRun) await run.commit();
    return run.end(end);
  });
}

/** Rows that were sent before are committed; the others are planned again by the next run. */
async function cancelled(run: Run): Promise<SyncResult> {
  if (run.hasLoaded()) await run.commit();
  return { run: await run.end('cancelled') };
}

/** What is confirmed is kept, if it can be; then the failure is told. */
async function failed(run: Run, error: unknown): Promise<void> {
  try {
    if (run.hasLoaded() && failureType(error) !== PLAN_LOST) await run.commit();
  } catch (second) {
    if (failureType(second) === undefined) throw second;
  }
  await run.end('failed', failureText(error));
}
