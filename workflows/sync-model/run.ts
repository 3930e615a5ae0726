/** One run of a model: what it knows, what operators tell it, and its phases. */
import {
  ApplicationFailure,
  CancellationScope,
  setCurrentDetails,
  upsertSearchAttributes,
  uuid4,
} from '@temporalio/workflow';
import type {
  PlanSummary,
  RunRecord,
  RunTotals,
  SyncSettings,
} from '../../activities/warehouse/sync-contract.js';
import { guardCode, whyToWait } from '../../domain/sync/guards.js';
import { workflowNow } from '../shared/clock.js';
import { searchAttributes } from '../shared/search-attributes.js';
import { loaderOf, syncSettings, verifierOf, warehouse } from './activities.js';
import { awaitDecision, type Decision } from './approval.js';
import { syncDetails } from './details.js';
import { Load, type LoadEnd } from './load.js';
import { startLoad, sumOf } from './load-state.js';
import {
  SYNC_RECIPE,
  type LoadState,
  type SyncMemory,
  type SyncModelInput,
  type SyncPhase,
  type SyncProgress,
} from './messages.js';

const SAMPLE_ROWS = 20;
/** A plan that nobody has committed or dropped by then belongs to a run that is no more. */
const PLANS_KEPT_MS = 14 * 86_400_000;
/** Plans of one run, counting those that somebody has dropped under it. */
const MOST_PLANS = 3;

export type RunOutcome = RunRecord['outcome'];
export type Guarded = 'go' | Extract<RunOutcome, 'rejected' | 'timed-out'>;

export class Run {
  readonly input: SyncModelInput;
  /** What operators cancel: everything up to the commit. */
  readonly work = new CancellationScope();
  private phase: SyncPhase = 'planning';
  private readonly startedAtMs: number;
  private runId: string;
  private settings: SyncSettings | undefined;
  private plan: PlanSummary | undefined;
  private guards: readonly string[] = [];
  private approved: readonly string[];
  private lostPlans: number;
  private decision: Decision | undefined;
  private reminders = 0;
  private load: Load | undefined;
  private loaded: LoadState;
  private totals: RunTotals | undefined;
  private problem: string | undefined;

  constructor(input: SyncModelInput) {
    const { resumed } = input;
    const memory = resumed ?? newMemory(input.model);
    this.input = input;
    this.startedAtMs = memory.startedAtMs;
    this.runId = memory.runId;
    this.approved = memory.approved;
    this.lostPlans = memory.lostPlans;
    this.loaded = memory.loaded;
    this.settings = resumed?.settings;
    this.plan = resumed?.plan;
    if (resumed !== undefined) this.phase = 'loading';
    upsertSearchAttributes([
      { key: searchAttributes.recipe, value: SYNC_RECIPE },
      { key: searchAttributes.syncModel, value: input.model },
      { key: searchAttributes.environment, value: input.environment },
    ]);
  }

  // What operators ask and say; `handlers.ts` checks whether it can be said now.

  progress(): SyncProgress {
    const { verdicts, calls, isPaused } = this.loadState();
    const loadedRows = sumOf(verdicts);
    const seconds = (workflowNow() - this.loadState().loadStartedAtMs) / 1_000;
    const rowsPerSecond = seconds > 0 ? Math.round(loadedRows / seconds) : 0;
    const openRows = (this.plan?.plannedRows ?? 0) - loadedRows;
    return {
      runId: this.runId,
      model: this.input.model,
      phase: this.phase === 'loading' && isPaused ? 'paused' : this.phase,
      ...(this.plan === undefined ? {} : { plan: this.plan }),
      guards: this.phase === 'awaiting-approval' ? this.guards : [],
      loadedRows,
      verdicts,
      calls,
      rowsPerSecond,
      ...(this.phase === 'loading' && rowsPerSecond > 0 && !isPaused
        ? { etaSeconds: Math.ceil(openRows / rowsPerSecond) }
        : {}),
      ...(this.problem === undefined ? {} : { lastProblem: this.problem }),
    };
  }

  mostPerSecond(): number {
    return this.settings?.mostPerSecond ?? Infinity;
  }

  isPaused(): boolean {
    return this.loadState().isPaused;
  }

  /** Everything up to the commit ends; what is in flight settles first. */
  readonly cancel = (): void => {
    this.work.cancel();
  };

  decide(decision: Decision): void {
    this.decision = decision;
  }

  change(changes: Pick<Partial<LoadState>, 'isPaused' | 'ratePerSecond'>): void {
    if (this.load !== undefined) this.load.state = { ...this.load.state, ...changes };
    else this.loaded = { ...this.loaded, ...changes };
    this.show();
  }

  // The phases

  async makePlan(): Promise<void> {
    this.enter('planning');
    this.settings ??= await syncSettings(this.input.model);
    if (this.input.retryFailed === true) await warehouse.retryFailed(this.input.model);
    this.plan = await warehouse.planSync(this.run());
    this.loaded = { ...startLoad(workflowNow()), ...kept(this.loadState()) };
    this.load = undefined;
  }

