/** Makes records durable from an activity: the log itself is another process's, and may be down. */
import type { Client } from '@temporalio/client';
import { ApplicationFailure, TypedSearchAttributes } from '@temporalio/common';
import type { ConsentRecord } from '../../domain/consent.js';
import type { Hasher } from '../../domain/person-hash.js';
import { CONSENT_RECIPE } from '../../workflows/person-consent/start.js';
import { RECORD_CONSENT, type RecordConsentInput } from '../../workflows/record-consent/messages.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import type { ConsentLogWriter } from '../marketo/follow-unsubscribes.js';

export interface ConsentLogWriterDeps {
  readonly client: Client;
  readonly hasher: Hasher;
  readonly environment: string;
}

/** About 300 bytes each; Temporal refuses an input over 2 MiB. */
const RECORDS_PER_START = 1_000;
const CALL_TIMEOUT_MS = 10_000;

export function createConsentLogWriter(deps: ConsentLogWriterDeps): ConsentLogWriter {
  return {
    append: async (records) => {
      for (let from = 0; from < records.length; from += RECORDS_PER_START)
        await start(records.slice(from, from + RECORDS_PER_START), deps);
    },
  };
}

/** The id is made of what is recorded: a repeat finds it running, or is absorbed by the log. */
async function start(
  records: readonly ConsentRecord[],
  { client, hasher, environment }: ConsentLogWriterDeps,
): Promise<void> {
  const name = records.map(({ reference, outcome }) => `${reference} ${outcome}`).join('\n');
  try {
    await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
      client.workflow.start<(input: RecordConsentInput) => Promise<void>>(RECORD_CONSENT, {
        taskQueue: 'recipes',
        workflowId: `recordConsent/${hasher.text('consent-records', name)}`,
        workflowIdConflictPolicy: 'USE_EXISTING',
        args: [{ records }],
        typedSearchAttributes: new TypedSearchAttributes([
          { key: searchAttributes.recipe, value: CONSENT_RECIPE },
          { key: searchAttributes.environment, value: environment },
          { key: searchAttributes.outcome, value: 'accepted' },
        ]),
        staticSummary: `${records.length} unsubscribes without a person, for the consent log`,
      }),
    );
  } catch {
    // Codes only: messages of Temporal's client can repeat payloads.
    throw ApplicationFailure.create({
      type: 'unavailable',
      message: `Temporal did not take ${records.length} records for the consent log`,
    });
  }
}
