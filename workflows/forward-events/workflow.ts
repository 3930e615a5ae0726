/**
 * Carries 1 to 100 product events to Iterable. Ends when each one is delivered or parked, and the opt-ins of those that
 * were delivered are requested; never fails, never drops.
 * @see docs/product-events.md
 */
import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { deliverNextRound, HORIZON_MS, startOf, type Progress } from '../shared/delivery.js';
import { askForOptIns } from '../shared/opt-ins.js';
import { park } from '../shared/park.js';
import type { AcceptedEvent } from '../../domain/product-event.js';
import { searchAttributes } from '../shared/search-attributes.js';
import { progressDetails } from './details.js';
import type { EventOutcome, ForwardEventsInput, ForwardEventsResult } from './messages.js';

export async function forwardEvents(input: ForwardEventsInput): Promise<ForwardEventsResult> {
  const deadlineMs = Math.max(...input.events.map(({ acceptedAtMs }) => acceptedAtMs)) + HORIZON_MS;
  let progress: Progress = input.resumed ?? startOf(input.events);
  const optIns: Promise<readonly string[]>[] = [];
  try {
    while (progress.open.length > 0) {
      const decided = progress.outcomes.length;
      progress = await deliverNextRound(input.events, progress, deadlineMs);
      const newOutcomes = progress.outcomes.slice(decided);
      optIns.push(askForOptIns(deliveredOf(input, newOutcomes)));
      await parkAll(input, newOutcomes);
      setCurrentDetails(progressDetails(input.events.length, progress));
      if (progress.open.length > 0 && workflowInfo().continueAsNewSuggested) {
        progress = await withOptIns(progress, optIns);
        await continueAsNew<typeof forwardEvents>({ ...input, resumed: progress });
      }
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    progress = await CancellationScope.nonCancellable(() => parkOpen(input, progress));
  }
  upsertSearchAttributes([{ key: searchAttributes.outcome, value: summarise(progress.outcomes) }]);
  progress = await withOptIns(progress, optIns);
  setCurrentDetails(progressDetails(input.events.length, progress));
  return { outcomes: inOrderOf(input, progress.outcomes) };
}

function deliveredOf(input: ForwardEventsInput, outcomes: readonly EventOutcome[]): AcceptedEvent[] {
  const ids = new Set(outcomes.flatMap(({ eventId, status }) => (status === 'delivered' ? [eventId] : [])));
  return input.events.filter(({ eventId }) => ids.has(eventId));
}

/** Waits for what became of the opt-ins, and notes those that could not be requested. */
async function withOptIns(
  progress: Progress,
  optIns: readonly Promise<readonly string[]>[],
): Promise<Progress> {
  const notRequested = new Set((await Promise.all(optIns)).flat());
  const outcomes = progress.outcomes.map((outcome): EventOutcome =>
    outcome.status === 'delivered' && notRequested.has(outcome.eventId)
      ? { ...outcome, optIn: 'not-requested' }
      : outcome,
  );
  return { ...progress, outcomes };
}

/** A cancelled run gives its open events to a person: what was accepted is not lost. */
async function parkOpen(input: ForwardEventsInput, progress: Progress): Promise<Progress> {
  const cancelled = progress.open.map(({ eventId }): EventOutcome => ({
    eventId,
    status: 'parked',
    reason: 'cancelled',
    class: 'expected',
  }));
  await parkAll(input, cancelled);
  const done: Progress = { open: [], outcomes: [...progress.outcomes, ...cancelled] };
  setCurrentDetails(progressDetails(input.events.length, done));
  return done;
}

async function parkAll(input: ForwardEventsInput, outcomes: readonly EventOutcome[]): Promise<void> {
  const events = new Map(input.events.map((event) => [event.eventId, event]));
  await Promise.all(
    outcomes.map(async (outcome) => {
      const event = events.get(outcome.eventId);
      if (outcome.status !== 'parked' || event === undefined) return;
      await park({ event, reason: outcome.reason, class: outcome.class, environment: input.environment });
    }),
  );
}

function summarise(outcomes: readonly EventOutcome[]): string {
  const parked = outcomes.filter(({ status }) => status === 'parked').length;
  if (parked === 0) return 'delivered';
  return parked === outcomes.length ? 'parked' : 'partly-parked';
}

function inOrderOf(input: ForwardEventsInput, outcomes: readonly EventOutcome[]): EventOutcome[] {
  const byId = new Map(outcomes.map((outcome) => [outcome.eventId, outcome]));
  return input.events.flatMap(({ eventId }) => byId.get(eventId) ?? []);
}