  /** Waits for a person where a guard wants one; what was let pass once is not asked again. */
  async passGuards(): Promise<Guarded> {
    const { plan, settings } = this.planned();
    this.guards = whyToWait(plan, settings.guards);
    const codes = this.guards.map(guardCode);
    if (codes.every((code) => this.approved.includes(code))) return 'go';
    this.enter('awaiting-approval');
    this.decision = undefined;
    const decision = await awaitDecision({
      guards: this.guards,
      patience: settings.guards,
      decided: () => this.decision,
      onReminder: () => {
        this.reminders += 1;
        this.show();
      },
    });
    if (decision.kind === 'approved') {
      this.approved = codes;
      return 'go';
    }
    if (decision.kind === 'rejected') this.problem = decision.because;
    return decision.kind;
  }

  async loadRows(): Promise<LoadEnd> {
    const { plan, settings } = this.planned();
    this.enter('loading');
    const { loadRange } = loaderOf(settings);
    this.load = new Load(this.loaded, {
      run: this.run(),
      plannedRows: plan.plannedRows,
      send: loadRange,
      onProgress: () => {
        this.show();
      },
    });
    return this.load.work();
  }

  async verify(): Promise<void> {
    const { settings } = this.planned();
    const { delivered, unknown } = this.loadState().verdicts;
    if (delivered + unknown === 0) return;
    this.enter('verifying');
    const { differing, sampled } = await verifierOf(settings).verifyRun(this.run(), SAMPLE_ROWS);
    if (differing > 0)
      this.problem = `${String(differing)} of ${String(sampled)} sampled rows are not in Iterable as sent`;
  }

  /** After a cancellation, too: what is under way settles, and confirmed rows are remembered. */
  async commit(): Promise<void> {
    await this.load?.settle();
    this.enter('committing');
    const totals = await warehouse.commitSync(this.run());
    this.totals = totals;
    if (sumOf(totals.verdicts) !== totals.planned)
      throw ApplicationFailure.nonRetryable('the verdicts do not add up to the planned rows', 'conservation');
  }

  hasLoaded(): boolean {
    return this.loadState().nextRow > 0;
  }

  hasPlan(): Promise<boolean> {
    return warehouse.hasPlan(this.run());
  }

  /** @returns whether another plan may be made for the one that is lost */
  async replan(): Promise<boolean> {
    this.lostPlans += 1;
    this.problem = `the plan was lost ${String(this.lostPlans)} times`;
    if (this.lostPlans >= MOST_PLANS) return false;
    await this.load?.settle();
    this.runId = newRunId(this.input.model, workflowNow());
    return true;
  }

  /** The run log, and plans that nobody needs. */
  async end(outcome: RunOutcome, problem?: string): Promise<RunRecord> {
    if (problem !== undefined) this.problem = problem;
    const endedAtMs = workflowNow();
    const record: RunRecord = {
      ...this.run(),
      startedAt: new Date(this.startedAtMs).toISOString(),
      endedAt: new Date(endedAtMs).toISOString(),
      outcome,
      plan: this.plan,
      totals: this.totals,
      calls: this.loadState().calls,
      seconds: Math.round((endedAtMs - this.startedAtMs) / 1_000),
      problem: this.problem,
    };
    if (this.settings !== undefined) {
      await warehouse.dropPlans(this.run(), PLANS_KEPT_MS);
      if (!this.input.dryRun) await warehouse.recordRun(record);
    }
    this.phase = 'done';
    this.show();
    upsertSearchAttributes([
      { key: searchAttributes.outcome, value: outcome },
      { key: searchAttributes.rowsFailed, value: this.totals?.verdicts.rejected ?? 0 },
    ]);
    return record;
  }

  toResume(): SyncMemory {
    const { plan, settings } = this.planned();
    const { runId, startedAtMs, approved, lostPlans } = this;
    return { runId, startedAtMs, settings, plan, loaded: this.loadState(), approved, lostPlans };
  }

  private run(): { readonly runId: string; readonly model: string } {
    return { runId: this.runId, model: this.input.model };
  }

  private loadState(): LoadState {
    return this.load?.state ?? this.loaded;
  }

  private planned(): { readonly plan: PlanSummary; readonly settings: SyncSettings } {
    const { plan, settings } = this;
    if (plan === undefined || settings === undefined) throw new Error('there is no plan yet');
    return { plan, settings };
  }

  private enter(phase: SyncPhase): void {
    this.phase = phase;
    this.show();
    upsertSearchAttributes([{ key: searchAttributes.outcome, value: phase }]);
  }

  private show(): void {
    setCurrentDetails(syncDetails(this.progress(), this.loadState().reasons, this.reminders));
  }
}

/** A pause and a rate that an operator has set outlast a plan. */
function kept({ isPaused, ratePerSecond }: LoadState): Pick<LoadState, 'isPaused' | 'ratePerSecond'> {
  return ratePerSecond === undefined ? { isPaused } : { isPaused, ratePerSecond };
}

function newMemory(model: string): Omit<SyncMemory, 'settings' | 'plan'> {
  const startedAtMs = workflowNow();
  return {
    startedAtMs,
    runId: newRunId(model, startedAtMs),
    approved: [],
    lostPlans: 0,
    loaded: startLoad(startedAtMs),
  };
}

/** `<model>-<time>-<random>`: names the tables of the run. */
function newRunId(model: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '').toLowerCase();
  return `${model}-${time}-${uuid4().slice(0, 6)}`;
}
