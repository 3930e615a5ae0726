/** How Marketo takes dates, and when it begins a new day. How it writes them stands in `domain/marketo-date.ts`. */

/** As Marketo takes dates: ISO 8601 in UTC, without milliseconds, which bulk extracts refuse. Rounded down. */
export function toMarketoDate(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
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
