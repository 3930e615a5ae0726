import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  nextCentralMidnightMs,
  parseMarketoDate,
  sourceTimeOf,
  toMarketoDate,
} from '../../../activities/marketo/dates.js';

const HOUR_MS = 3_600_000;

describe("Marketo's dates", () => {
  it.each([
    ['2023-01-16T23:32:19Z', '2023-01-16T23:32:19.000Z'],
    ['2014-09-17T22:31:49+0000', '2014-09-17T22:31:49.000Z'],
    ['2015-05-07T11:47:30-08:00', '2015-05-07T19:47:30.000Z'],
    ['2023-01-17T11:04:34Z+0000', '2023-01-17T11:04:34.000Z'],
    ['2014-11-13 12:43:04', '2014-11-13T12:43:04.000Z'],
    ['2008-11-06T00:00:00.000+0000', '2008-11-06T00:00:00.000Z'],
  ])('are read in each of their forms: %s', (text, iso) => {
    expect(new Date(parseMarketoDate(text) ?? NaN).toISOString()).toBe(iso);
  });

  it.each(['', 'yesterday', '2023-01-16', '2023-13-45T99:99:99Z', '16/01/2023 23:32:19'])(
    'are not guessed: "%s"',
    (text) => {
      expect(parseMarketoDate(text)).toBeUndefined();
    },
  );

  it('are written as they are read, without milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: 0, max: 999 }), (s, ms) => {
        expect(parseMarketoDate(toMarketoDate(s * 1000 + ms))).toBe(s * 1000);
      }),
    );
  });

  it('count to the last millisecond of their second, where they are whole seconds', () => {
    expect(sourceTimeOf(1_700_000_000_000)).toBe(1_700_000_000_999);
    expect(sourceTimeOf(1_700_000_000_250)).toBe(1_700_000_000_250);
  });
});

describe('midnight in Chicago', () => {
  it.each([
    ['in winter', '2026-01-15T12:00:00Z', '2026-01-16T06:00:00Z'],
    ['in summer', '2026-07-15T12:00:00Z', '2026-07-16T05:00:00Z'],
    ['a moment before it', '2026-01-16T05:59:59Z', '2026-01-16T06:00:00Z'],
    ['at it: the next one', '2026-01-16T06:00:00Z', '2026-01-17T06:00:00Z'],
    ['the day before the clocks go forward', '2026-03-07T18:00:00Z', '2026-03-08T06:00:00Z'],
    ['the day on which they go forward', '2026-03-08T07:30:00Z', '2026-03-09T05:00:00Z'],
    ['the day before they go back', '2026-10-31T18:00:00Z', '2026-11-01T05:00:00Z'],
    ['the day on which they go back', '2026-11-01T06:30:00Z', '2026-11-02T06:00:00Z'],
    ['at the end of a year', '2026-12-31T20:00:00Z', '2027-01-01T06:00:00Z'],
  ])('%s', (_, now, midnight) => {
    expect(nextCentralMidnightMs(Date.parse(now))).toBe(Date.parse(midnight));
  });

  it('is ahead, and no more than the longest day away', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2040-01-01') }), (now) => {
        const aheadMs = nextCentralMidnightMs(now) - now;
        expect(aheadMs).toBeGreaterThan(0);
        expect(aheadMs).toBeLessThanOrEqual(25 * HOUR_MS);
      }),
    );
  });
});
