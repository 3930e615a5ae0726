/** Whether a profile, as Iterable gives it back, has what was sent. */
import { isDeepStrictEqual } from 'node:util';

type Fields = Readonly<Record<string, unknown>>;

/** Iterable gives dates back in a form of its own, and says nothing of fields that are null. */
export function showsFields(stored: Fields, sent: Fields): boolean {
  return Object.entries(sent).every(([name, value]) => isSame(stored[name], value));
}

function isSame(stored: unknown, sent: unknown): boolean {
  if (sent === null || sent === undefined) return stored === null || stored === undefined;
  if (typeof sent === 'string' && typeof stored === 'string')
    return stored === sent || isSameTime(stored, sent);
  if (Array.isArray(sent))
    return (
      Array.isArray(stored) &&
      stored.length === sent.length &&
      sent.every((element, index) => isSame(stored[index], element))
    );
  if (isRecord(sent)) {
    if (!isRecord(stored)) return false;
    return [...Object.keys(sent), ...Object.keys(stored)].every((name) => isSame(stored[name], sent[name]));
  }
  return isDeepStrictEqual(stored, sent);
}

const DATE = /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d\d:\d\d|Z)?)?$/;

/** `2026-01-02T03:04:05.000Z` and `2026-01-02 03:04:05 +00:00`; a time without a zone is UTC, as Iterable has it. */
function isSameTime(left: string, right: string): boolean {
  const leftMs = timeOf(left);
  return leftMs !== undefined && leftMs === timeOf(right);
}

function timeOf(text: string): number | undefined {
  if (!DATE.test(text)) return undefined;
  const joined = text.replace(' ', 'T').replace(' ', '');
  return Date.parse(/T.*(Z|[+-]\d\d:\d\d)$/.test(joined) || !joined.includes('T') ? joined : `${joined}Z`);
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
