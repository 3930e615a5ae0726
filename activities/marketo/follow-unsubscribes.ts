/** The activity `followUnsubscribes`: reads what is new in Marketo and hands every unsubscribe to `personConsent`. */
import { Context } from '@temporalio/activity';
import type { ConsentRecord, ConsentRequest } from '../../domain/consent.js';
import { addCounts, NO_COUNTS, type PollCounts } from '../../domain/poll-counts.js';
import type { Hasher } from '../../domain/person-hash.js';
import { endOfSecond } from '../../domain/marketo-date.js';
import type { ConsentStarter } from '../consent/contract.js';
import type { Refused, Retry } from './answers.js';
import type { Connection } from './connection.js';
import type { MarketoActivities, PollCursor } from './contract.js';
import {
  firstCursor,
  readProgress,
  remembering,
  remembersAll,
  signNames,
  sweptIfDue,
  type NameSign,
  type PollProgress,
} from './cursor.js';
import { failureOf } from './failures.js';
import { readPage, type FeedName, type Page } from './feeds.js';
import { findLeads } from './leads.js';
import { PRIORITY } from './limits.js';
import { marketoMetrics } from './metrics.js';
import { resolve, type Resolved, type Unsubscribe } from './resolve.js';
import type { Sign } from './signs.js';
import type { UsageWatch } from './usage.js';

/** Takes the records of unsubscribes that concern nobody who could be opted out. Repeating it is harmless. */
export interface ConsentLogWriter {
  readonly append: (records: readonly ConsentRecord[]) => Promise<void>;
}

export interface FollowParts {
  readonly connection: Connection;
  readonly usage: UsageWatch;
  readonly starter: ConsentStarter;
  readonly log: ConsentLogWriter;
  readonly hasher: Hasher;
  /** ms since 1970 */
  readonly now: () => number;
  /** Pages of a feed that are read before what they tell is made durable. */
  readonly pagesAtOnce?: number;
  /** Pages of both feeds after which a step ends, for histories that show how far it is. */
  readonly pagesPerStep?: number;
}

const PAGES_AT_ONCE = 10;
const PAGES_PER_STEP = 120;
/** Also without news: a call may hang, and cancellations arrive with heartbeats only. */
const TELL_EVERY_MS = 2_000;
const FEEDS: readonly FeedName[] = ['changes', 'activities'];

/** See the contract for what it promises. */
export function createFollowUnsubscribes(parts: FollowParts): MarketoActivities['followUnsubscribes'] {
  const { now, usage, pagesPerStep = PAGES_PER_STEP } = parts;
  return async (given) => {
    const context = Context.current();
    let progress: PollProgress = readProgress(context.info.heartbeatDetails) ?? {
      cursor: sweptIfDue(given ?? firstCursor(now()), now()),
      counts: NO_COUNTS,
    };
    const tell = (): void => {
      context.heartbeat(progress);
    };
    const timer = setInterval(tell, TELL_EVERY_MS);
    try {
      let open = FEEDS;
      while (open.length > 0 && progress.counts.pages < pagesPerStep) {
        const stretch = await readStretch(parts, progress.cursor, open);
        progress = await settle(parts, progress, stretch);
        tell();
        if (stretch.problem !== undefined) throw failureOf(stretch.problem.of, stretch.problem.endpoint);
        open = stretch.open;
      }
      if (open.length === 0) await usage.watch();
      return { ...progress, isCaughtUp: open.length === 0 };
    } finally {
      clearInterval(timer);
    }
  };
}

/** Some pages of both feeds, and why they end where they do. */
interface Stretch {
  readonly pages: readonly Page[];
  /** As it will be once what the pages tell is durable. */
  readonly cursor: PollCursor;
  /** Feeds that have more. */
  readonly open: readonly FeedName[];
  readonly problem?: { readonly of: Retry | Refused; readonly endpoint: 'leadChanges' | 'activities' };
}

/** Pages that were read before a problem are not lost by it. */
async function readStretch(
  { connection, now, pagesAtOnce = PAGES_AT_ONCE }: FollowParts,
  from: PollCursor,
  feeds: readonly FeedName[],
): Promise<Stretch> {
  const pages: Page[] = [];
  const open: FeedName[] = [];
  let cursor = from;
  for (const feed of feeds) {
    let hasMore = true;
    for (let count = 0; hasMore && count < pagesAtOnce; count += 1) {
      const page = await readPage(connection, feed, cursor[feed], now);
      if ('kind' in page) {
        const endpoint = feed === 'changes' ? 'leadChanges' : 'activities';
        return { pages, cursor, open: feeds, problem: { of: page, endpoint } };
      }
      pages.push(page);
      cursor = { ...cursor, [feed]: page.cursor };
      hasMore = page.hasMore;
    }
    if (hasMore) open.push(feed);
  }
  return { pages, cursor, open };
}

