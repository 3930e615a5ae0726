/** What operators may say to a run, and when. */
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import {
  approveUpdate,
  cancelUpdate,
  pauseUpdate,
  progressQuery,
  rejectUpdate,
  resumeUpdate,
  setRateUpdate,
  type SyncPhase,
  type SyncProgress,
} from './messages.js';
import type { Run } from './run.js';

const BEFORE_VERIFYING: readonly SyncPhase[] = ['planning', 'awaiting-approval', 'loading', 'paused'];
const BEFORE_COMMIT: readonly SyncPhase[] = [...BEFORE_VERIFYING, 'verifying'];

export function listen(run: Run): void {
  setHandler(progressQuery, () => run.progress());
  listenToDecisions(run);
  listenToPace(run);
  setHandler(cancelUpdate, doing(run, run.cancel), {
    validator: () => {
      demand(BEFORE_COMMIT.includes(run.progress().phase), 'it commits, or is done');
    },
  });
}

function listenToDecisions(run: Run): void {
  const waits = (_said: string): void => {
    demand(run.progress().phase === 'awaiting-approval', 'it does not wait for an approval');
  };
  const approve = doing(run, (by: string) => {
    run.decide({ kind: 'approved', by });
  });
  const reject = doing(run, (because: string) => {
    run.decide({ kind: 'rejected', because });
  });
  setHandler(approveUpdate, approve, { validator: waits });
  setHandler(rejectUpdate, reject, { validator: waits });
}

function listenToPace(run: Run): void {
  const pause = doing(run, () => {
    run.change({ isPaused: true });
  });
  const resume = doing(run, () => {
    run.change({ isPaused: false });
  });
  const setRate = doing(run, (ratePerSecond: number) => {
    run.change({ ratePerSecond });
  });
  setHandler(pauseUpdate, pause, {
    validator: () => {
      demand(!run.isPaused(), 'it is paused already');
      demand(BEFORE_VERIFYING.includes(run.progress().phase), 'it does not load any more');
    },
  });
  setHandler(resumeUpdate, resume, {
    validator: () => {
      demand(run.isPaused(), 'it is not paused');
    },
  });
  setHandler(setRateUpdate, setRate, {
    validator: (ratePerSecond) => {
      const most = run.mostPerSecond();
      const isRate = Number.isFinite(ratePerSecond) && ratePerSecond > 0 && ratePerSecond <= most;
      demand(isRate, `the rate has to be more than 0 and at most ${String(most)} requests a second`);
    },
  });
}

/** Answers with what the run is like afterwards. */
function doing<A extends unknown[]>(run: Run, act: (...args: A) => void): (...args: A) => SyncProgress {
  return (...args) => {
    act(...args);
    return run.progress();
  };
}

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw ApplicationFailure.nonRetryable(otherwise, 'not-now');
}
