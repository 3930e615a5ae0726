/**
 * What a gateway remembers of groups that were started before it: without it, a re-send after a restart would be
 * accepted a second time. Events that came alone need no memory, their workflow id is their own.
 */
import type { Client } from '@temporalio/client';
import { FORWARD_EVENTS, groupWorkflowId } from '../workflows/forward-events/messages.js';
import { searchAttributes } from '../workflows/shared/search-attributes.js';
import type { RecentEvents } from './recent-events.js';

const GROUP_PREFIX = groupWorkflowId('');
/** Stopped runs are left out: their events may be sent again. */
const GROUPS = `WorkflowType = '${FORWARD_EVENTS}' AND WorkflowId STARTS_WITH '${GROUP_PREFIX}' AND ExecutionStatus IN ('Running', 'Completed')`;
const PAGE_SIZE = 500;

/** What the gateway needs of Temporal's client. */
export interface GroupClient {
  readonly workflow: Pick<Client['workflow'], 'list'>;
}

/**
 * Remembers the events of the newest groups, up to `maxEvents`.
 * @see https://docs.temporal.io/list-filter
 * @throws when Temporal does not answer; what was read by then is remembered
 */
export async function recallGroups(
  client: GroupClient,
  recent: RecentEvents,
  maxEvents: number,
): Promise<void> {
  const found: { readonly group: string; readonly keys: readonly string[] }[] = [];
  let events = 0;
  try {
    for await (const { workflowId, typedSearchAttributes } of client.workflow.list({
      query: GROUPS,
      pageSize: PAGE_SIZE,
    })) {
      const keys = typedSearchAttributes.get(searchAttributes.eventKey) ?? [];
      found.push({ group: workflowId.slice(GROUP_PREFIX.length), keys });
      events += keys.length;
      if (events >= maxEvents) break;
    }
  } finally {
    // Temporal lists the newest first; the memory forgets what it was told first.
    for (const { group, keys } of found.reverse()) for (const key of keys) recent.rememberKey(key, { group });
  }
}
