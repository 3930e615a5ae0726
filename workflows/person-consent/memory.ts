/** What a run of `personConsent` knows, and how it changes: pure, so that a run can hand it to the next one. */
import { afterHearing, bounded, standingOf, unheardOf } from '../../domain/consent-order.js';
import type { ConsentReason } from '../../domain/consent-reasons.js';
import type { ConsentOutcome, ConsentRecord, ConsentRequest } from '../../domain/consent.js';
import { OPT_IN_COUNTS_FOR_DAYS } from '../../recipes/subscriptions.js';
import type { ConsentMemory, ConsentState, PendingRequest } from './messages.js';

const DAY_MS = 86_400_000;
export const OPT_INS_COUNT_FOR_MS = OPT_IN_COUNTS_FOR_DAYS * DAY_MS;
/** A day longer than opt-ins count: whatever could be newer than one is still remembered. */
export const STAY_MS = OPT_INS_COUNT_FOR_MS + DAY_MS;

/** Newest kept. What is pending or not logged yet is kept whole: nothing of that may get lost. */
export const limits = { decided: 500, recent: 20 } as const;

export const nothingYet = (nowMs: number): ConsentMemory => ({
  pending: [],
  decided: [],
  recent: [],
  unlogged: [],
  lastHeardMs: nowMs,
});

/** Takes in what is new; a request that comes again under its reference changes nothing. */
export function hear(
  memory: ConsentMemory,
  requests: readonly ConsentRequest[],
  nowMs: number,
): ConsentMemory {
  const known = [...memory.decided, ...memory.pending.map(({ request }) => request.reference)];
  const heard = unheardOf(requests, known);
  const added = heard.map((request): PendingRequest => ({
    request,
    status: 'waiting',
    tries: 0,
    notBeforeMs: 0,
  }));
  return {
    ...afterHearing(memory, heard),
    pending: [...memory.pending, ...added],
    lastHeardMs: heard.length === 0 ? memory.lastHeardMs : nowMs,
  };
}

/** Replaces one pending request. */
export function change(memory: ConsentMemory, changed: PendingRequest): ConsentMemory {
  const pending = memory.pending.map((each) =>
    each.request.reference === changed.request.reference ? changed : each,
  );
  return { ...memory, pending };
}

/** What became of a request. */
export interface Decision {
  readonly outcome: ConsentOutcome;
  readonly reason?: ConsentReason;
  readonly atMs: number;
  /** When a read showed it as wanted. */
  readonly verifiedAtMs?: number;
}

/** Notes a record. The request stays pending. */
export function note(
  memory: ConsentMemory,
  pending: PendingRequest,
  personHash: string,
  decision: Decision,
): ConsentMemory {
  const record = recordOf(pending, personHash, decision);
  return {
    ...memory,
    recent: bounded(memory.recent, [record], limits.recent),
    unlogged: [...memory.unlogged, record],
  };
}

/** Takes a request from the pending ones: nothing more becomes of it. */
export function finish(memory: ConsentMemory, { request: { reference } }: PendingRequest): ConsentMemory {
  return {
    ...memory,
    pending: memory.pending.filter(({ request }) => request.reference !== reference),
    decided: bounded(memory.decided, [reference], limits.decided),
  };
}

function recordOf(
  { request, acknowledgedAtMs }: PendingRequest,
  personHash: string,
  { outcome, reason, atMs, verifiedAtMs }: Decision,
): ConsentRecord {
  return {
    reference: request.reference,
    personHash,
    leadId: request.leadId ?? null,
    change: request.change,
    source: request.source,
    activityAtMs: request.sourceAtMs,
    receivedAtMs: request.receivedAtMs,
    acknowledgedAtMs: acknowledgedAtMs ?? null,
    verifiedAtMs: verifiedAtMs ?? null,
    decidedAtMs: atMs,
    outcome,
    reason: reason ?? null,
  };
}

/** @param underWay references of the requests that an activity has in hand */
export function stateOf(
  memory: ConsentMemory,
  personHash: string,
  underWay: ReadonlySet<string>,
): ConsentState {
  return {
    personHash,
    standing: standingOf(memory),
    pending: memory.pending.map(({ request, status, lastProblem }) => ({
      reference: request.reference,
      source: request.source,
      change: request.change,
      decidedBySource: new Date(request.sourceAtMs).toISOString(),
      status: underWay.has(request.reference) ? 'applying' : status,
      ...(lastProblem === undefined ? {} : { lastProblem }),
    })),
    recent: memory.recent,
    unlogged: memory.unlogged.length,
  };
}

/**
 * Marketo counts the person as unsubscribed: whatever opt-in was applied before holds no more, and one that is still
 * being verified has to ask Marketo once more.
 */
export function withoutOptIn({ newestOptInAtMs: _, ...rest }: ConsentMemory): ConsentMemory {
  const pending = rest.pending.map((each): PendingRequest =>
    each.request.change === 'opt-in' && each.status === 'verifying' ? { ...each, status: 'waiting' } : each,
  );
  return { ...rest, pending };
}