/** Makes durable what a stretch tells; only then may the cursor stand behind it. */
async function settle(
  parts: FollowParts,
  { cursor: before, counts }: PollProgress,
  { pages, cursor }: Stretch,
): Promise<PollProgress> {
  const nameOf = signNames(parts.hasher);
  const { fresh, repeated } = sift(
    pages.flatMap(({ signs }) => signs),
    before.seen,
    nameOf,
  );
  const { unsubscribes, recent } = await resolved(parts.connection, pages, { fresh, repeated }, before);
  const requests = requestsOf(unsubscribes, parts.now());
  const records = recordsOf(unsubscribes, parts);
  if (requests.length > 0) await parts.starter.start(requests);
  if (records.length > 0) await parts.log.append(records);

  const acted = unsubscribes.flatMap(({ sign }) => sign ?? []);
  const back = fresh.filter(({ kind }) => kind === 'resubscribed');
  for (const { leadId } of back) Context.current().log.info('subscribed again in Marketo', { leadId });
  const more = {
    pages: pages.length,
    activities: sumOf(pages, ({ records: count }) => count),
    started: requests.length,
    repeated: repeated.length,
    resubscribed: back.length,
    noEmail: countOf(unsubscribes, 'no-email'),
    invalidEmail: countOf(unsubscribes, 'invalid-email'),
    leadGone: countOf(unsubscribes, 'lead-gone'),
    late: remembersAll(before) ? acted.filter(cameLate).length : 0,
  };
  publish(
    more,
    sumOf(pages, ({ unreadable }) => unreadable),
  );
  return {
    cursor: remembering(cursor, [...acted, ...back].map(nameOf), recent),
    counts: addCounts(counts, more),
  };
}

/** A lead that is looked at may have been flagged since, which says nothing about its record. */
const cameLate = ({ kind, isBehind }: Sign): boolean => isBehind && kind === 'unsubscribed';

interface Sifted {
  readonly fresh: readonly Sign[];
  readonly repeated: readonly Sign[];
}

/** What is new among the signs: not seen before, and not twice. Both feeds tell of a new lead under one GUID. */
function sift(signs: readonly Sign[], seen: readonly string[], nameOf: NameSign): Sifted {
  const known = new Set(seen);
  const fresh = new Map<string, Sign>();
  const repeated: Sign[] = [];
  for (const sign of signs) {
    const name = nameOf(sign);
    if (known.has(name)) repeated.push(sign);
    else if (!fresh.has(name)) fresh.set(name, sign);
  }
  return { fresh: [...fresh.values()], repeated };
}

/** Looks up the leads that the signs are about, and those that have taken up others. */
async function resolved(
  connection: Connection,
  pages: readonly Page[],
  { fresh: signs, repeated }: Sifted,
  { recent }: PollCursor,
): Promise<Resolved> {
  const emailChanges = pages.flatMap((page) => page.emailChanges);
  const merges = pages.flatMap((page) => page.merges);
  const ids = new Set([
    ...signs.filter(({ kind }) => kind !== 'resubscribed').map(({ leadId }) => leadId),
    ...merges.map(({ winnerId }) => winnerId),
  ]);
  const leads = await findLeads(connection, 'id', [...ids].map(String), { priority: PRIORITY.poll });
  return resolve({
    signs,
    repeated,
    emailChanges,
    merges,
    recent,
    leads: new Map(leads.map((lead) => [lead.id, lead])),
  });
}

/** One for each person and reference. */
function requestsOf(unsubscribes: readonly Unsubscribe[], receivedAtMs: number): ConsentRequest[] {
  const requests = unsubscribes.flatMap(({ reference, leadId, atMs, emails }) =>
    emails.map((email): ConsentRequest => ({
      reference,
      change: 'opt-out',
      source: 'marketo-poll',
      sourceAtMs: endOfSecond(atMs),
      receivedAtMs,
      email,
      leadId,
    })),
  );
  return [...new Map(requests.map((request) => [`${request.reference} ${request.email}`, request])).values()];
}

/** The end of those that concern nobody: no workflow of a person will write it. */
function recordsOf(
  unsubscribes: readonly Unsubscribe[],
  { hasher, now }: Pick<FollowParts, 'hasher' | 'now'>,
): ConsentRecord[] {
  const nowMs = now();
  return unsubscribes.flatMap(({ reference, leadId, atMs, without, notAnEmail }) =>
    without === undefined
      ? []
      : {
          reference,
          personHash: notAnEmail === undefined ? null : hasher.person(notAnEmail),
          leadId,
          change: 'opt-out' as const,
          source: 'marketo-poll' as const,
          activityAtMs: endOfSecond(atMs),
          receivedAtMs: nowMs,
          acknowledgedAtMs: null,
          verifiedAtMs: null,
          decidedAtMs: nowMs,
          outcome: without,
          reason: null,
        },
  );
}

function publish(counts: PollCounts, unreadable: number): void {
  const { countFindings } = marketoMetrics();
  countFindings('started', counts.started);
  countFindings('repeated', counts.repeated);
  countFindings('resubscribed', counts.resubscribed);
  countFindings('no-email', counts.noEmail);
  countFindings('invalid-email', counts.invalidEmail);
  countFindings('lead-gone', counts.leadGone);
  countFindings('late', counts.late);
  countFindings('unreadable', unreadable);
}

const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);

const countOf = (unsubscribes: readonly Unsubscribe[], without: Unsubscribe['without']): number =>
  unsubscribes.filter((each) => each.without === without).length;
