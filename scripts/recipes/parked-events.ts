/** What operators do with parked events: find them, release them, discard them, correct them. */
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
  type WorkflowExecutionInfo,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import PQueue from 'p-queue';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import {
  discardUpdate,
  PARKED_EVENT,
  parkedWorkflowId,
  releaseUpdate,
  replaceUpdate,
  type ParkedState,
} from '../../workflows/parked-event/messages.js';

export interface ParkedFilter {
  readonly id?: string;
  readonly reason?: string;
  /** Parked at or after this. */
  readonly since?: Date;
}

export interface ParkedListing {
  readonly eventId: string;
  readonly sourceEvent: string;
  readonly reason: string;
  readonly class: string;
  /** ISO 8601 */
  readonly since: string;
}

/** What one event's command came to. `error` holds codes and advice, never field values. */
export type CommandResult =
  | { readonly eventId: string; readonly ok: true; readonly state: ParkedState }
  | { readonly eventId: string; readonly ok: false; readonly error: string };

/** Updates at once: each waits up to 20 s for its release, and Temporal takes ten per workflow, any number in all. */
const AT_ONCE = 20;
/** Longer than a release may take to answer. Without a worker an update would wait for ever. */
const UPDATE_TIMEOUT_MS = 30_000;

/**
 * Parked events, oldest first by the server's order, straight from Temporal's visibility store.
 * @see https://docs.temporal.io/list-filter
 */
export async function* listParked(client: Client, filter: ParkedFilter): AsyncGenerator<ParkedListing> {
  for await (const execution of client.workflow.list({ query: queryFor(filter) })) yield listingOf(execution);
}

function queryFor({ id, reason, since }: ParkedFilter): string {
  const terms = [`WorkflowType = ${quote(PARKED_EVENT)}`, `ExecutionStatus = 'Running'`];
  if (id !== undefined) terms.push(`WorkflowId = ${quote(parkedWorkflowId(id))}`);
  if (reason !== undefined) terms.push(`ParkReason = ${quote(reason)}`);
  if (since !== undefined) terms.push(`ParkedSince >= ${quote(since.toISOString())}`);
  return terms.join(' AND ');
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function listingOf({
  workflowId,
  startTime,
  typedSearchAttributes: attributes,
}: WorkflowExecutionInfo): ParkedListing {
  return {
    eventId: workflowId.slice(parkedWorkflowId('').length),
    sourceEvent: attributes.get(searchAttributes.sourceEvent)?.join(', ') ?? '',
    reason: attributes.get(searchAttributes.parkReason) ?? '',
    class: attributes.get(searchAttributes.failureClass) ?? '',
    since: (attributes.get(searchAttributes.parkedSince) ?? startTime).toISOString(),
  };
}

export const release = (client: Client, eventId: string): Promise<CommandResult> =>
  update(client, eventId, () =>
    client.workflow.getHandle(parkedWorkflowId(eventId)).executeUpdate(releaseUpdate),
  );

export const discard = (client: Client, eventId: string, reason: string): Promise<CommandResult> =>
  update(client, eventId, () =>
    client.workflow.getHandle(parkedWorkflowId(eventId)).executeUpdate(discardUpdate, { args: [reason] }),
  );

export const replace = (
  client: Client,
  eventId: string,
  fields: Record<string, unknown>,
): Promise<CommandResult> =>
  update(client, eventId, () =>
    client.workflow.getHandle(parkedWorkflowId(eventId)).executeUpdate(replaceUpdate, { args: [fields] }),
  );

async function update(
  client: Client,
  eventId: string,
  send: () => Promise<ParkedState>,
): Promise<CommandResult> {
  try {
    return { eventId, ok: true, state: await client.withDeadline(Date.now() + UPDATE_TIMEOUT_MS, send) };
  } catch (error) {
    return { eventId, ok: false, error: adviceOf(error) };
  }
}

/** The workflow's own refusal where there is one; it says what to do. */
function adviceOf(error: unknown): string {
  if (error instanceof WorkflowUpdateFailedError) return innermost(error).message;
  if (error instanceof WorkflowNotFoundError) return 'it is not parked (any more)';
  return 'no answer within 30 s; is a worker running (npm start)? The command can be repeated';
}

function innermost(error: Error): Error {
  return error.cause instanceof Error && !(error instanceof ApplicationFailure)
    ? innermost(error.cause)
    : error;
}

/** Applies a command to every event of a listing, some at once, and reports each as it is done. */
export async function forEachParked(
  listing: AsyncIterable<ParkedListing>,
  command: (eventId: string) => Promise<CommandResult>,
  onDone: (done: number) => void,
): Promise<CommandResult[]> {
  const queue = new PQueue({ concurrency: AT_ONCE });
  const results: CommandResult[] = [];
  for await (const { eventId } of listing) {
    await queue.onSizeLessThan(AT_ONCE);
    void queue.add(async () => {
      results.push(await command(eventId));
      onDone(results.length);
    });
  }
  await queue.onIdle();
  return results;
}
