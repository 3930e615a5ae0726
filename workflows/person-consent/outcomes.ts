/** What a verdict of `applyConsent` means for a request: a decision, or how it goes on. Pure. */
import type { ConsentSettings, ConsentVerdict } from '../../activities/iterable/consent-contract.js';
import type { IgnoredReason } from '../../domain/consent-reasons.js';
import type { ConsentRequest } from '../../domain/consent.js';
import type { Reason } from '../../domain/reasons.js';
import { assertNever } from '../../domain/verdict.js';
import { HORIZON_MS } from '../shared/delivery.js';
import type { Decision } from './memory.js';
import type { PendingRequest } from './messages.js';

export interface Step {
  /** How the request goes on; absent: it is done. */
  readonly pending?: PendingRequest;
  /** What is recorded, with the request as it was then. */
  readonly record?: { readonly of: PendingRequest; readonly decision: Decision };
}

export interface Given {
  readonly verdict: ConsentVerdict['verdict'];
  /** When Iterable answered. */
  readonly atMs: number;
  /** By the workflow's clock. */
  readonly nowMs: number;
  readonly settings: ConsentSettings;
}

/** Where the consent log has a word of its own. */
const IGNORED_FOR: Partial<Record<Reason, IgnoredReason>> = {
  'forgotten-user': 'forgotten',
  'opted-out-since': 'newer-opt-out',
};
const HOUR_MS = 3_600_000;
const SHORTEST_WAIT_MS = 1_000;

/** Nothing is given up before this. */
export const deadlineOf = ({ receivedAtMs }: Pick<ConsentRequest, 'receivedAtMs'>): number =>
  receivedAtMs + HORIZON_MS;

export function afterVerdict(before: PendingRequest, given: Given): Step {
  const { verdict, nowMs } = given;
  switch (verdict.kind) {
    case 'delivered':
      return written(before, given);
    case 'unchanged':
      return inPlace(before, given);
    case 'skipped':
      if (verdict.reason === 'not-in-iterable') return absent(before, given);
      return decided(before, {
        outcome: 'ignored',
        reason: IGNORED_FOR[verdict.reason] ?? verdict.reason,
        atMs: nowMs,
      });
    case 'rejected':
      if (verdict.reason === 'invalid-email')
        return decided(before, { outcome: 'invalid-email', atMs: nowMs });
      return again(before, given, verdict.reason);
    case 'retry':
      return {
        pending: { ...before, notBeforeMs: nowMs + verdict.afterMs, lastProblem: verdict.reason },
      };
    case 'unknown':
      return again(before, given, verdict.reason);
    default:
      return assertNever(verdict);
  }
}

/** The end of a request that could not be applied within the time. */
export function givenUp(before: PendingRequest, reason: Reason, nowMs: number): Step {
  return decided(before, { outcome: 'failed', reason, atMs: nowMs });
}

function decided(of: PendingRequest, decision: Decision): Step {
  return { record: { of, decision } };
}

/** Written: looked at again after the settling time. Written once more: the write before did not hold. */
function written(before: PendingRequest, { atMs, nowMs, settings }: Given): Step {
  const didNotHold = before.status === 'verifying';
  const tries = didNotHold ? before.tries + 1 : 0;
  const pending: PendingRequest = {
    ...before,
    status: 'verifying',
    acknowledgedAtMs: atMs,
    tries,
    notBeforeMs: nowMs + growing(settings.settleMs, tries),
  };
  return didNotHold && nowMs >= deadlineOf(before.request) ? givenUp(pending, 'gave-up', nowMs) : { pending };
}

function inPlace(before: PendingRequest, { atMs, nowMs }: Given): Step {
  const isOptOut = before.request.change === 'opt-out';
  const wasWritten = before.status === 'verifying';
  const outcomes = isOptOut
    ? ({ written: 'opted-out', before: 'already-opted-out' } as const)
    : ({ written: 'opted-in', before: 'already-opted-in' } as const);
  const outcome = wasWritten ? outcomes.written : outcomes.before;
  const isLate = isOptOut && wasWritten && before.isRecordedAbsent === true;
  return decided(before, {
    outcome: isLate ? 'applied-late' : outcome,
    atMs: nowMs,
    verifiedAtMs: atMs,
  });
}

/**
 * A profile can be read only some time after it was made: that nobody is there counts from the second look on. An
 * opt-out is then recorded and looked up again on some later days; an opt-in waits for the first of these at most.
 */
function absent(before: PendingRequest, { nowMs, settings }: Given): Step {
  const { absentSinceMs = nowMs, isRecordedAbsent } = before;
  const seen: PendingRequest = { ...before, absentSinceMs, tries: before.tries + 1 };
  const looksMs = [settings.settleMs, ...settings.lookAgainMs].map((afterMs) => absentSinceMs + afterMs);
  if (before.request.change === 'opt-in') {
    const lastMs = looksMs[1] ?? absentSinceMs + settings.settleMs;
    if (nowMs >= lastMs) return decided(seen, { outcome: 'ignored', reason: 'not-in-iterable', atMs: nowMs });
    const notBeforeMs = Math.min(nowMs + growing(settings.settleMs, before.tries), lastMs);
    return { pending: { ...seen, status: 'waiting', notBeforeMs } };
  }
  const nextMs = looksMs.find((atMs) => atMs > nowMs);
  const isLastLook = nextMs === undefined;
  const isConfirmed = isRecordedAbsent === undefined && (before.absentSinceMs !== undefined || isLastLook);
  const record = { of: seen, decision: { outcome: 'not-in-iterable', atMs: nowMs } as const };
  return {
    ...(isConfirmed ? { record } : {}),
    ...(isLastLook
      ? {}
      : {
          pending: {
            ...seen,
            status: 'watching',
            notBeforeMs: nextMs,
            ...(isConfirmed || isRecordedAbsent === true ? { isRecordedAbsent: true } : {}),
          },
        }),
  };
}

/** Refused: tried again with growing waits, in case somebody mends what is wrong; recorded as failed at the end. */
function again(before: PendingRequest, { nowMs, settings }: Given, reason: Reason): Step {
  if (nowMs >= deadlineOf(before.request)) return givenUp(before, reason, nowMs);
  const notBeforeMs = Math.min(nowMs + growing(settings.settleMs, before.tries), deadlineOf(before.request));
  return { pending: { ...before, tries: before.tries + 1, notBeforeMs, lastProblem: reason } };
}

/** Doubled with each try, up to an hour; never less than the first wait itself. */
function growing(firstMs: number, tries: number): number {
  const startMs = Math.max(firstMs, SHORTEST_WAIT_MS);
  return Math.max(startMs, Math.min(startMs * 2 ** tries, HOUR_MS));
}
