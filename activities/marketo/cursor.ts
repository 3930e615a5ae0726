/** Where polls begin, how they remember what they have dealt with, and when they read the overlap again. */
import { z } from 'zod';
import type { Hasher } from '../../domain/person-hash.js';
import type { PollCounts, PollCursor, RecentUnsubscribe } from './contract.js';
import { OVERLAP_MS, rewound } from './feeds.js';
import type { Sign } from './signs.js';

const SWEEP_EVERY_MS = 3_600_000;
/** What came before the first poll, comparisons find; it looks back as far as one day's comparison may be late. */
const FIRST_LOOKS_BACK_MS = 24 * 3_600_000;
/** Some 30 KB of a history. A mass unsubscribe of more is handed over again by a sweep, which changes nothing. */
const MOST_SEEN = 2_000;
const MOST_RECENT = 1_000;
/** 60 bits: one unsubscribe in 10^14 is taken for another one. */
const HASH_LENGTH = 12;

const Feed = z.object({
  token: z.string().optional(),
  sinceMs: z.number(),
  againUntilMs: z.number().optional(),
});
const Cursor = z.object({
  changes: Feed,
  activities: Feed,
  sweptAtMs: z.number(),
  seen: z.array(z.string()),
  recent: z.array(z.object({ leadId: z.number(), atMs: z.number(), wasGone: z.boolean() })),
});

/** Names a sign within a cursor. */
export type NameSign = (sign: Sign) => string;
export const signNames =
  (hasher: Hasher): NameSign =>
  ({ kind, guid }) =>
    hasher.text('marketo-activity', `${kind}/${guid}`).slice(0, HASH_LENGTH);

const Counts = z.object({
  pages: z.number(),
  activities: z.number(),
  started: z.number(),
  repeated: z.number(),
  resubscribed: z.number(),
  noEmail: z.number(),
  invalidEmail: z.number(),
  leadGone: z.number(),
  late: z.number(),
});
const Progress = z.object({ cursor: Cursor, counts: Counts });

/** What a step has achieved so far; a heartbeat holds it. */
export interface PollProgress {
  readonly cursor: PollCursor;
  readonly counts: PollCounts;
}

/** Nothing for heartbeats that no release of today has made. */
export function readProgress(details: unknown): PollProgress | undefined {
  const { success, data } = Progress.safeParse(details);
  return success ? { counts: data.counts, cursor: cursorFrom(data.cursor) } : undefined;
}

/** Optional parts that are absent stay absent. */
function cursorFrom({ changes, activities, ...rest }: z.infer<typeof Cursor>): PollCursor {
  return { ...rest, changes: feedFrom(changes), activities: feedFrom(activities) };
}

function feedFrom({ token, sinceMs, againUntilMs }: z.infer<typeof Feed>): PollCursor['changes'] {
  return {
    sinceMs,
    ...(token === undefined ? {} : { token }),
    ...(againUntilMs === undefined ? {} : { againUntilMs }),
  };
}

/** Where the first poll of all begins. */
export function firstCursor(nowMs: number): PollCursor {
  const feed = { sinceMs: nowMs - FIRST_LOOKS_BACK_MS };
  return { changes: feed, activities: feed, sweptAtMs: nowMs, seen: [], recent: [] };
}

/** Once an hour, both feeds go back over the overlap. */
export function sweptIfDue(cursor: PollCursor, nowMs: number): PollCursor {
  if (nowMs - cursor.sweptAtMs < SWEEP_EVERY_MS) return cursor;
  return {
    ...cursor,
    changes: rewound(cursor.changes),
    activities: rewound(cursor.activities),
    sweptAtMs: nowMs,
  };
}

/** Whether everything that was dealt with within the overlap is still remembered: else nobody can say what is late. */
export const remembersAll = ({ seen }: PollCursor): boolean => seen.length < MOST_SEEN;

export function remembering(
  cursor: PollCursor,
  names: readonly string[],
  recent: readonly RecentUnsubscribe[],
): PollCursor {
  const sinceMs = Math.min(cursor.changes.sinceMs, cursor.activities.sinceMs) - OVERLAP_MS;
  return {
    ...cursor,
    seen: [...cursor.seen, ...names].slice(-MOST_SEEN),
    recent: recent.filter(({ atMs }) => atMs >= sinceMs).slice(-MOST_RECENT),
  };
}
