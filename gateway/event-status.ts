/**
 * What became of an event, read from Temporal without a worker: descriptions, search attributes and results only.
 * An event that was parked is asked for first, because its own workflow has the last word.
 */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { isReason, REASONS } from '../domain/reasons.js';
import { FORWARD_EVENTS, eventWorkflowId, groupWorkflowId } from '../workflows/forward-events/messages.js';
import { parkedWorkflowId } from '../workflows/parked-event/messages.js';
import { eventKeyOf } from '../workflows/shared/describe-event.js';
import { searchAttributes } from '../workflows/shared/search-attributes.js';
import { ForwardResult, ParkedResult } from './schemas.js';
import type { EventStatus } from './schemas.js';

export interface EventStatusReader {
  /**
   * @param group the group the event travelled in, where its Location names one
   * @returns nothing for an event that Temporal does not know (any more)
   * @throws when Temporal does not answer
   */
  readonly read: (eventId: string, group?: string) => Promise<EventStatus | undefined>;
}

type Description = Pick<WorkflowExecutionDescription, 'typedSearchAttributes' | 'closeTime'> & {
  readonly status: Pick<WorkflowExecutionDescription['status'], 'name'>;
};

/** The part of Temporal's client that the reader uses. */
export interface StatusClient {
  readonly withDeadline: <R>(deadline: number, call: () => Promise<R>) => Promise<R>;
  readonly workflow: {
    readonly getHandle: (workflowId: string) => {
      readonly describe: () => Promise<Description>;
      readonly result: () => Promise<unknown>;
    };
    readonly list: (options: {
      readonly query: string;
      readonly pageSize: number;
    }) => AsyncIterable<{ readonly workflowId: string }>;
  };
}

const READ_TIMEOUT_MS = 5_000;

export function createEventStatusReader(client: StatusClient): EventStatusReader {
  return {
    read: (eventId, group) =>
      client.withDeadline(Date.now() + READ_TIMEOUT_MS, async () => {
        const parked = await readParked(client, eventId);
        if (parked !== undefined) return parked;
        if (group !== undefined) return readForwarded(client, groupWorkflowId(group), eventId);
        return (
          (await readForwarded(client, eventWorkflowId(eventId), eventId)) ??
          (await readFound(client, eventId))
        );
      }),
  };
}

async function readParked(client: StatusClient, eventId: string): Promise<EventStatus | undefined> {
  const workflowId = parkedWorkflowId(eventId);
  const description = await describe(client, workflowId);
  if (description === undefined) return undefined;
  if (description.status.name === 'RUNNING') {
    const attributes = description.typedSearchAttributes;
    return parkedStatus(eventId, {
      reason: attributes.get(searchAttributes.parkReason),
      class: attributes.get(searchAttributes.failureClass),
      since: attributes.get(searchAttributes.parkedSince)?.toISOString(),
    });
  }
  if (description.status.name !== 'COMPLETED') return stopped(eventId, description);
  const state = ParkedResult.parse(await client.workflow.getHandle(workflowId).result());
  if (state.status === 'delivered') return { eventId, status: 'delivered' };
  return { ...parkedStatus(eventId, state), status: 'discarded', fix: undefined };
}

/** The event as the workflow that forwards it (alone or in a group) has it. */
async function readForwarded(
  client: StatusClient,
  workflowId: string,
  eventId: string,
): Promise<EventStatus | undefined> {
  const description = await describe(client, workflowId);
  if (description === undefined) return undefined;
  const carried = description.typedSearchAttributes.get(searchAttributes.eventKey);
  if (carried?.includes(eventKeyOf(eventId)) !== true) return undefined; // another event's group
  if (description.status.name === 'RUNNING') return { eventId, status: 'accepted' };
  if (description.status.name !== 'COMPLETED') return stopped(eventId, description);
  const { outcomes } = ForwardResult.parse(await client.workflow.getHandle(workflowId).result());
  const outcome = outcomes.find((each) => each.eventId === eventId);
  if (outcome === undefined) return undefined;
  if (outcome.status === 'delivered') return { eventId, status: 'delivered' };
  return parkedStatus(eventId, { ...outcome, since: description.closeTime?.toISOString() });
}

/** Without the group in the address, the search attribute leads to it: the newest workflow that carried the event. */
async function readFound(client: StatusClient, eventId: string): Promise<EventStatus | undefined> {
  const query = `WorkflowType = '${FORWARD_EVENTS}' AND EventKey = '${eventKeyOf(eventId)}'`;
  for await (const { workflowId } of client.workflow.list({ query, pageSize: 1 })) {
    return readForwarded(client, workflowId, eventId);
  }
  return undefined;
}

/** The newest run of an id: of a chain that continued as new, the one that goes on. */
async function describe(client: StatusClient, workflowId: string): Promise<Description | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

interface Parking {
  readonly reason?: string | undefined;
  readonly class?: string | undefined;
  readonly since?: string | undefined;
}

function parkedStatus(eventId: string, parking: Parking): EventStatus {
  const { reason, class: failureClass, since } = parking;
  const fix = reason !== undefined && isReason(reason) ? REASONS[reason].fix : undefined;
  return { eventId, status: 'parked', reason, class: failureClass, since, fix };
}

/** Terminated, failed or timed out. No recipe ends like this by itself: somebody stopped it. */
function stopped(eventId: string, { closeTime }: Description): EventStatus {
  return {
    eventId,
    status: 'failed',
    since: closeTime?.toISOString(),
    fix: 'Its workflow was stopped before the event was settled. Reset the workflow in the Temporal UI.',
  };
}
