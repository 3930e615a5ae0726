/**
 * Group commit: whatever arrives while starts are in flight travels together in the next one. An event is
 * acknowledged after Temporal has it, never before, and nothing is kept here but what waits for that answer.
 */
import { randomUUID } from 'node:crypto';
import { eventWorkflowId, groupWorkflowId } from '../workflows/forward-events/messages.js';
import type { SizedEvent } from './accepted-event.js';
import { startUntilKnown } from './event-starter.js';
import type { EventStarter } from './event-starter.js';
import { INTAKE_LIMITS } from './limits.js';
import type { IntakeLimits } from './limits.js';
import type { IntakeMetrics } from './metrics.js';
import { ALONE, createRecentEvents } from './recent-events.js';
import type { Placement, RecentEvents } from './recent-events.js';
import { WaitingEvents } from './waiting-events.js';
import type { AcceptResult, Waiting } from './waiting-events.js';

export interface Intake {
  /**
   * Resolves once Temporal has every event; one result per event, in order. All events are queued, or none.
   * @throws IntakeUnavailable when that is not to be had. Some of the events may have been started all the same;
   * sent again, they are duplicates.
   */
  readonly accept: (events: readonly SizedEvent[]) => Promise<readonly AcceptResult[]>;
  /** Takes nothing more, and resolves once everything taken is settled. */
  readonly drain: () => Promise<void>;
}

export type UnavailableReason = 'overloaded' | 'draining' | 'temporal-unavailable';

export class IntakeUnavailable extends Error {
  readonly reason: UnavailableReason;

  constructor(reason: UnavailableReason) {
    super(`events cannot be taken now: ${reason}`);
    this.name = 'IntakeUnavailable';
    this.reason = reason;
  }
}

export interface StartProblem {
  readonly workflowId: string;
  readonly events: number;
  /** A short code, such as `grpc-14`. */
  readonly problem: string;
}

export interface IntakeDeps {
  readonly starter: EventStarter;
  readonly metrics: IntakeMetrics;
  /** Told when Temporal did not take a group. */
  readonly onProblem?: (problem: StartProblem) => void;
  readonly limits?: Partial<IntakeLimits>;
  /** What was accepted before; filled by whoever has a longer memory. */
  readonly recent?: RecentEvents;
}

export function createIntake(deps: IntakeDeps): Intake {
  const intake = new GroupCommit(deps);
  return { accept: (events) => intake.accept(events), drain: () => intake.drain() };
}

class GroupCommit {
  readonly #deps: IntakeDeps;
  readonly #limits: IntakeLimits;
  readonly #recent: RecentEvents;
  readonly #waiting: WaitingEvents;
  #inFlightStarts = 0;
  #draining = false;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
    this.#limits = { ...INTAKE_LIMITS, ...deps.limits };
    this.#recent = deps.recent ?? createRecentEvents(this.#limits.recentEvents);
    this.#waiting = new WaitingEvents(this.#limits);
  }

  async accept(events: readonly SizedEvent[]): Promise<readonly AcceptResult[]> {
    if (this.#draining) throw new IntakeUnavailable('draining');
    const fresh = this.#freshOnes(events);
    const added = this.#waiting.add([...fresh.values()], Date.now());
    if (!added && fresh.size > 0) throw new IntakeUnavailable('overloaded');
    const results = events.map(({ event }, index) => this.#resultOf(event.eventId, fresh.has(index)));
    this.#pump();
    // All are waited for, also after one has failed: nothing of this request is then still under way.
    const settled = await Promise.allSettled(results);
    return settled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.allSettled(this.#waiting.all().map(({ result }) => result));
  }

  /** Those neither accepted lately nor on their way, by their place in the list; the first of equal ones. */
  #freshOnes(events: readonly SizedEvent[]): ReadonlyMap<number, SizedEvent> {
    const fresh = new Map<number, SizedEvent>();
    const seen = new Set<string>();
    for (const [index, sizedEvent] of events.entries()) {
      const { eventId } = sizedEvent.event;
      if (seen.has(eventId)) continue;
      seen.add(eventId);
      const known = this.#waiting.find(eventId) !== undefined || this.#recent.find(eventId) !== undefined;
      if (!known) fresh.set(index, sizedEvent);
    }
    return fresh;
  }

  /** The first of equal events is accepted; the others wait for its outcome, and share its failure. */
  async #resultOf(eventId: string, isFirst: boolean): Promise<AcceptResult> {
    const waiting = this.#waiting.find(eventId);
    if (isFirst && waiting !== undefined) return waiting.result;
    const placement = waiting === undefined ? this.#recent.find(eventId) : await waiting.result;
    this.#deps.metrics.duplicate();
    return { ...placement, eventId, status: 'duplicate' };
  }

  #pump(): void {
    this.#fail(this.#waiting.takeOlderThan(Date.now() - this.#limits.startDeadlineMs));
    while (this.#inFlightStarts < this.#limits.maxInFlightStarts) {
      const [oldest, ...others] = this.#waiting.takeGroup();
      if (oldest === undefined) break;
      void this.#commit(oldest, others);
    }
    this.#deps.metrics.queueLength(this.#waiting.queued);
  }

  async #commit(oldest: Waiting, others: readonly Waiting[]): Promise<void> {
    const group = [oldest, ...others];
    const placement = others.length === 0 ? ALONE : { group: randomUUID() };
    const workflowId =
      placement.group === undefined
        ? eventWorkflowId(oldest.event.eventId)
        : groupWorkflowId(placement.group);
    const request = { workflowId, events: group.map(({ event }) => event) };
    const deadlineMs = oldest.sinceMs + this.#limits.startDeadlineMs;
    this.#deps.metrics.groupStarted(group.length, Date.now() - oldest.sinceMs);

    this.#inFlightStarts += 1;
    const outcome = await startUntilKnown(this.#deps.starter, request, deadlineMs, this.#limits);
    this.#inFlightStarts -= 1;

    if (typeof outcome === 'object') {
      this.#fail(group);
      this.#deps.onProblem?.({ workflowId, events: group.length, problem: outcome.problem });
    } else {
      const existed = outcome === 'already-started' && placement === ALONE;
      for (const waiting of group) this.#settle(waiting, placement, existed);
    }
    this.#pump();
  }

  #settle(waiting: Waiting, placement: Placement, existed: boolean): void {
    const { eventId } = waiting.event;
    this.#recent.remember(eventId, placement);
    this.#waiting.remove(waiting);
    if (existed) this.#deps.metrics.duplicate();
    waiting.resolve({ ...placement, eventId, status: existed ? 'duplicate' : 'accepted' });
  }

  #fail(group: readonly Waiting[]): void {
    for (const waiting of group) {
      this.#waiting.remove(waiting);
      waiting.reject(new IntakeUnavailable('temporal-unavailable'));
    }
  }
}
