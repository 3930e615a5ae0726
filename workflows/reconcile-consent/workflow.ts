/**
 * Compares Marketo's unsubscribed people with Iterable and with the consent log, and has opted out whoever push and
 * poll have missed. More than a breaker's worth of them waits for a person.
 * @see docs/opt-outs.md
 */
import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Comparison, ReconcileActivities } from '../../activities/consent/contract.js';
import type { MarketoActivities } from '../../activities/marketo/contract.js';
import { RECONCILE } from '../../recipes/unsubscribes.js';
import { workflowNow } from '../shared/clock.js';
import { searchAttributes } from '../shared/search-attributes.js';
import { reconcileDetails } from './details.js';
import { addFound, breakerReasons, jobsOf, NO_COUNTS } from './jobs.js';
import {
  approveUpdate,
  reconcileStateQuery,
  rejectUpdate,
  type JobState,
  type ReconcileInput,
  type ReconcileMemory,
  type ReconcileOutcome,
  type ReconcilePhase,
  type ReconcileResult,
  type ReconcileState,
} from './messages.js';

const MOST_LEADS = RECONCILE.breaker.people;
/** People whose leads are looked up by one activity. */
const STARTED_TOGETHER = 300;
/** How often an extract is asked for anew that Marketo has lost. */
const EXTRACT_TRIES = 3;

/** Waiting out an outage or a spent quota is the activities' retry; nobody waits for this workflow. */
const PATIENCE = {
  scheduleToCloseTimeout: '4 days',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
  priority: { priorityKey: 5 },
} as const;
const marketo = proxyActivities<MarketoActivities>({
  ...PATIENCE,
  taskQueue: 'marketo',
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '2 minutes',
});
const { compareExtract, startLeads } = proxyActivities<ReconcileActivities>({
  ...PATIENCE,
  taskQueue: 'warehouse',
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '10 seconds', // of an activity that takes hours this is what a killed worker costs
});

export async function reconcileConsent(input: ReconcileInput): Promise<ReconcileResult> {
  const reconciliation = new Reconciliation(input);
  reconciliation.listen();
  try {
    return await reconciliation.run();
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => reconciliation.letGo());
    throw error;
  }
}

type Decision = { readonly kind: 'approved' } | { readonly kind: 'rejected'; readonly because: string };

class Reconciliation {
  private memory: ReconcileMemory;
  private phase: ReconcilePhase = 'comparing';
  private decision: Decision | undefined;
  private readonly input: ReconcileInput;

  constructor(input: ReconcileInput) {
    this.input = input;
    this.memory = input.resumed ?? {
      jobs: jobsOf(input.scope, workflowNow()).map((job) => ({ job, status: 'open' })),
      counts: NO_COUNTS,
      leads: [],
      sample: [],
    };
    this.show();
  }

  listen(): void {
    const validator = (because?: unknown): void => {
      if (this.phase !== 'awaiting-approval' || this.decision !== undefined)
        throw ApplicationFailure.nonRetryable(`nothing waits for an approval: ${this.phase}`, 'not-waiting');
      if (because !== undefined && (typeof because !== 'string' || because.trim() === ''))
        throw ApplicationFailure.nonRetryable('say why it is rejected', 'invalid-input');
    };
    setHandler(reconcileStateQuery, () => this.state(), {
      description: 'What has been found, and what waits',
    });
    setHandler(approveUpdate, () => this.decide({ kind: 'approved' }), {
      validator: () => {
        validator();
      },
      description: 'Opt out everybody who is missing',
    });
    setHandler(rejectUpdate, (because) => this.decide({ kind: 'rejected', because }), {
      validator,
      description: 'Opt out nobody, saying why',
    });
  }

  async run(): Promise<ReconcileResult> {
    await this.compareAll();
    const { counts } = this.memory;
    if (counts.toStart === 0) return this.end(this.hasLost() ? 'incomplete' : 'nothing-missing');
    if (breakerReasons(counts).length === 0) {
      this.enter('starting');
      await this.startMissing();
      return this.end(this.hasLost() ? 'incomplete' : 'done');
    }
    const decision = await this.approval();
    if (decision?.kind !== 'approved') {
      await this.letGo();
      return this.end(
        decision === undefined ? 'timed-out' : 'rejected',
        decision === undefined ? undefined : decision.because,
      );
    }
    this.enter('starting');
    await this.startEverybody();
    return this.end(this.hasLost() ? 'incomplete' : 'done');
  }

