/**
 * People with a consent request that is not decided yet. They are few at any time, so one question to Temporal names
 * them all; the answer serves everybody for a moment.
 */
import type { WorkflowClient } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { PERSON_CONSENT, personConsentId } from '../../workflows/person-consent/messages.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';

const OPEN = `WorkflowType = '${PERSON_CONSENT}' AND ExecutionStatus = 'Running' AND ${searchAttributes.outcome.name} = 'accepted'`;
/** Temporal's lists are about a second behind; looking more often shows nothing newer. */
const FRESH_MS = 1_000;

/**
 * @returns hashes of the people who have an open request
 * @throws ApplicationFailure `unavailable`, retryable: Temporal does not say, so nothing may be written
 */
export function createConsentInFlight(
  workflows: Pick<WorkflowClient, 'list'>,
  now: () => number = Date.now,
): () => Promise<ReadonlySet<string>> {
  let known: { readonly atMs: number; readonly hashes: Promise<ReadonlySet<string>> } | undefined;
  return async () => {
    if (known === undefined || now() - known.atMs >= FRESH_MS)
      known = { atMs: now(), hashes: list(workflows) };
    const asked = known;
    try {
      return await asked.hashes;
    } catch (cause) {
      if (known === asked) known = undefined;
      const message = 'Temporal does not list open consent requests';
      throw ApplicationFailure.create({
        type: 'unavailable',
        message,
        ...(cause instanceof Error ? { cause } : {}),
      });
    }
  };
}

async function list(workflows: Pick<WorkflowClient, 'list'>): Promise<ReadonlySet<string>> {
  const hashes = new Set<string>();
  for await (const { workflowId } of workflows.list({ query: OPEN, pageSize: 1_000 }))
    hashes.add(workflowId.slice(personConsentId('').length));
  return hashes;
}
