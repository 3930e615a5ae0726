/** Which extracts a comparison needs, and whether what they found is more than may be started without a person. */
import type { Comparison, UnsubscribedLead } from '../../activities/consent/contract.js';
import type { ExtractJob } from '../../activities/marketo/contract.js';
import { RECONCILE } from '../../recipes/unsubscribes.js';
import type { ReconcileCounts, ReconcileInput, ReconcileMemory } from './messages.js';

const DAY_MS = 86_400_000;
/** What is younger may still be on its way through push and poll, and is not missed yet. */
const GRACE_MS = 3_600_000;
/** Marketo takes at most 31 days in one extract. @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-lead-extract */
const LONGEST_EXTRACT_MS = 31 * DAY_MS;

/** The extracts of one comparison, oldest first. Their ranges touch and do not overlap. */
export function jobsOf(scope: ReconcileInput['scope'], nowMs: number): ExtractJob[] {
  const toMs = Math.floor(nowMs / 1000) * 1000; // Marketo takes whole seconds
  if (scope === 'recent') {
    const range = { fromMs: toMs - RECONCILE.dailyCoversDays * DAY_MS, toMs: toMs - GRACE_MS };
    return [
      { kind: 'unsubscribe-activities', ...range },
      { kind: 'field-changes', ...range },
    ];
  }
  const jobs: ExtractJob[] = [];
  for (let fromMs = Date.parse(RECONCILE.leadsSince); fromMs < toMs; fromMs += LONGEST_EXTRACT_MS)
    jobs.push({ kind: 'leads', fromMs, toMs: Math.min(fromMs + LONGEST_EXTRACT_MS, toMs) });
  return jobs;
}

export const NO_COUNTS: ReconcileCounts = {
  rows: 0,
  unsubscribed: 0,
  missedByPush: 0,
  missedByPoll: 0,
  drifted: 0,
  noEmail: 0,
  invalidEmail: 0,
  leadGone: 0,
  toStart: 0,
  started: 0,
};

/** People shown to whoever approves. */
const SAMPLE_SIZE = 10;

type Found = Pick<ReconcileMemory, 'counts' | 'leads' | 'sample'>;

/**
 * What is known after one more extract. A lead that several extracts name counts once, as long as all can be kept. The
 * two extracts of `recent` are mostly about the same people: of how many, the larger says.
 */
export function addFound(
  before: Found,
  found: Comparison,
  { scope, mostLeads }: { readonly scope: ReconcileInput['scope']; readonly mostLeads: number },
): Found {
  const leads = addLeads(before.leads, found.leads, mostLeads);
  const sums = addCounts(before.counts, found);
  const larger = Math.max(before.counts.unsubscribed, found.unsubscribed);
  const counts = scope === 'recent' ? { ...sums, unsubscribed: larger } : sums;
  const allKept = counts.toStart <= mostLeads;
  return {
    counts: { ...counts, toStart: allKept ? leads.length : counts.toStart },
    leads,
    sample: [...new Set([...before.sample, ...found.sample])].slice(0, SAMPLE_SIZE),
  };
}

function addCounts(before: ReconcileCounts, found: Comparison): ReconcileCounts {
  return {
    rows: before.rows + found.rows,
    unsubscribed: before.unsubscribed + found.unsubscribed,
    missedByPush: before.missedByPush + found.missedByPush,
    missedByPoll: before.missedByPoll + found.missedByPoll,
    drifted: before.drifted + found.drifted,
    noEmail: before.noEmail + found.noEmail,
    invalidEmail: before.invalidEmail + found.invalidEmail,
    leadGone: before.leadGone + found.leadGone,
    toStart: before.toStart + found.toStart,
    started: before.started + found.started,
  };
}

/** Each lead once, with its earliest time, at most `most`. */
function addLeads(
  before: readonly UnsubscribedLead[],
  found: readonly UnsubscribedLead[],
  most: number,
): UnsubscribedLead[] {
  const byId = new Map(before.map((lead) => [lead.leadId, lead]));
  for (const lead of found) {
    const known = byId.get(lead.leadId);
    if (known === undefined ? byId.size < most : lead.sinceMs < known.sinceMs) byId.set(lead.leadId, lead);
  }
  return [...byId.values()];
}

/** Why a person has to approve: sentences with figures. Empty: the missing ones may be started. */
export function breakerReasons({ toStart, unsubscribed }: ReconcileCounts): string[] {
  const { people, share, shareFromPeople } = RECONCILE.breaker;
  const reasons: string[] = [];
  if (toStart > people)
    reasons.push(`${String(toStart)} people would be opted out, more than ${String(people)}`);
  if (toStart > shareFromPeople && toStart > share * unsubscribed) {
    const percent = Math.round((100 * toStart) / unsubscribed);
    reasons.push(
      `${String(percent)} % of ${String(unsubscribed)} unsubscribed people would be opted out, more than ${String(100 * share)} %`,
    );
  }
  return reasons;
}
