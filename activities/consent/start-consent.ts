/**
 * The one way to `personConsent`: requests of any source, handed over with one signal with start per person. Gateway,
 * activities and commands share it; returning means that Temporal has all of them.
 */
import { isGrpcServiceError } from '@temporalio/client';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import PQueue from 'p-queue';
import type { ConsentRequest } from '../../domain/consent.js';
import type { Hasher } from '../../domain/person-hash.js';
import { PERSON_CONSENT } from '../../workflows/person-consent/messages.js';
import { consentStart, type ConsentStart } from '../../workflows/person-consent/start.js';
import type { ConsentStarter } from './contract.js';

/** The part of Temporal's client that is used. */
export interface SignalClient {
  readonly withDeadline: <R>(deadlineMs: number, call: () => Promise<R>) => Promise<R>;
  readonly workflow: {
    readonly signalWithStart: (workflowType: string, options: ConsentStart) => Promise<unknown>;
  };
}

export interface ConsentStarterDeps {
  readonly client: SignalClient;
  readonly hasher: Hasher;
  /** DEPLOY_ENVIRONMENT: a search attribute of everything that is started. */
  readonly environment: string;
  /** Within this all requests are handed over, or the rest is not. */
  readonly timeoutMs?: number;
}

type OnesRequests = readonly [ConsentRequest, ...ConsentRequest[]];

const TIMEOUT_MS = 30_000;
/** More of one person's requests go in another signal: Temporal refuses signals over 2 MiB. */
const REQUESTS_PER_SIGNAL = 100;
/** Beyond some calls at once Temporal only queues them. */
const CALLS_AT_ONCE = 10;

/** See the contract for what it promises. */
export function createConsentStarter(deps: ConsentStarterDeps): ConsentStarter {
  return {
    start: async (requests) => {
      const deadlineMs = Date.now() + (deps.timeoutMs ?? TIMEOUT_MS);
      const calls = new PQueue({ concurrency: CALLS_AT_ONCE });
      const signals = [...byPerson(requests, deps.hasher)].flatMap(([personHash, own]) =>
        chunksOf(own).map((chunk) => consentStart(chunk, personHash, deps.environment)),
      );
      const problems = await Promise.all(
        signals.map((signal) => calls.add(() => problemOf(signal, deadlineMs, deps.client))),
      );
      const told = problems.flatMap((problem) => problem ?? []);
      if (told.length > 0) throw notTaken(told, signals.length);
    },
  };
}

function byPerson(
  requests: readonly ConsentRequest[],
  hasher: Hasher,
): ReadonlyMap<string, readonly ConsentRequest[]> {
  const people = new Map<string, ConsentRequest[]>();
  for (const request of requests) {
    const personHash = hasher.person(request.email);
    const own = people.get(personHash) ?? [];
    own.push(request);
    people.set(personHash, own);
  }
  return people;
}

function chunksOf(own: readonly ConsentRequest[]): OnesRequests[] {
  const [first, ...others] = own.slice(0, REQUESTS_PER_SIGNAL);
  return first === undefined ? [] : [[first, ...others], ...chunksOf(own.slice(REQUESTS_PER_SIGNAL))];
}

/**
 * One call; Temporal's client repeats it until the deadline as long as that can help.
 * @returns a short code of what kept Temporal from taking it; never a message, which can repeat payloads
 */
async function problemOf(
  signal: ConsentStart,
  deadlineMs: number,
  client: SignalClient,
): Promise<string | undefined> {
  try {
    await client.withDeadline(deadlineMs, () => client.workflow.signalWithStart(PERSON_CONSENT, signal));
    return undefined;
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    if (isGrpcServiceError(cause)) return `grpc-${cause.code}`;
    return error instanceof Error ? error.name : typeof error;
  }
}

/** What has been taken is taken again by a repeat, and changes nothing then. */
function notTaken(problems: readonly string[], signals: number): ApplicationFailure {
  const codes = [...new Set(problems)].sort().join(', ');
  return ApplicationFailure.create({
    type: 'unavailable',
    message: `Temporal did not take ${problems.length} of ${signals} signals to personConsent: ${codes}`,
    category: ApplicationFailureCategory.BENIGN,
  });
}
