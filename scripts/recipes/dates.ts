import { InvalidArgumentError } from 'commander';

/** For options that take a date, like 2026-11-24 (midnight, UTC) or 2026-11-24T08:00:00Z. */
export function parseDate(value: string): Date {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError('Expected a date like 2026-11-24.');
  return date;
}
