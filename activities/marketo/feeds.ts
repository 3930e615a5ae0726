/**
 * The two feeds of a poll, page by page: lead changes, and activities of the types that tell of unsubscribes without
 * one. A page looks through 300 activities of all types and has what is left of them, often nothing.
 */
import type { Ok, Refused, Retry } from './answers.js';
import type { Connection, Settled } from './connection.js';
import type { FeedCursor } from './contract.js';
import { toMarketoDate } from './dates.js';
import type { EndpointName } from './endpoints.js';
import { PRIORITY } from './limits.js';
import { FLAGS, readActivities, readChanges, TYPE, type Read } from './signs.js';

export type FeedName = 'changes' | 'activities';

export interface Page extends Read {
  readonly cursor: FeedCursor;
  readonly hasMore: boolean;
}

/** How far back a feed is read again: what Marketo shows later than this, the daily comparison finds. */
export const OVERLAP_MS = 2 * 3_600_000;

const FULL_PAGE = '300';

/** @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/activities */
const FEEDS: Readonly<
  Record<FeedName, { readonly endpoint: EndpointName; readonly query: Readonly<Record<string, string>> }>
> = {
  changes: { endpoint: 'leadChanges', query: { fields: [...FLAGS, 'email'].join(',') } },
  activities: { endpoint: 'activities', query: { activityTypeIds: Object.values(TYPE).join(',') } },
};

/** Where the overlap begins again: no token, and the watermark as it was, to tell what comes late. */
export function rewound({ sinceMs, againUntilMs = sinceMs }: FeedCursor): FeedCursor {
  const watermarkMs = Math.max(sinceMs, againUntilMs);
  return { sinceMs: watermarkMs - OVERLAP_MS, againUntilMs: watermarkMs };
}

/**
 * The next page of a feed. A token that Marketo refuses is minted anew from before the overlap, once.
 * @param now ms since 1970
 */
export async function readPage(
  connection: Connection,
  feed: FeedName,
  cursor: FeedCursor,
  now: () => number,
): Promise<Page | Retry | Refused> {
  const fromMs = now();
  const first = await ask(connection, feed, cursor);
  if (first.kind !== 'bad-token') return pageOf(feed, cursor, first, fromMs);
  const start = rewound(cursor);
  const second = await ask(connection, feed, start);
  if (second.kind !== 'bad-token') return pageOf(feed, start, second, fromMs);
  // Of a token as new as that, "no data" means what it says.
  const { token } = second;
  if (second.code === NO_DATA) return pageOf(feed, start, { kind: 'page', answer: NOTHING, token }, fromMs);
  return { kind: 'refused', reason: 'marketo-refused', class: 'rejected', code: second.code };
}

type Asked =
  | { readonly kind: 'page'; readonly answer: Ok; readonly token: string }
  | { readonly kind: 'bad-token'; readonly code: string; readonly token: string }
  | Retry
  | Refused;

const NO_DATA = '702';
const NOTHING: Ok = { kind: 'ok', result: [], moreResult: false, warnings: 0 };

async function ask(connection: Connection, feed: FeedName, cursor: FeedCursor): Promise<Asked> {
  const { endpoint, query } = FEEDS[feed];
  const minted = cursor.token ?? (await mint(connection, cursor.sinceMs));
  if (typeof minted !== 'string') return minted;
  const answered = await connection.ask(
    { endpoint, query: { ...query, batchSize: FULL_PAGE, nextPageToken: minted } },
    { priority: PRIORITY.poll },
  );
  if (answered.kind === 'ok') return { kind: 'page', answer: answered, token: minted };
  const problem = problemOf(answered);
  return problem.kind === 'bad-token' ? { ...problem, token: minted } : problem;
}

/** @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/paging-tokens */
async function mint(connection: Connection, sinceMs: number): Promise<string | Retry | Refused> {
  const answered = await connection.ask(
    { endpoint: 'pagingToken', query: { sinceDatetime: toMarketoDate(sinceMs) } },
    { priority: PRIORITY.poll },
  );
  if (answered.kind !== 'ok') {
    const problem = problemOf(answered);
    return problem.kind === 'bad-token' ? UNREADABLE : problem;
  }
  return answered.nextPageToken ?? UNREADABLE;
}

const UNREADABLE: Retry = {
  kind: 'retry',
  reason: 'marketo-unreadable',
  class: 'unavailable',
  afterMs: 60_000,
};

function problemOf(
  answered: Exclude<Settled, Ok>,
): Retry | Refused | Extract<Settled, { kind: 'bad-token' }> {
  // A feed without data says so with an empty page; these are no answers of a feed.
  return answered.kind === 'empty' || answered.kind === 'gone' ? UNREADABLE : answered;
}

function pageOf(
  feed: FeedName,
  cursor: FeedCursor,
  asked: Exclude<Asked, { kind: 'bad-token' }>,
  fromMs: number,
): Page | Retry | Refused {
  if (asked.kind !== 'page') return asked;
  const { result, nextPageToken, moreResult: hasMore } = asked.answer;
  // More, and no way to it: reading on would read the same page for ever.
  if (hasMore && nextPageToken === undefined) return UNREADABLE;
  const isBehind = (atMs: number): boolean => atMs <= (cursor.againUntilMs ?? -Infinity);
  const read = feed === 'changes' ? readChanges(result, isBehind) : readActivities(result, isBehind);
  const newestMs = Math.max(cursor.sinceMs, read.newestMs);
  const { againUntilMs } = cursor;
  return {
    ...read,
    hasMore,
    cursor: {
      token: nextPageToken ?? asked.token,
      sinceMs: hasMore ? newestMs : Math.max(newestMs, fromMs),
      ...(hasMore && againUntilMs !== undefined ? { againUntilMs } : {}),
    },
  };
}
