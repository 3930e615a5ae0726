/**
 * What a gateway remembers of events that were accepted before it: without it, a re-send after a restart would be
 * accepted a second time, unless both copies came alone and share a workflow id.
 */
import type { Client } from '@temporalio/client';
import { FORWARD_EVENTS, groupWorkflowId } from '../workflows/forward-events/messages.js';
import { searchAttributes } from '../workflows/shared/search-attributes.js';
import { ALONE, type Placement, type RecentEvents } from './recent-events.js';

const GROUP_PREFIX = groupWorkflowId('');
/** Stopped runs are left out: their events may be sent again. */
const FORWARDED = `WorkflowType = '${FORWARD_EVENTS}' AND ExecutionStatus IN ('Running', 'Completed')`;
const PAGE_SIZE = 500;

/** What the gateway needs of Temporal's client. */
export interface GroupClient {
  readonly workflow: Pick<Client['workflow'], 'list'>;
}

/**
 * Remembers the newest events that Temporal knows, up to `maxEvents` of them or as many as the time allows.
 * @see https://docs.temporal.io/list-filter
 * @throws when Temporal does not answer; what was read by then is remembered
 */
export async function recallGroups(
  client: GroupClient,
  recent: RecentEvents,
  maxEvents: number,
): Promise<void> {
  const found: { readonly placement: Placement; readonly keys: readonly string[] }[] = [];
  let events = 0;
  try {
    for await (const { workflowId, typedSearchAttributes } of client.workflow.list({
      query: FORWARDED,
      pageSize: PAGE_SIZE,
    })) {
      const keys = typedSearchAttributes.get(searchAttributes.eventKey) ?? [];
      found.push({ placement: placementOf(workflowId), keys });
      events += keys.length;
      if (events >= maxEvents) break;
    }
  } finally {
    // Temporal lists the newest first; the memory forgets what it was told first.
    for (const { placement, keys } of found.reverse()) {
      for (const key of keys) recent.rememberKey(key, placement);
    }
  }
}

function placementOf(workflowId: string): Placement {
  return workflowId.startsWith(GROUP_PREFIX) ? { group: workflowId.slice(GROUP_PREFIX.length) } : ALONE;
}
