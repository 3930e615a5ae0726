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

const BEFORE_COMMIT: readonly SyncPhase[] = [
  'planning',
  'awaiting-approval',
  'loading',
  'paused',
  'verifying',
];

export function listen(run: Run): void {
  const doing =
    <A extends unknown[]>(act: (...args: A) => void) =>
    (...args: A): SyncProgress => {
      act(...args);
      return run.progress();
    };
  const waits = (_said: string): void => {
    demand(run.progress().phase === 'awaiting-approval', 'it does not wait for an approval');
  };
  setHandler(progressQuery, () => run.progress());
  setHandler(
    approveUpdate,
    doing((by: string) => {
      run.decide({ kind: 'approved', by });
    }),
    { validator: waits },
  );
  setHandler(
    rejectUpdate,
    doing((because: string) => {
      run.decide({ kind: 'rejected', because });
    }),
    { validator: waits },
  );
  setHandler(
    pauseUpdate,
    doing(() => {
      run.change({ isPaused: true });
    }),
    {
      validator: () => {
        const { phase } = run.progress();
        demand(phase !== 'paused', 'it is paused already');
        demand(
          phase === 'planning' || phase === 'awaiting-approval' || phase === 'loading',
          'it does not load any more',
        );
      },
    },
  );
  setHandler(
    resumeUpdate,
    doing(() => {
      run.change({ isPaused: false });
    }),
    {
      validator: () => {
        demand(run.isPaused(), 'it is not paused');
      },
    },
  );
  setHandler(
    setRateUpdate,
    doing((ratePerSecond: number) => {
      run.change({ ratePerSecond });
    }),
    {
      validator: (ratePerSecond) => {
        const most = run.mostPerSecond();
        const isRate = Number.isFinite(ratePerSecond) && ratePerSecond > 0 && ratePerSecond <= most;
        demand(isRate, `the rate has to be more than 0 and at most ${String(most)} requests a second`);
      },
    },
  );
  setHandler(
    cancelUpdate,
    doing(() => {
      run.work.cancel();
    }),
    {
      validator: () => {
        demand(BEFORE_COMMIT.includes(run.progress().phase), 'it commits, or is done');
      },
    },
  );
}

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw ApplicationFailure.nonRetryable(otherwise, 'not-now');
}
