/** What the stories of the recorded histories are told with: scripted activities, invented people, no machine's traces. */
import { ApplicationFailure, type ApplicationFailureOptions } from '@temporalio/common';
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { DeliveryItem, ItemVerdict } from '../../activities/iterable/contract.js';
import type { AcceptedEvent } from '../../domain/product-event.js';
import type { Verdict } from '../../domain/verdict.js';
import { eventWorkflowId, FORWARD_EVENTS, groupWorkflowId } from '../../workflows/forward-events/messages.js';
import { PARKED_EVENT, parkedWorkflowId } from '../../workflows/parked-event/messages.js';
import { acceptedEvent } from '../support/events.js';
import type { Recipes, TestActivities } from '../support/recipes-worker.js';

export interface Scene {
  readonly env: TestWorkflowEnvironment;
  readonly recipes: Recipes;
}

/**
 * A run that becomes a fixture. It goes on after its first workflow task: replay compares what a task decided with the
 * events after it, and sees nothing amiss in a task that nothing follows.
 */
export interface Story {
  /** Types of events that its history holds: without them it would tell another story than its name says. */
  readonly shows: readonly string[];
  /**
   * Default: a server as in production. `short-histories`: one that suggests to continue as new at once.
   * `time-skipping`: only where nothing else will do, for its histories differ in details: replay has been seen to end
   * without an error where the same story of a real server ends with one.
   */
  readonly on?: 'short-histories' | 'time-skipping';
  /** Plays the story to its end. @returns the run whose history is recorded */
  readonly tell: (scene: Scene) => Promise<WorkflowHandle>;
}

/** The two stories of a workflow that continues as new: its first run, and the one that goes on. */
export function bothRunsOf(
  continued: (scene: Scene) => Promise<ContinuedHandle>,
): Readonly<Record<string, Story>> {
  return {
    'continued-as-new': {
      on: 'short-histories',
      shows: ['WORKFLOW_EXECUTION_CONTINUED_AS_NEW'],
      tell: async (scene) => {
        const { workflowId, firstExecutionRunId } = await continued(scene);
        return scene.env.client.workflow.getHandle(workflowId, firstExecutionRunId);
      },
    },
    resumed: {
      on: 'short-histories',
      shows: ['WORKFLOW_EXECUTION_COMPLETED'],
      tell: async (scene) => scene.env.client.workflow.getHandle((await continued(scene)).workflowId),
    },
  };
}

interface ContinuedHandle {
  readonly workflowId: string;
  readonly firstExecutionRunId: string;
}

let people = 0;
/** Events of new people, accepted `ageMs` ago. */
export async function newEvents({ env }: Scene, count: number, ageMs = 0): Promise<AcceptedEvent[]> {
  const acceptedAtMs = (await env.currentTimeMs()) - ageMs;
  return Array.from({ length: count }, () => acceptedEvent((people += 1), {}, acceptedAtMs));
}

/** Starts `forwardEvents` as the gateway does. */
export function forward(
  { env }: Scene,
  events: readonly AcceptedEvent[],
): Promise<WorkflowHandleWithFirstExecutionRunId> {
  const [first] = events;
  const alone = first !== undefined && events.length === 1;
  return env.client.workflow.start(FORWARD_EVENTS, {
    taskQueue: 'recipes',
    workflowId: alone ? eventWorkflowId(first.eventId) : groupWorkflowId(`of-${first?.eventId ?? 'none'}`),
    args: [{ events, environment: 'test' }],
  });
}

/** An event like the others, of somebody who wants marketing mail. */
export function wanting(event: AcceptedEvent): AcceptedEvent {
  return { ...event, fields: { ...event.fields, opt_in: true } };
}

/** Starts `parkedEvent` for an event of a new person that no recipe maps. */
export function park(
  { env }: Scene,
  fields: Record<string, unknown> = {},
): Promise<WorkflowHandleWithFirstExecutionRunId> {
  const event = acceptedEvent((people += 1), { product_interaction: 'A new experiment', ...fields });
  return env.client.workflow.start(PARKED_EVENT, {
    taskQueue: 'recipes',
    workflowId: parkedWorkflowId(event.eventId),
    args: [{ event, reason: 'unknown-product-interaction', class: 'invalid-input', environment: 'test' }],
  });
}

/** What one call of `deliverEvents` does: verdicts for its first items and `delivered` for the rest, or a failure. */
export type Round = readonly Verdict[] | ApplicationFailure;

/** `deliverEvents` by script: one round per call, then everything is delivered. */
export function delivering(...rounds: readonly Round[]): Pick<TestActivities, 'deliverEvents'> {
  let calls = 0;
  return {
    deliverEvents: (items) => {
      const round = rounds[calls] ?? [];
      calls += 1;
      if (round instanceof ApplicationFailure) return Promise.reject(round);
      return Promise.resolve(items.map((item, index) => answer(item, round[index] ?? DELIVERED)));
    },
  };
}

function answer({ event }: DeliveryItem, verdict: Verdict): ItemVerdict {
  const waitsForProfile = verdict.kind === 'retry' && verdict.reason === 'profile-not-visible';
  return {
    eventId: event.eventId,
    verdict,
    ...(waitsForProfile ? { profileWrittenAtMs: event.acceptedAtMs } : {}),
  };
}

export const DELIVERED: Verdict = { kind: 'delivered' };
export const INVALID_EMAIL: Verdict = { kind: 'rejected', reason: 'invalid-email', class: 'rejected' };
export const notVisible = (afterMs: number): Verdict => ({
  kind: 'retry',
  reason: 'profile-not-visible',
  class: 'unavailable',
  afterMs,
});

/** A failure without the recording machine's paths in its stack. */
export function failure(options: ApplicationFailureOptions): ApplicationFailure {
  const created = ApplicationFailure.create(options);
  created.stack = '';
  return created;
}

/** A door that activities wait at until the story opens it. */
export function door(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
