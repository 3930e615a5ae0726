/** Dates as Marketo writes them (five ways, all in whole seconds), as it reads them, and its days. */
import type { MarketoSettings } from './settings.js';

export type DateForm = Exclude<MarketoSettings['dates'], 'mixed'>;

const FORMS: readonly DateForm[] = ['zulu', 'compact-offset', 'offset', 'zulu-and-offset', 'no-zone'];
const PACIFIC_MS = -8 * 3_600_000;

export const wholeSeconds = (atMs: number): number => Math.floor(atMs / 1000) * 1000;

/** @param nth which of the five, where they are mixed */
export function dateForm(dates: MarketoSettings['dates'], nth: number): DateForm {
  return dates === 'mixed' ? (FORMS[nth % FORMS.length] ?? 'zulu') : dates;
}

export function formatDate(atMs: number, form: DateForm): string {
  const bare = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
  switch (form) {
    case 'zulu':
      return `${bare(atMs)}Z`;
    case 'compact-offset':
      return `${bare(atMs)}+0000`;
    case 'offset':
      return `${bare(atMs + PACIFIC_MS)}-08:00`;
    case 'zulu-and-offset':
      return `${bare(atMs)}Z+0000`;
    case 'no-zone':
      return bare(atMs).replace('T', ' ');
  }
}

const WITH_ZONE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:?\d{2})$/;

/** @returns ms since 1970; nothing for what is not a date with a time and a zone */
export function readDate(text: string): number | undefined {
  if (!WITH_ZONE.test(text)) return undefined;
  const atMs = Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(atMs) ? undefined : atMs;
}

const chicago = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Chicago', dateStyle: 'short' });

/** The day in which quotas are counted, `2026-01-05`. */
export const quotaDay = (atMs: number): string => chicago.format(atMs);
