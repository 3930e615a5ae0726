/** One handful of unsubscribed people, held against Marketo as it is now, the consent log and Iterable. */
import type { ConsentRequest } from '../../domain/consent.js';
import { looksLikeEmail, normaliseEmail } from '../../domain/email.js';
import type { Hasher } from '../../domain/hasher.js';
import type { ReadStanding } from '../iterable/read-standing.js';
import type { MarketoReader } from '../marketo/activities.js';
import type { ConsentLogReader, SeenPerson } from '../warehouse/consent-seen.js';
import type { Comparison, ConsentStarter, UnsubscribedLead } from './contract.js';

export interface ComparingDeps {
  readonly marketo: MarketoReader;
  readonly readStanding: ReadStanding;
  readonly log: ConsentLogReader;
  readonly starter: ConsentStarter;
  readonly hasher: Hasher;
  /** ms since 1970 */
  readonly now: () => number;
}

/** A row of an extract that may be about somebody who is to be opted out. */
export interface Candidate extends UnsubscribedLead {
  /** Where the row itself says so; else the lead is looked up. */
  readonly email?: string | null;
  /** Only if the lead is flagged: it was born, which may have been subscribed. */
  readonly onlyIfFlagged?: boolean;
}

/** Somebody whose address is known. */
export interface Person extends UnsubscribedLead {
  readonly email: string;
  readonly personHash: string;
  readonly isFlagged: boolean;
}

export type Found = Omit<Comparison, 'leads' | 'sample'> & { readonly people: readonly Person[] };

/** A clock that is a little off must not make a report look older than its activity. */
const TOLERANCE_MS = 600_000;

export async function compareSome(candidates: readonly Candidate[], deps: ComparingDeps): Promise<Found> {
  const { people, noEmail, invalidEmail, leadGone } = await peopleOf(candidates, deps);
  const sinceMs = Math.min(...people.map((person) => person.sinceMs)) - TOLERANCE_MS;
  const hashes = people.map(({ personHash }) => personHash);
  const seen = people.length === 0 ? new Map<string, SeenPerson>() : await deps.log.seen(hashes, sinceMs);
  const standings = people.length === 0 ? [] : await deps.readStanding(people.map(({ email }) => email));
  const judged = people.map((person, index) => ({
    person,
    ...judge(person, seen.get(person.personHash), standings[index] === 'mailable'),
  }));
  const count = (holds: (each: (typeof judged)[number]) => boolean): number => judged.filter(holds).length;
  const missing = judged.filter(({ isMissing }) => isMissing).map(({ person }) => person);
  return {
    rows: candidates.length,
    unsubscribed: people.length,
    missedByPush: count(({ isMissedByPush }) => isMissedByPush),
    missedByPoll: count(({ isMissedByPoll }) => isMissedByPoll),
    drifted: count(({ isDrifted }) => isDrifted),
    noEmail,
    invalidEmail,
    leadGone,
    toStart: missing.length,
    people: missing,
    started: 0,
  };
}

/**
 * Somebody is missing whose activity nobody has reported, or whom Marketo counts as unsubscribed and Iterable would
 * mail. A flag says nothing about when it was set, perhaps years before this system: push and poll have missed
 * activities only.
 */
function judge(
  { by, isFlagged }: Person,
  seen: SeenPerson | undefined,
  isMailable: boolean,
): {
  readonly isMissing: boolean;
  readonly isMissedByPush: boolean;
  readonly isMissedByPoll: boolean;
  readonly isDrifted: boolean;
} {
  const isUnreported = by === 'event' && (seen === undefined || seen.sources.size === 0);
  return {
    isMissing: isUnreported || (isFlagged && isMailable),
    isMissedByPush: by === 'event' && seen?.sources.has('marketo-webhook') !== true,
    isMissedByPoll: by === 'event' && seen?.sources.has('marketo-poll') !== true,
    isDrifted: isFlagged && isMailable && seen?.lastVerifiedOptOutAtMs !== undefined,
  };
}

/** Each person once, by their earliest activity. Of those without an address, how many. */
export async function peopleOf(
  candidates: readonly Candidate[],
  { marketo, hasher }: Pick<ComparingDeps, 'marketo' | 'hasher'>,
): Promise<
  Pick<Comparison, 'noEmail' | 'invalidEmail' | 'leadGone'> & { readonly people: readonly Person[] }
> {
  const unknown = candidates.filter(({ email }) => email === undefined).map(({ leadId }) => leadId);
  const leads = unknown.length === 0 ? [] : await marketo.lookUpLeads(unknown);
  const byId = new Map(leads.map((lead) => [lead.id, lead]));
  const people = new Map<string, Person>();
  const without = {
    'lead-gone': new Set<number>(),
    'no-email': new Set<number>(),
    'invalid-email': new Set<number>(),
  };
  for (const candidate of candidates) {
    const { leadId, email: told, onlyIfFlagged = false } = candidate;
    const lead = told === undefined ? byId.get(leadId) : { email: told, isUnsubscribed: true };
    const address = addressOf(lead);
    const isFlagged = lead?.isUnsubscribed === true;
    if (address.kind !== 'address') without[address.kind].add(leadId);
    else if (isFlagged || !onlyIfFlagged) {
      const { email } = address;
      addPerson(people, candidate, { email, personHash: hasher.person(email), isFlagged });
    }
  }
  return {
    people: [...people.values()],
    noEmail: without['no-email'].size,
    invalidEmail: without['invalid-email'].size,
    leadGone: without['lead-gone'].size,
  };
}

function addressOf(
  lead: { readonly email: string | null } | undefined,
):
  | { readonly kind: 'address'; readonly email: string }
  | { readonly kind: 'lead-gone' | 'no-email' | 'invalid-email' } {
  if (lead === undefined) return { kind: 'lead-gone' };
  const email = normaliseEmail(lead.email ?? '');
  if (email === '') return { kind: 'no-email' };
  return looksLikeEmail(email) ? { kind: 'address', email } : { kind: 'invalid-email' };
}

function addPerson(
  people: Map<string, Person>,
  { leadId, by, sinceMs }: Candidate,
  one: Pick<Person, 'email' | 'personHash' | 'isFlagged'>,
): void {
  const known = people.get(one.personHash);
  const earliest = known === undefined || sinceMs < known.sinceMs ? { leadId, by, sinceMs } : known;
  people.set(one.personHash, { ...earliest, ...one, isFlagged: one.isFlagged || known?.isFlagged === true });
}

/** @param run names the comparison: a request that it repeats is known by it, and a later comparison's is not */
export function requestsOf(people: readonly Person[], run: string, nowMs: number): ConsentRequest[] {
  return people.map(({ leadId, email, sinceMs }) => ({
    reference: `reconcile-${run}-${leadId}`,
    change: 'opt-out',
    source: 'marketo-reconcile',
    sourceAtMs: sinceMs,
    receivedAtMs: nowMs,
    email,
    leadId,
  }));
}
