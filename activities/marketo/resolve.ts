/**
 * Whose unsubscribe it was: signs of the feeds, joined with the leads as they are now and with what is known of their
 * earlier addresses. Pure.
 */
import { looksLikeEmail, normaliseEmail } from '../../domain/email.js';
import type { RecentUnsubscribe } from './contract.js';
import type { Lead } from './leads.js';
import type { EmailChange, Merge, Sign } from './signs.js';

export interface Known {
  /** Without those that were dealt with before. */
  readonly signs: readonly Sign[];
  /** Those that were dealt with before. */
  readonly repeated: readonly Sign[];
  readonly emailChanges: readonly EmailChange[];
  readonly merges: readonly Merge[];
  /** By id. A lead that is not among them is not in Marketo any more. */
  readonly leads: ReadonlyMap<number, Lead>;
  /** Unsubscribes that were dealt with before, and may yet concern another address. */
  readonly recent: readonly RecentUnsubscribe[];
}

/** One unsubscribe, and the people it is about: several where the lead's address changed, none for the reason given. */
export interface Unsubscribe {
  readonly sign: Sign | undefined;
  readonly reference: string;
  readonly leadId: number;
  readonly atMs: number;
  /** Normalised. */
  readonly emails: readonly string[];
  readonly without?: 'lead-gone' | 'no-email' | 'invalid-email';
  /** What Marketo has for an address where that is none. */
  readonly notAnEmail?: string;
}

export interface Resolved {
  readonly unsubscribes: readonly Unsubscribe[];
  /** What to keep in mind from now on, oldest first. */
  readonly recent: readonly RecentUnsubscribe[];
}

export function resolve(known: Known): Resolved {
  const acting = known.signs.filter((sign) => sign.kind === 'unsubscribed' || needsLook(sign, known));
  const now = acting.flatMap((sign) => unsubscribeOf(sign, known) ?? []);
  const open = acting.filter(
    (sign) => sign.kind === 'unsubscribed' && firstMoveOf(sign, known.emailChanges) === undefined,
  );
  const later = known.recent.map((recent) => ({ recent, more: laterOf(recent, known) }));
  return {
    unsubscribes: [...now, ...later.flatMap(({ more }) => more ?? [])],
    recent: [
      ...later.filter(({ more }) => more === undefined).map(({ recent }) => recent),
      ...open.map(({ leadId, atMs }) => ({ leadId, atMs, wasGone: !known.leads.has(leadId) })),
    ].sort((a, b) => a.atMs - b.atMs),
  };
}

/** Not where an unsubscribe of the same lead says it: one of now, or one that came after what was to be looked at. */
export function needsLook(
  { kind, leadId, atMs }: Sign,
  { signs, repeated }: Pick<Known, 'signs' | 'repeated'>,
): boolean {
  const isOf = (sign: Sign): boolean => sign.kind === 'unsubscribed' && sign.leadId === leadId;
  return kind === 'look' && !signs.some(isOf) && !repeated.some((sign) => isOf(sign) && sign.atMs >= atMs);
}

/** Nothing for a lead that had only to be looked at, and is not flagged. */
function unsubscribeOf(sign: Sign, known: Known): Unsubscribe | undefined {
  const lead = known.leads.get(sign.leadId);
  if (sign.kind === 'look')
    return lead?.isUnsubscribed ? about(sign, lead, sign.leadId, [lead.email]) : undefined;
  const addresses = addressesAt(sign, lead, known.emailChanges);
  if (lead !== undefined || addresses.length > 0) return about(sign, lead, sign.leadId, addresses);
  const winner = winnerOver(sign.leadId, known);
  return about(sign, winner, winner?.id ?? sign.leadId, winner === undefined ? [] : [winner.email]);
}

/**
 * The address that the lead had then, and the one that it has now if it is flagged. Dates are whole seconds: in the
 * second of a move nobody can say which came first, so it is both.
 */
function addressesAt(
  sign: Sign,
  lead: Lead | undefined,
  emailChanges: readonly EmailChange[],
): readonly (string | null)[] {
  const move = firstMoveOf(sign, emailChanges);
  if (move === undefined) return lead === undefined ? [] : [lead.email];
  return [
    move.oldEmail,
    ...(move.atMs === sign.atMs ? [move.newEmail] : []),
    ...(lead?.isUnsubscribed ? [lead.email] : []),
  ];
}

/** The lead's first change of address that may have come after it. */
function firstMoveOf(
  { leadId, atMs }: { readonly leadId: number; readonly atMs: number },
  emailChanges: readonly EmailChange[],
): EmailChange | undefined {
  return emailChanges
    .filter((change) => change.leadId === leadId && change.atMs >= atMs)
    .reduce<EmailChange | undefined>(
      (first, change) => (first === undefined || change.atMs < first.atMs ? change : first),
      undefined,
    );
}

/** What has come to light about an unsubscribe of an earlier page; nothing while nothing has. */
function laterOf(recent: RecentUnsubscribe, known: Known): readonly Unsubscribe[] | undefined {
  const { leadId, atMs, wasGone } = recent;
  if (!wasGone) {
    const move = firstMoveOf(recent, known.emailChanges);
    const isNew = known.signs.some(({ guid }) => guid === move?.guid);
    return move !== undefined && isNew ? withAddress(move.guid, leadId, atMs, move.oldEmail) : undefined;
  }
  const merge = known.merges.find(({ loserIds }) => loserIds.includes(leadId));
  const winner = winnerOver(leadId, known);
  if (merge === undefined || winner === undefined) return undefined;
  return withAddress(merge.guid, winner.id, atMs, winner.email);
}

function withAddress(
  reference: string,
  leadId: number,
  atMs: number,
  address: string | null,
): readonly Unsubscribe[] {
  const emails = emailsOf([address]);
  return emails.length === 0 ? [] : [{ sign: undefined, reference, leadId, atMs, emails }];
}

/** The lead that has taken up this one, perhaps over several merges. */
function winnerOver(leadId: number, { merges, leads }: Known): Lead | undefined {
  const tried = new Set<number>();
  for (let id: number | undefined = leadId; id !== undefined && !tried.has(id);) {
    const lead = leads.get(id);
    if (lead !== undefined && id !== leadId) return lead;
    tried.add(id);
    const loser: number = id;
    id = merges.find(({ loserIds }) => loserIds.includes(loser))?.winnerId;
  }
  return undefined;
}

function about(
  sign: Sign,
  lead: Lead | undefined,
  leadId: number,
  addresses: readonly (string | null)[],
): Unsubscribe {
  const given = { sign, reference: sign.guid, leadId, atMs: sign.atMs };
  const emails = emailsOf(addresses);
  if (emails.length > 0) return { ...given, emails };
  const notAnEmail = addresses.map((address) => normaliseEmail(address ?? '')).find((text) => text !== '');
  if (notAnEmail !== undefined) return { ...given, emails, without: 'invalid-email', notAnEmail };
  return { ...given, emails, without: lead === undefined ? 'lead-gone' : 'no-email' };
}

function emailsOf(addresses: readonly (string | null)[]): string[] {
  return [...new Set(addresses.map((address) => normaliseEmail(address ?? '')))].filter(looksLikeEmail);
}
