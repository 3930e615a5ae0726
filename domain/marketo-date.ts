/**
 * Dates as Marketo writes them: whole seconds, in five forms. `Date` reads the one without a zone as local time, and
 * strict ISO readers refuse three of the others.
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/activities
 */

/**
 * `2023-01-16T23:32:19Z`, `2014-09-17T22:31:49+0000`, `2015-05-07T11:47:30-08:00`, `2023-01-17T11:04:34Z+0000`,
 * `2014-11-13 12:43:04` (UTC). A fraction of a second may follow the seconds.
 */
const FORM = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})?(?:Z?([+-])(\d\d):?(\d\d)|Z)?$/;

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** The farthest zone is 14 hours off. */
const MOST_OFFSET_MINUTES = 14 * 60;

/** @returns ms since 1970; undefined for what is none of Marketo's dates, or names a day or time that there is not */
export function parseMarketoDate(text: string): number | undefined {
  const [, day = '', time = '', fraction = '', sign, hours, minutes] = FORM.exec(text.trim()) ?? [];
  const written = `${day}T${time}`;
  const wholeMs = Date.parse(`${written}Z`);
  // `Date` takes the 30th of February for the 2nd of March: what it understood has to be what was written.
  if (Number.isNaN(wholeMs) || !new Date(wholeMs).toISOString().startsWith(written)) return undefined;
  const offsetMs = offsetOf(sign, Number(hours ?? 0), Number(minutes ?? 0));
  return offsetMs === undefined
    ? undefined
    : wholeMs + Math.floor(Number(`0${fraction}`) * SECOND_MS) - offsetMs;
}

function offsetOf(sign: string | undefined, hours: number, minutes: number): number | undefined {
  const all = hours * 60 + minutes;
  if (minutes > 59 || all > MOST_OFFSET_MINUTES) return undefined;
  return all * MINUTE_MS * (sign === '-' ? -1 : 1);
}

/**
 * The last millisecond of the second. Marketo tells whole seconds: an unsubscribe counts to the end of its own, so
 * that it is never taken for older than what happened in the same second.
 */
export function endOfSecond(ms: number): number {
  return Math.floor(ms / SECOND_MS) * SECOND_MS + SECOND_MS - 1;
}
