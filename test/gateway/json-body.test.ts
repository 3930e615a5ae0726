/** The depth of a body is counted before it is parsed, whatever the text. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isNestedDeeperThan } from '../../gateway/json-body.js';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('counting levels', () => {
  it('agrees with the parsed value, for objects', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 6 })), fc.nat(8), (value, levels) => {
        expect(isNestedDeeperThan(Buffer.from(JSON.stringify(value, null, 1)), levels)).toBe(
          depthOf(value) > levels,
        );
      }),
    );
  });

  it('does not count the array around several events', () => {
    expect(isNestedDeeperThan(Buffer.from(' [{"a":{}}]'), 2)).toBe(false);
    expect(isNestedDeeperThan(Buffer.from(' [{"a":{"b":1}}, {"a":[[]]}]'), 2)).toBe(true);
  });

  it('does not count brackets in text', () => {
    expect(isNestedDeeperThan(Buffer.from(String.raw`{"a":"[[[{{{\"[[[\\"}`), 1)).toBe(false);
  });

  it.each(['[', '{"a":', '"\\', ']', '[{', '"'])('survives half a million times %j', (piece) => {
    expect(typeof isNestedDeeperThan(Buffer.from(piece.repeat(500_000)), 20)).toBe('boolean');
  });
});
