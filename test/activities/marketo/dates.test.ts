import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextCentralMidnightMs, toMarketoDate } from '../../../activities/marketo/dates.js';
import { parseMarketoDate } from '../../../domain/marketo-date.js';

const HOUR_MS = 3_600_000;

describe("Marketo's dates", () => {
  it('are written as they are read, without milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: 0, max: 999 }), (s, ms) => {
        expect(parseMarketoDate(toMarketoDate(s * 1000 + ms))).toBe(s * 1000);
      }),
    );
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
