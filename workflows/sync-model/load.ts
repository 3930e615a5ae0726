/** The load of one run: ranges of the plan handed out one after another, several under way. */
import { condition, sleep, workflowInfo } from '@temporalio/workflow';
import type { LoadRange, LoadResult, SyncRun } from '../../activities/warehouse/sync-contract.js';
import { workflowNow } from '../shared/clock.js';
import { afterRange, largerRows } from './load-state.js';
import type { LoadState } from './messages.js';

/** More than a worker takes at once, so that the next one lies ready for it: until then a range costs nothing. */
const AT_ONCE = 12;
/** A run's history ends before Temporal minds, and before replays are slow. */
const MOST_HISTORY_EVENTS = 2_400;
const MOST_HISTORY_BYTES = 3_500_000;

export type LoadEnd = 'loaded' | 'history-full';

export class Load {
  state: LoadState;
  private readonly run: SyncRun;
  private readonly plannedRows: number;
  private readonly send: (range: LoadRange) => Promise<LoadResult>;
  private readonly onProgress: () => void;
  private underWay = 0;
  private isTryingMore = false;
  private nextStartMs = 0;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    state: LoadState,
    of: {
      readonly run: SyncRun;
      readonly plannedRows: number;
      readonly send: (range: LoadRange) => Promise<LoadResult>;
      readonly onProgress: () => void;
    },
  ) {
    this.state = state;
    this.run = of.run;
    this.plannedRows = of.plannedRows;
    this.send = of.send;
    this.onProgress = of.onProgress;
  }

  /** @throws what ended a range for good, or the cancellation; ranges may be under way then */
  async work(): Promise<LoadEnd> {
    while (this.isOpen() && this.failure === undefined && !isHistoryFull()) {
      if (!this.mayStart()) {
        await condition(() => this.mayStart() || this.failure !== undefined);
        continue;
      }
      const waitMs = this.nextStartMs - workflowNow();
      if (waitMs > 0) await sleep(waitMs, { summary: 'the rate that was set' });
      if (this.mayStart()) this.start();
    }
    await this.settle();
    if (this.failure !== undefined) throw this.failure.error;
    return this.isOpen() ? 'history-full' : 'loaded';
  }

  /** Waits for what is under way. */
  settle(): Promise<void> {
    return condition(() => this.underWay === 0);
  }

  private isOpen(): boolean {
    return this.state.nextRow < this.plannedRows;
  }

  private mayStart(): boolean {
    return !this.state.isPaused && this.underWay < AT_ONCE;
  }

  private start(): void {
    const { nextRow: fromRow, rowsPerCall, ratePerSecond } = this.state;
    // Only one at a time, and only once Iterable has taken what is known to be usual.
    const more = this.isTryingMore || this.state.calls === 0 ? undefined : largerRows(this.state);
    const rows = more ?? rowsPerCall;
    const untilRow = Math.min(fromRow + rows, this.plannedRows);
    this.state = { ...this.state, nextRow: untilRow };
    if (ratePerSecond !== undefined) this.nextStartMs = workflowNow() + 1_000 / ratePerSecond;
    const isTrying = more !== undefined;
    if (isTrying) this.isTryingMore = true;
    this.underWay += 1;
    void this.follow({ ...this.run, fromRow, untilRow, rowsPerCall: rows }, isTrying);
  }

  private async follow(range: LoadRange, isTrying: boolean): Promise<void> {
    try {
      const result = await this.send(range);
      this.state = afterRange(this.state, result); // the state as it is by now
    } catch (error) {
      this.failure ??= { error };
    }
    if (isTrying) this.isTryingMore = false;
    this.underWay -= 1;
    this.onProgress();
  }
}

function isHistoryFull(): boolean {
  const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength > MOST_HISTORY_EVENTS || historySize > MOST_HISTORY_BYTES;
}
