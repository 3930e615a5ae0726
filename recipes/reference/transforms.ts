/** The transforms of product-event fields that need reference data. */
import { dayOf } from '../../domain/event-identity.js';
import { ABSENT, labelOf, UNLISTED, type Mapped, type Transform } from '../../domain/field-mapping.js';
import { COUNTRIES } from './countries.js';
import { COMMENT_TEXT, SIGNUP_REASONS } from './lists.js';
import { countryCodeOf, fold, statesOf } from './look-up.js';

/** `YYYY-MM-DD`, from a date in any of the spellings that Rails and Snowflake print. */
export const calendarDay: Transform<string> = (date) => {
  if (date.trim() === '') return ABSENT;
  return listed(dayOf(date));
};

/** A country's name as in the pick-list, from its alpha-2 code or any name of it. */
export const countryName: Transform<string> = (country) => {
  if (country.trim() === '') return ABSENT;
  const code = countryCodeOf(country);
  return listed(code === undefined ? undefined : COUNTRIES[code]);
};

/**
 * A state's name as in the pick-list, from `CA`, `US-CA` or `California`. Codes repeat from country to country, so
 * without a country only the prefixed form says anything. Left out, and no gap in our lists, where the country has no
 * states in the pick-list.
 */
export const stateName: Transform<string> = (state, { country }) => {
  const [, prefix, rest] = /^\s*([a-z]{2})-(.+)$/iu.exec(state) ?? [];
  const prefixCountry = prefix?.toUpperCase();
  const code = country == null || country.trim() === '' ? prefixCountry : countryCodeOf(country);
  const states = code === undefined ? undefined : statesOf(code);
  if (state.trim() === '' || states === undefined) return ABSENT;
  return listed(states.get(fold(rest !== undefined && prefixCountry === code ? rest : state)));
};

/** The label of a `jtbd` key; after the label of `other` the person's own words, where that is allowed. */
export function signupReasonWith(commentText: typeof COMMENT_TEXT): Transform<string> {
  const label = labelOf(SIGNUP_REASONS);
  return (key, all) => {
    const mapped = label(key, all);
    const comment = all.comment?.trim() ?? '';
    const appended = commentText === 'appended' && key.trim() === 'other' && comment !== '';
    return appended && mapped.value !== undefined ? { value: `${String(mapped.value)}: ${comment}` } : mapped;
  };
}

export const signupReason = signupReasonWith(COMMENT_TEXT);

function listed(value: string | undefined): Mapped {
  return value === undefined ? UNLISTED : { value };
}
