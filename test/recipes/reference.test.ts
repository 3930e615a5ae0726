import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { COUNTRIES, OTHER_COUNTRY_NAMES } from '../../recipes/reference/countries.js';
import { EMPLOYEE_BUCKETS, ROLES, SIGNUP_REASONS } from '../../recipes/reference/lists.js';
import { fold } from '../../recipes/reference/look-up.js';
import { STATES } from '../../recipes/reference/states.js';
import {
  calendarDay,
  countryName,
  signupReason,
  signupReasonWith,
  stateName,
} from '../../recipes/reference/transforms.js';

const body = { work_email: 'robin@example.com' };
const duplicates = (keys: readonly string[]): string[] => keys.filter((key, at) => keys.indexOf(key) !== at);

describe('the list of countries', () => {
  const codes = Object.keys(COUNTRIES);

  it('has the 249 codes of ISO 3166-1, and Kosovo', () => {
    expect(codes.filter((code) => code !== 'XK')).toHaveLength(249);
    const known = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
    expect(codes.filter((code) => !/^[A-Z]{2}$/.test(code) || known.of(code) === undefined)).toEqual([]);
  });

  it('says one thing for one name', () => {
    const keys = [...codes, ...Object.values(COUNTRIES), ...Object.keys(OTHER_COUNTRY_NAMES)].map(fold);
    expect(duplicates(keys)).toEqual([]);
    expect(Object.values(OTHER_COUNTRY_NAMES).filter((code) => !codes.includes(code))).toEqual([]);
  });
});

describe('the name of a country', () => {
  it.each([
    ['US', 'United States'],
    ['us', 'United States'],
    [' Us ', 'United States'],
    ['United States', 'United States'],
    ['UNITED STATES', 'United States'],
    ['KR', 'Korea, Republic of'],
    ['VN', 'Viet Nam'],
    ['Vietnam', 'Viet Nam'],
    ['RU', 'Russian Federation'],
    ['CI', "Cote d'Ivoire"],
    ['Côte d’Ivoire', "Cote d'Ivoire"],
    ['TR', 'Türkiye'],
    ['turkiye', 'Türkiye'],
    ['XK', 'Kosovo'],
  ])('for %j is %j', (sent, name) => {
    expect(countryName(sent, body)).toEqual({ value: name });
  });

  it.each(['ZZ', 'USA', 'Atlantis', 'toString', '__proto__'])('for %j is left out and counted', (sent) => {
    expect(countryName(sent, body)).toEqual({ unlisted: true });
  });

  it('for a blank is absent', () => {
    expect(countryName(' ', body)).toEqual({});
  });
});

describe('the lists of states', () => {
  it('are those of the nine countries that have states in the pick-list', () => {
    const sizes = Object.entries(STATES).map(([country, states]) => [country, states.length]);
    expect(Object.fromEntries(sizes)).toEqual({
      AU: 8,
      BR: 27,
      CA: 13,
      CN: 34,
      IE: 26,
      IN: 36,
      IT: 110,
      MX: 32,
      US: 51 + 12,
    });
  });

  it.each(Object.keys(STATES))('of %s say one thing for one code or name', (country) => {
    const states = STATES[country] ?? [];
    expect(duplicates(states.flatMap(({ codes, name }) => [...codes, name].map(fold)))).toEqual([]);
    for (const { codes, name } of states) {
      expect(name).toMatch(/^\p{Lu}[\p{L}' -]+$/u);
      for (const code of codes) expect(code).toMatch(/^([A-Z]{1,3}|\d{2})$/);
    }
  });
});

describe('the name of a state', () => {
  it.each([
    ['US', 'CA', 'California'],
    ['US', 'ca', 'California'],
    ['US', 'US-CA', 'California'],
    ['US', 'us-ca', 'California'],
    ['US', 'California', 'California'],
    ['United States', 'OR', 'Oregon'],
    ['US', 'DC', 'District of Columbia'],
    ['US', 'PR', 'Puerto Rico'],
    ['CA', 'ON', 'Ontario'],
    ['CA', 'Québec', 'Quebec'],
    ['BR', 'SP', 'São Paulo'],
    ['BR', 'sao paulo', 'São Paulo'],
    ['CN', '11', 'Beijing'],
    ['CN', 'BJ', 'Beijing'],
    ['CN', 'CN-BJ', 'Beijing'],
    ['MX', 'JA', 'Jalisco'],
    ['MX', 'JAL', 'Jalisco'],
    ['MX', 'CMX', 'Federal District'],
    ['IN', 'KA', 'Karnataka'],
    ['IE', 'D', 'Dublin'],
    ['IT', 'RM', 'Rome'],
    ['AU', 'NSW', 'New South Wales'],
    [null, 'US-CA', 'California'],
    ['', 'AU-NSW', 'New South Wales'],
  ])('in %j for %j is %j', (country, sent, name) => {
    expect(stateName(sent, { ...body, country })).toEqual({ value: name });
  });

  it.each([
    ['US', 'ZZ'],
    ['US', 'CA-ON'],
    ['IN', 'LA'],
    ['IT', '65'],
  ])('in %j for %j is left out and counted', (country, sent) => {
    expect(stateName(sent, { ...body, country })).toEqual({ unlisted: true });
  });

  it.each([
    ['DE', 'BY'],
    ['DE', 'DE-BY'],
    ['Atlantis', 'CA'],
    [undefined, 'CA'],
    [null, 'ZZ-CA'],
    ['US', ' '],
  ])('in %j for %j is left out, and no gap of ours', (country, sent) => {
    expect(stateName(sent, { ...body, country })).toEqual({});
  });
});

describe('the reason to sign up', () => {
  it('has a label for every key of the form', () => {
    const keys = ['basics', 'move_repository', 'code_storage', 'exploring', 'ci', 'other', 'joining_team'];
    expect(Object.keys(SIGNUP_REASONS).sort()).toEqual(keys.sort());
    expect(signupReason('exploring', body)).toEqual({ value: 'I want to explore GitLab' });
    expect(signupReason('ci', body)).toEqual({ value: 'I want to use GitLab CI' });
    expect(signupReason('other', body)).toEqual({ value: 'A different reason' });
  });

  const withComment = { ...body, comment: ' because of Kim ' };

  it('never carries the free text, as shipped', () => {
    expect(signupReason('other', withComment)).toEqual({ value: 'A different reason' });
  });

  it('carries it after the label of `other` alone, where that is switched on', () => {
    const open = signupReasonWith('appended');
    expect(open('other', withComment)).toEqual({ value: 'A different reason: because of Kim' });
    expect(open('other', body)).toEqual({ value: 'A different reason' });
    expect(open('ci', withComment)).toEqual({ value: 'I want to use GitLab CI' });
    expect(open('fun', withComment)).toEqual({ unlisted: true });
  });
});

describe('the other lists', () => {
  it('hold what the forms offer', () => {
    const buckets = ['1-99', '100-499', '500-1,999', '2,000-9,999', '10,000+'];
    expect(EMPLOYEE_BUCKETS.slice(0, 5)).toEqual(buckets);
    expect(ROLES).toHaveLength(9);
    expect(ROLES).toContain('other');
  });
});

describe('every transform', () => {
  it('gives a value, nothing, or a count for any text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('US-', '-CA', 'US-CA-CA', '__proto__'),
    );
    fc.assert(
      fc.property(text, fc.option(text), (value, country) => {
        for (const transform of [calendarDay, countryName, signupReason, stateName]) {
          const { value: mapped = '' } = transform(value, { ...body, country });
          expect(typeof mapped).toBe('string');
        }
      }),
    );
  });
});
