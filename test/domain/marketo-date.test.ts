import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { endOfSecond, parseMarketoDate } from '../../domain/marketo-date.js';

describe('dates of Marketo', () => {
  it.each([
    ['2023-01-16T23:32:19Z', '2023-01-16T23:32:19.000Z'],
    ['2014-09-17T22:31:49+0000', '2014-09-17T22:31:49.000Z'],
    ['2015-05-07T11:47:30-08:00', '2015-05-07T19:47:30.000Z'],
    ['2023-01-17T11:04:34Z+0000', '2023-01-17T11:04:34.000Z'],
    ['2014-11-13 12:43:04', '2014-11-13T12:43:04.000Z'],
    ['2008-11-06T00:00:00.250+0530', '2008-11-05T18:30:00.250Z'],
    [' 2024-02-29T00:00:00Z ', '2024-02-29T00:00:00.000Z'],
  ])('%s', (text, iso) => {
    expect(parseMarketoDate(text)).toBe(Date.parse(iso));
  });

  it.each([
    ...['', 'yesterday', '1700000000000', '2023-01-16', '2023-02-30T00:00:00Z', '2023-01-16T24:00:00Z'],
    ...['2023-13-01T00:00:00Z', '2023-01-16T10:60:00Z', '2023-01-16T10:00:00+99:00', '01/16/2023 10:00:00'],
  ])('"%s" is none', (text) => {
    expect(parseMarketoDate(text)).toBeUndefined();
  });

  it('is a time or nothing, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.date({ noInvalidDate: true }).map(String)), (text) => {
        const ms = parseMarketoDate(text);
        expect(ms === undefined || Number.isFinite(ms)).toBe(true);
      }),
    );
  });

  it('a second ends in its last millisecond', () => {
    expect(endOfSecond(5_000)).toBe(5_999);
    expect(endOfSecond(5_999)).toBe(5_999);
    expect(endOfSecond(endOfSecond(5_123))).toBe(5_999);
  });
});
