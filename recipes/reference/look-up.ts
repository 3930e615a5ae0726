/** Finding a place by code or name, however it is written. */
import { COUNTRIES, OTHER_COUNTRY_NAMES } from './countries.js';
import { STATES } from './states.js';

const COUNTRY_CODES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(COUNTRIES).flatMap(([code, name]) => [entry(code, code), entry(name, code)]),
  ...Object.entries(OTHER_COUNTRY_NAMES).map(([name, code]) => entry(name, code)),
]);

const STATE_NAMES: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries(STATES).map(([country, states]) => [
    country,
    new Map(states.flatMap(({ codes, name }) => [...codes, name].map((key) => entry(key, name)))),
  ]),
);

/** The alpha-2 code of a country given by code or name. */
export function countryCodeOf(codeOrName: string): string | undefined {
  return COUNTRY_CODES.get(fold(codeOrName));
}

/** Names of a country's states by folded code and name; nothing for countries whose states nobody lists. */
export function statesOf(countryCode: string): ReadonlyMap<string, string> | undefined {
  return STATE_NAMES.get(countryCode);
}

/** One spelling for case, accents, blanks and apostrophes, so that `québec` finds Quebec. */
export function fold(text: string): string {
  const plain = text.normalize('NFD').replace(/\p{M}/gu, '').replace(/’/g, "'");
  return plain.trim().replace(/\s+/g, ' ').toLowerCase();
}

function entry(key: string, value: string): [string, string] {
  return [fold(key), value];
}
