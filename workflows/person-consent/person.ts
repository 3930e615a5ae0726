/**
 * One person's requests, and the steps that decide them. Two coroutines work on it: `step`, again and again, and
 * `keepLog` beside it, so that a log that is down holds up no opt-out.
 */
import {
  condition,
  isCancellation,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { ConsentItem, ConsentSettings } from '../../activities/iterable/consent-contract.js';
import { afterOptIn, nextOf, orderOf } from '../../domain/consent-order.js';
import type { IgnoredReason } from '../../domain/consent-reasons.js';
import type { ConsentChange, ConsentOutcome, ConsentRequest } from '../../domain/consent.js';
import { workflowNow } from '../shared/clock.js';
import { searchAttributes } from '../shared/search-attributes.js';
import { appendToLog, applyOne, askMarketo, readSettings, type Applied } from './calls.js';
import { consentDetails } from './details.js';
import { unlessInterrupted } from './interrupt.js';
import * as memories from './memory.js';
import type { ConsentMemory, ConsentState, PendingRequest, PersonConsentInput } from './messages.js';
import { afterVerdict, deadlineOf, givenUp, type Step } from './outcomes.js';

const HOUR_MS = 3_600_000;
/** So many records go into the log at once. */
const LOG_TOGETHER = 100;

type Group = readonly [PendingRequest, ...PendingRequest[]];

export class Person {
  private readonly personHash: string;
  private memory: ConsentMemory;
  private settings: { readonly of: ConsentSettings; readonly readAtMs: number } | undefined;
  private underWay: ReadonlySet<string> = new Set();
  /** Counts signals, so that a wait notices one. */
  private signals = 0;
  /** Of the newest record, until operators can search for it. */
  private outcome: ConsentOutcome | undefined;

  constructor({ personHash, resumed }: PersonConsentInput) {
    this.personHash = personHash;
    this.memory = resumed ?? memories.nothingYet(workflowNow());
  }

  hear(requests: readonly ConsentRequest[]): void {
    this.memory = memories.hear(this.memory, requests, workflowNow());
    this.signals += 1;
    this.show();
  }

  state(): ConsentState {
    return memories.stateOf(this.memory, this.personHash, this.underWay);
  }

  toResume(): ConsentMemory {
    return this.memory;
  }

  hasPending(): boolean {
    return this.memory.pending.length > 0;
  }

  /** Nobody has been heard of for so long that nothing older can matter any more. */
  isOver(): boolean {
    const isQuiet = workflowNow() >= this.memory.lastHeardMs + memories.STAY_MS;
    return isQuiet && !this.hasPending() && this.memory.unlogged.length === 0;
  }

  /** Does what is due, or waits until something is, or somebody is heard of. */
  async step(): Promise<void> {
    this.ignoreOvertaken();
    const next = nextOf(this.memory.pending, workflowNow());
    if (next.kind === 'wait') await this.rest(next.untilMs);
    else if (next.kind === 'opt-outs') await this.optOut(next.due);
    else await this.optIn(next.due);
    this.underWay = new Set();
    this.show();
    this.tellOutcome();
  }

  async keepLog(): Promise<void> {
    try {
      for (;;) {
        await condition(() => this.memory.unlogged.length > 0);
        await this.logSome();
      }
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
  }

  /** After a cancellation: what is pending is recorded as such, and the log gets everything. */
  async windUp(): Promise<void> {
    this.underWay = new Set();
    for (const pending of this.memory.pending)
      this.take(pending, givenUp(pending, 'cancelled', workflowNow()));
    this.show();
    this.tellOutcome();
    while (this.memory.unlogged.length > 0) await this.logSome();
  }

  private async logSome(): Promise<void> {
    const some = this.memory.unlogged.slice(0, LOG_TOGETHER);
    if (await appendToLog(some)) {
      this.memory = { ...this.memory, unlogged: this.memory.unlogged.slice(some.length) };
      this.show();
    } else {
      await sleep(HOUR_MS, { summary: 'the consent log does not take the records: once more' });
    }
  }

  private async rest(dueMs: number): Promise<void> {
    const { signals } = this;
    const isNew = (): boolean => this.signals !== signals;
    const stayMs = this.memory.lastHeardMs + memories.STAY_MS;
    const waitMs = (this.hasPending() ? dueMs : stayMs) - workflowNow();
    if (waitMs > 0 && waitMs < Infinity) {
      const summary = this.hasPending() ? 'next look at the person' : 'remembers the person';
      await condition(isNew, waitMs, { summary });
    } else {
      await condition(() => isNew() || this.memory.unlogged.length === 0); // only the log is behind
    }
  }

  private ignoreOvertaken(): void {
    for (const pending of this.memory.pending) {
      if (pending.request.change !== 'opt-in') continue;
      const order = this.orderOf(pending);
      if (order.kind === 'ignore') this.ignore(pending, order.reason);
    }
  }

  /** One write serves them all; whether it comes too late is for Marketo to say. */
  private async optOut(due: Group): Promise<void> {
    const settings = await this.readSettings();
    if (due.some((each) => this.orderOf(each).kind === 'contested')) {
      const isStanding = settings.optIns === 'checked' ? await this.isUnsubscribed(due) : false;
      if (isStanding === undefined) return;
      if (!isStanding) {
        for (const each of due) this.ignore(each, 'newer-opt-in');
        return;
      }
      this.memory = memories.withoutOptIn(this.memory);
    }
    await this.apply('opt-out', due, settings);
  }

  /** Undefined: interrupted. When Marketo cannot say within the time, the opt-out holds. */
  private async isUnsubscribed(due: Group): Promise<boolean | undefined> {
    const standing = await this.interruptibly(due, () =>
      askMarketo(this.contact(due), deadlineOf(due[0].request)),
    );
    if (standing === undefined) return undefined;
    return standing === 'unsubscribed' || typeof standing === 'object';
  }

  private async optIn(due: PendingRequest): Promise<void> {
    const settings = await this.readSettings();
    const { optIns } = settings;
    if (this.orderOf(due).kind === 'ignore') return; // overtaken meanwhile: the next step says so
    if (optIns === 'off') {
      this.ignore(due, 'opt-ins-off');
      return;
    }
    if (optIns === 'checked' && due.status === 'waiting') {
      const standing = await this.interruptibly([due], () =>
        askMarketo(this.contact([due]), deadlineOf(due.request)),
      );
      if (standing === undefined) return;
      if (typeof standing === 'object') {
        this.take(due, givenUp(due, standing.reason, workflowNow()));
        return;
      }
      if (standing === 'unsubscribed') {
        this.ignore(due, 'unsubscribed-in-marketo');
        return;
      }
    }
    await this.apply('opt-in', [due], settings);
  }

  private async apply(change: ConsentChange, due: Group, settings: ConsentSettings): Promise<void> {
    const item = itemFor(this.contact(due), change, {
      isVerifying: due.some(({ status }) => status === 'verifying'),
      writtenAtMs: this.memory.writtenAtMs,
      settleMs: settings.settleMs,
    });
    const deadlineMs = Math.max(...due.map(({ request }) => deadlineOf(request)));
    const call = (): Promise<Applied> => applyOne(item, deadlineMs);
    this.mark(due);
    const applied = change === 'opt-out' ? await call() : await this.interruptibly(due, call);
    const nowMs = workflowNow();
    // Interrupted, it may have written all the same.
    if (applied?.mayHaveWritten !== false) this.memory = { ...this.memory, writtenAtMs: nowMs };
    if (applied === undefined) return;
    const { verdict, atMs } = applied;
    for (const each of due) this.take(each, afterVerdict(each, { verdict, atMs, nowMs, settings }));
    if (change === 'opt-in' && (verdict.kind === 'delivered' || verdict.kind === 'unchanged')) {
      this.memory = afterOptIn(this.memory, due[0].request);
    }
  }

  /** Runs a call that gives way to opt-outs which fall due meanwhile. Undefined: it did. */
  private interruptibly<T>(mine: Group, call: () => Promise<T>): Promise<T | undefined> {
    this.mark(mine);
    const own = new Set(mine.map(({ request }) => request.reference));
    return unlessInterrupted(call, () => {
      const others = this.memory.pending.filter(
        ({ request }) => request.change === 'opt-out' && !own.has(request.reference),
      );
      const next = nextOf(others, workflowNow());
      return next.kind === 'wait' ? next.untilMs - workflowNow() : 0;
    });
  }

  private orderOf({ request, status }: PendingRequest): ReturnType<typeof orderOf> {
    // What was applied in time is verified however late it is.
    const optInsCountForMs = status === 'waiting' ? memories.OPT_INS_COUNT_FOR_MS : Infinity;
    return orderOf(request, this.memory, { atMs: workflowNow(), optInsCountForMs });
  }

  private ignore(pending: PendingRequest, reason: IgnoredReason): void {
    this.take(pending, {
      record: { of: pending, decision: { outcome: 'ignored', reason, atMs: workflowNow() } },
    });
  }

  private take(before: PendingRequest, { pending, record }: Step): void {
    if (record !== undefined) {
      this.memory = memories.note(this.memory, record.of, this.personHash, record.decision);
      this.outcome = record.decision.outcome;
    }
    this.memory =
      pending === undefined ? memories.finish(this.memory, before) : memories.change(this.memory, pending);
  }

  private contact([{ request }]: Group): { readonly personHash: string; readonly email: string } {
    return { personHash: this.personHash, email: request.email };
  }

  private mark(due: Group): void {
    this.underWay = new Set(due.map(({ request }) => request.reference));
    this.show();
  }

  private async readSettings(): Promise<ConsentSettings> {
    if (this.settings === undefined || workflowNow() >= this.settings.readAtMs + HOUR_MS) {
      this.settings = { of: await readSettings(), readAtMs: workflowNow() };
    }
    return this.settings.of;
  }

  private tellOutcome(): void {
    if (this.outcome === undefined) return;
    upsertSearchAttributes([{ key: searchAttributes.outcome, value: this.outcome }]);
    this.outcome = undefined;
  }

  private show(): void {
    setCurrentDetails(consentDetails(this.state()));
  }
}

function itemFor(
  contact: Pick<ConsentItem, 'personHash' | 'email'>,
  change: ConsentChange,
  before: {
    readonly isVerifying: boolean;
    readonly writtenAtMs: number | undefined;
    readonly settleMs: number;
  },
): ConsentItem {
  const { isVerifying, writtenAtMs, settleMs } = before;
  if (writtenAtMs !== undefined && workflowNow() < writtenAtMs + settleMs) {
    return { ...contact, change, writtenAtMs };
  }
  return { ...contact, change, ...(isVerifying ? { verifies: true } : {}) };
}