  /** Marketo takes few extracts at a time and a day: one after another is what its quota likes best. */
  private async compareAll(): Promise<void> {
    for (const [index, { status }] of this.memory.jobs.entries()) {
      if (status !== 'open') continue;
      const found = await this.compare(index, 'count');
      if (found === undefined) continue;
      this.remember(index, { status: 'compared' });
      const { scope } = this.input;
      this.memory = {
        ...this.memory,
        ...addFound(this.memory, found, { scope, mostLeads: MOST_LEADS }),
      };
      this.show();
      if (workflowInfo().continueAsNewSuggested)
        await continueAsNew<typeof reconcileConsent>({ ...this.input, resumed: this.memory });
    }
  }

  /** One extract, compared; asked for anew where Marketo has lost it. Nothing when it cannot be had. */
  private async compare(index: number, mode: 'count' | 'start'): Promise<Comparison | undefined> {
    const job = this.memory.jobs[index]?.job;
    if (job === undefined) return undefined;
    for (let tries = 0; tries < EXTRACT_TRIES; tries += 1) {
      try {
        const exportId = this.memory.jobs[index]?.exportId ?? (await marketo.startExtract(job));
        this.remember(index, { exportId });
        await marketo.awaitExtract(job, exportId);
        return await compareExtract(job, exportId, { mode, mostLeads: MOST_LEADS });
      } catch (error) {
        if (!isLost(error)) throw error;
        this.remember(index, { exportId: undefined });
      }
    }
    this.remember(index, { status: 'lost' });
    return undefined;
  }

  private async startMissing(): Promise<void> {
    const { leads } = this.memory;
    for (let from = 0; from < leads.length; from += STARTED_TOGETHER)
      this.countStarted(await startLeads(leads.slice(from, from + STARTED_TOGETHER)));
  }

  /** After an approval: the files are read again, because so many people are kept nowhere. */
  private async startEverybody(): Promise<void> {
    for (const index of this.memory.jobs.keys()) {
      const found = await this.compare(index, 'start');
      if (found !== undefined) this.countStarted(found.started);
    }
  }

  private async approval(): Promise<Decision | undefined> {
    this.enter('awaiting-approval');
    await condition(() => this.decision !== undefined, `${String(RECONCILE.approvalWithinHours)} hours`);
    return this.decision;
  }

  private decide(decision: Decision): ReconcileState {
    this.decision = decision;
    return this.state();
  }

  /** Ends extracts that nobody will read. */
  async letGo(): Promise<void> {
    for (const { job, status, exportId } of this.memory.jobs)
      if (status === 'open' && exportId !== undefined) await marketo.cancelExtract(job, exportId);
  }

  private async end(outcome: ReconcileOutcome, because?: string): Promise<ReconcileResult> {
    this.enter('done');
    upsertSearchAttributes([{ key: searchAttributes.outcome, value: outcome }]);
    await condition(allHandlersFinished);
    return {
      outcome,
      counts: this.memory.counts,
      lostExtracts: this.memory.jobs.filter(({ status }) => status === 'lost').length,
      ...(because === undefined ? {} : { because }),
    };
  }

  private enter(phase: ReconcilePhase): void {
    this.phase = phase;
    if (phase === 'awaiting-approval')
      upsertSearchAttributes([{ key: searchAttributes.outcome, value: 'awaiting-approval' }]);
    this.show();
  }

  private remember(
    index: number,
    change: { [Name in 'exportId' | 'status']?: JobState[Name] | undefined },
  ): void {
    this.memory = {
      ...this.memory,
      jobs: this.memory.jobs.map((each, at) => (at === index ? withChange(each, change) : each)),
    };
    this.show();
  }

  private countStarted(started: number): void {
    const { counts } = this.memory;
    this.memory = { ...this.memory, counts: { ...counts, started: counts.started + started } };
    this.show();
  }

  private hasLost(): boolean {
    return this.memory.jobs.some(({ status }) => status === 'lost');
  }

  private show(): void {
    setCurrentDetails(reconcileDetails(this.state()));
  }

  private state(): ReconcileState {
    const { jobs, counts, sample } = this.memory;
    const having = (status: JobState['status']): number =>
      jobs.filter((each) => each.status === status).length;
    return {
      scope: this.input.scope,
      phase: this.phase,
      extracts: { open: having('open'), compared: having('compared'), lost: having('lost') },
      counts,
      breaker: breakerReasons(counts),
      sample,
    };
  }
}

function withChange(
  { job, status, exportId }: JobState,
  change: { [Name in 'exportId' | 'status']?: JobState[Name] | undefined },
): JobState {
  const id = 'exportId' in change ? change.exportId : exportId;
  return { job, status: change.status ?? status, ...(id === undefined ? {} : { exportId: id }) };
}

/** Marketo has cancelled, failed or forgotten the extract. */
function isLost(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'extract-lost'
  );
}
