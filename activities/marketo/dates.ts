/**
 * Marketo's dates. It writes them in five forms, all of whole seconds: `2023-01-16T23:32:19Z`,
 * `2014-09-17T22:31:49+0000`, `2015-05-07T11:47:30-08:00`, `2023-01-17T11:04:34Z+0000` and `2014-11-13 12:43:04`.
 * The last has no zone: it is UTC, which JavaScript would read as local time.
 */
const SHAPE = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,3})?)\s*(Z|[+-]\d\d:?\d\d|Z[+-]\d\d:?\d\d)?$/;
const SECOND_MS = 1_000;

/** ms since 1970; nothing for what is no date of Marketo's. */
export function parseMarketoDate(text: string): number | undefined {
  const [, day, time, zone = 'Z'] = SHAPE.exec(text.trim()) ?? [];
  if (day === undefined || time === undefined) return undefined;
  const offset = zone === 'Z' ? 'Z' : zone.replace(/^Z/, '').replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const ms = Date.parse(`${day}T${time}${offset}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** As Marketo takes dates: ISO 8601 in UTC, without milliseconds, which bulk extracts refuse. Rounded down. */
export function toMarketoDate(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/**
 * When a person decided, for ordering: a whole second counts to its last millisecond, so that an unsubscribe is never
 * taken for older than what happened in the same second.
 */
export function sourceTimeOf(activityAtMs: number): number {
  return activityAtMs % SECOND_MS === 0 ? activityAtMs + SECOND_MS - 1 : activityAtMs;
}

/** Quotas are counted anew at midnight there, in summer as in winter. */
const CENTRAL = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Chicago',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
});
/** By now it is midnight or one o'clock there, before either switch of the clocks, which is at two. */
const AFTER_MIDNIGHT_MS = 6 * 3_600_000;

/** The next midnight in Chicago, ms since 1970. */
export function nextCentralMidnightMs(nowMs: number): number {
  const { year, month, day } = centralTime(nowMs);
  const asUtcMs = Date.UTC(year, month - 1, day + 1);
  return asUtcMs - offsetMs(asUtcMs + AFTER_MIDNIGHT_MS);
}

/** How far the clocks of Chicago are ahead of UTC; negative. */
function offsetMs(atMs: number): number {
  const { year, month, day, hour, minute, second } = centralTime(atMs);
  return Date.UTC(year, month - 1, day, hour, minute, second) - atMs;
}

function centralTime(atMs: number): Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number> {
  const parts = new Map(CENTRAL.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return {
    year: of('year'),
    month: of('month'),
    day: of('day'),
    hour: of('hour'),
    minute: of('minute'),
    second: of('second'),
  };
}
