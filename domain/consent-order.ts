/**
 * The rules between requests about one person: the last decision by source time holds, and at the same time the
 * opt-out does. Pure, so that every order of arrival can be tried; `personConsent` acts on what they say.
 */
import type { IgnoredReason } from './consent-reasons.js';
import type { ConsentRequest } from './consent.js';

/** What is known of a person's decisions, ms since 1970 by the sources' clocks. */
export interface KnownDecisions {
  /** The newest opt-out that was heard of, done or not: from then on no older opt-in counts. */
  readonly newestOptOutAtMs?: number;
  /** The newest opt-in that Iterable has accepted, or had already. */
  readonly newestOptInAtMs?: number;
}

export type Order =
  | { readonly kind: 'apply' }
  /** By source time the person has opted in since. Whether Marketo agrees is to be asked first. */
  | { readonly kind: 'contested' }
  | { readonly kind: 'ignore'; readonly reason: IgnoredReason };

type Decision = Pick<ConsentRequest, 'change' | 'sourceAtMs'>;

/** @param now.optInsCountForMs age from which on an opt-in is too old: nobody remembers what came after it */
export function orderOf(
  request: Decision,
  known: KnownDecisions,
  now: { readonly atMs: number; readonly optInsCountForMs: number },
): Order {
  const { newestOptOutAtMs = -Infinity, newestOptInAtMs = -Infinity } = known;
  if (request.change === 'opt-out') {
    const isSuperseded = request.sourceAtMs < newestOptInAtMs && newestOptOutAtMs < newestOptInAtMs;
    return { kind: isSuperseded ? 'contested' : 'apply' };
  }
  if (request.sourceAtMs <= newestOptOutAtMs) return { kind: 'ignore', reason: 'newer-opt-out' };
  if (now.atMs - request.sourceAtMs > now.optInsCountForMs) return { kind: 'ignore', reason: 'too-old' };
  return { kind: 'apply' };
}

/** Where the requests leave a person, by source time alone. */
export function standingOf(known: KnownDecisions): 'opted-out' | 'opted-in' | 'unknown' {
  const { newestOptOutAtMs = -Infinity, newestOptInAtMs = -Infinity } = known;
  if (newestOptOutAtMs === -Infinity && newestOptInAtMs === -Infinity) return 'unknown';
  return newestOptInAtMs > newestOptOutAtMs ? 'opted-in' : 'opted-out';
}

export function afterHearing<K extends KnownDecisions>(known: K, requests: readonly Decision[]): K {
  const newestOptOutAtMs = Math.max(
    known.newestOptOutAtMs ?? -Infinity,
    ...requests.filter(({ change }) => change === 'opt-out').map(({ sourceAtMs }) => sourceAtMs),
  );
  return newestOptOutAtMs === -Infinity ? known : { ...known, newestOptOutAtMs };
}

export function afterOptIn<K extends KnownDecisions>(known: K, { sourceAtMs }: Decision): K {
  return { ...known, newestOptInAtMs: Math.max(known.newestOptInAtMs ?? -Infinity, sourceAtMs) };
}

/** A request on its way. */
export interface Waiting {
  readonly request: Decision;
  /** `verifying`: written, to be looked at again. `watching`: the person was not there, and is looked up again. */
  readonly status: 'waiting' | 'applying' | 'verifying' | 'watching';
  /** Not to be tried before, ms since 1970. */
  readonly notBeforeMs: number;
}

export type Next<P> =
  /** All of them at once: one write serves them all. */
  | { readonly kind: 'opt-outs'; readonly due: readonly [P, ...P[]] }
  | { readonly kind: 'opt-in'; readonly due: P }
  /** Nothing before this, ms since 1970; Infinity: nothing at all. */
  | { readonly kind: 'wait'; readonly untilMs: number };

/**
 * What is done next. Opt-outs go first, whatever their source time: `orderOf` says what the others then count. An
 * opt-in waits for older opt-outs that are not done yet; for one whose person is not in Iterable, nobody waits.
 */
export function nextOf<P extends Waiting>(pending: readonly P[], nowMs: number): Next<P> {
  const optOuts = pending.filter(({ request }) => request.change === 'opt-out');
  const optOutsDue = dueAmong(optOuts);
  const [first, ...others] = optOuts.filter((each) => optOutsDue(each) <= nowMs);
  if (first !== undefined) return { kind: 'opt-outs', due: [first, ...others] };

  const isHeldUp = optOuts.some(({ status }) => status !== 'watching');
  const optIns = isHeldUp ? [] : pending.filter(({ request }) => request.change === 'opt-in');
  const [optIn] = optIns
    .filter(({ notBeforeMs }) => notBeforeMs <= nowMs)
    .sort((a, b) => a.request.sourceAtMs - b.request.sourceAtMs);
  if (optIn !== undefined) return { kind: 'opt-in', due: optIn };
  return {
    kind: 'wait',
    untilMs: Math.min(...optOuts.map(optOutsDue), ...optIns.map(({ notBeforeMs }) => notBeforeMs)),
  };
}

/** When an opt-out is due. One that comes while another is being verified has been written already: it waits too. */
function dueAmong(optOuts: readonly Waiting[]): (each: Waiting) => number {
  const verifiedAtMs = Math.max(
    0,
    ...optOuts.filter(({ status }) => status === 'verifying').map(({ notBeforeMs }) => notBeforeMs),
  );
  return ({ status, notBeforeMs }) =>
    status === 'waiting' ? Math.max(notBeforeMs, verifiedAtMs) : notBeforeMs;
}

/** Those whose reference is new, each once. */
export function unheardOf<R extends Pick<ConsentRequest, 'reference'>>(
  requests: readonly R[],
  references: Iterable<string>,
): R[] {
  const heard = new Set(references);
  return requests.filter(({ reference }) => {
    const isNew = !heard.has(reference);
    heard.add(reference);
    return isNew;
  });
}

/** The list with something behind it, and the oldest left out beyond `most`. */
export function bounded<T>(list: readonly T[], added: readonly T[], most: number): readonly T[] {
  return [...list, ...added].slice(-most);
}
