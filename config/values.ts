/** How plain values are read from the text of a variable. Every schema takes text and says what would be right. */
import { z } from 'zod';
import { Secret } from './secret.js';

/** Shows a value in a message, unless it is so long or odd that it may be a secret in the wrong variable. */
export function quoted(value: unknown): string {
  const shown = String(value);
  return /^[\w.+-]{1,16}$/.test(shown) ? `"${shown}"` : 'the value';
}

export const text = z.string().trim();

export const secret = z.string().transform((value) => new Secret(value));

/** @param least characters, so that it cannot be guessed */
export function longSecret(least: number): z.ZodType<Secret> {
  return z
    .string()
    .min(least, `shorter than ${least} characters, so that it can be guessed`)
    .transform((value) => new Secret(value));
}

export function oneOf<const T extends string>(...choices: readonly T[]): z.ZodType<T> {
  return z.enum(choices, { error: ({ input }) => `${quoted(input)} is not one of: ${choices.join(', ')}` });
}

export function wholeNumber(least: number, most: number): z.ZodType<number> {
  const error = ({ input }: { input?: unknown }): string =>
    `${quoted(input)} is not a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .pipe(z.int().min(least, { error }).max(most, { error }));
}

/** 0 lets the system choose a free port. */
export const port = wholeNumber(0, 65_535);

/** More than 0, at most 1. */
export const share = z
  .string()
  .regex(/^[01]?\.?\d+$/, { error: ({ input }) => `${quoted(input)} is not a number` })
  .transform(Number)
  .pipe(z.number().gt(0, 'a share is more than 0').max(1, 'a share is at most 1, which is all of it'));

const HOUR_MS = 3_600_000;
const MOST_HOURS = 720;

/** Hours from now on, divided by commas, fractions allowed: in ms, each later than the one before. */
export const ascendingHours = z.string().transform((value, context): readonly number[] => {
  const items = listed(value);
  const hours = items.map(Number);
  const fault =
    items.length === 0 ? 'names no hour' : items.map(faultOfHour).find((each) => each !== undefined);
  const isAscending = hours.every((each, index) => index === 0 || each > (hours[index - 1] ?? 0));
  if (fault !== undefined) context.addIssue(fault);
  else if (!isAscending) context.addIssue('not in ascending order');
  return hours.map((each) => Math.round(each * HOUR_MS));
});

function faultOfHour(item: string): string | undefined {
  const isHour = /^\d{1,4}(\.\d{1,6})?$/.test(item) && Number(item) > 0 && Number(item) <= MOST_HOURS;
  return isHour ? undefined : `${quoted(item)} is not a number of hours above 0 and up to ${MOST_HOURS}`;
}

export const kebabWord = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, {
    error: ({ input }) => `${quoted(input)} is not a word of lower-case letters, digits and single hyphens`,
  })
  .max(64, 'longer than 64 characters');

export const switchedOn = z
  .enum(['true', 'false', '1', '0'], {
    // Temporal's own reader takes every other spelling, also "True", as off.
    error: ({ input }) => `${quoted(input)} is not one of: true, false, 1, 0`,
  })
  .transform((value) => value === 'true' || value === '1');

/** Where a variable lists several things, commas divide them and blanks around them do not count. */
export function listed(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
