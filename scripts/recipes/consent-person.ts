/** One person's consent, as operators look it up and change it. The address becomes a hash here, and goes no further. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../config/config.js';
import type { ConsentRecord, ConsentRequest } from '../../domain/consent.js';
import { looksLikeEmail, normaliseEmail } from '../../domain/email.js';
import { createHasher } from '../../domain/person-hash.js';
import {
  consentStateQuery,
  PERSON_CONSENT,
  personConsentId,
  type ConsentState,
} from '../../workflows/person-consent/messages.js';
import { consentStart, type PersonConsent } from '../../workflows/person-consent/start.js';
import { CommandError, EXIT } from './exit-codes.js';

/** Without a worker a query would wait for ever. */
const QUERY_TIMEOUT_MS = 10_000;
const LOOK_EVERY_MS = 500;

export interface Person {
  readonly email: string;
  readonly personHash: string;
}

/** @throws CommandError usage, without the text: it may be somebody's address all the same */
export function personOf(address: string, config: Config): Person {
  const email = normaliseEmail(address);
  if (!looksLikeEmail(email)) {
    throw new CommandError(EXIT.usage, 'that is no e-mail address; give one like name@example.com');
  }
  return { email, personHash: createHasher(config.personHashKey.reveal()).person(email) };
}

/** What `personConsent` knows, and undefined where there is none (any more). */
export async function liveState(client: Client, personHash: string): Promise<ConsentState | undefined> {
  const handle = client.workflow.getHandle<PersonConsent>(personConsentId(personHash));
  try {
    return await client.withDeadline(Date.now() + QUERY_TIMEOUT_MS, () => handle.query(consentStateQuery));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw new CommandError(
      EXIT.unreachable,
      `the workflow ${personConsentId(personHash)} does not answer; is a worker running (npm start)?`,
      { cause: error },
    );
  }
}

export interface StartedOptOut {
  readonly workflowId: string;
  readonly reference: string;
}

/** Returns once Temporal has it; it is done then whatever happens to this process. */
export async function startOptOut(client: Client, person: Person, config: Config): Promise<StartedOptOut> {
  const nowMs = Date.now();
  const request: ConsentRequest = {
    reference: `operator-${randomUUID()}`,
    change: 'opt-out',
    source: 'operator',
    sourceAtMs: nowMs,
    receivedAtMs: nowMs,
    email: person.email,
  };
  const start = consentStart([request], person.personHash, config.deployEnvironment);
  const { workflowId } = await client.workflow.signalWithStart<PersonConsent, [readonly ConsentRequest[]]>(
    PERSON_CONSENT,
    start,
  );
  return { workflowId, reference: request.reference };
}

/** @returns undefined when it has not been decided within the time, also because no worker runs: the request waits for one */
export async function decisionAbout(
  client: Client,
  personHash: string,
  reference: string,
  withinMs: number,
): Promise<ConsentRecord | undefined> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const state = await liveState(client, personHash).catch(notYet);
    const record = state?.recent.find((recent) => recent.reference === reference);
    if (record !== undefined || performance.now() >= endMs) return record;
    await delay(LOOK_EVERY_MS);
  }
}

function notYet(error: unknown): undefined {
  if (!(error instanceof CommandError)) throw error;
  return undefined;
}
