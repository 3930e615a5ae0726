import { describe, expect, it } from '@jest/globals';
import { findCanaries, PERSONAL, placeOf } from './canaries.js';

const NAME = PERSONAL['last name'];
const found = (content: string | Uint8Array): string[] =>
  findCanaries([placeOf('somewhere', content)]).map(({ kind, encoding }) => `${kind}, ${encoding}`);

describe('the search for canaries', () => {
  it.each([
    ['plain', `before${NAME}after`],
    ['plain', NAME.toUpperCase()],
    ['URL-encoded', encodeURIComponent(NAME)],
    ['form-encoded', new URLSearchParams({ name: NAME }).toString()],
    ['UTF-16', Buffer.from(NAME, 'utf16le')],
    ['UTF-16', Buffer.from(NAME, 'utf16le').swap16()],
    ['hexadecimal', Buffer.from(NAME).toString('hex').toUpperCase()],
    ['list of bytes', JSON.stringify([...Buffer.from(NAME)])],
    ['spaced list of bytes', [...Buffer.from(NAME)].join(', ')],
  ])('finds one that is %s', (encoding, content) => {
    expect(found(content)).toEqual([`last name, ${encoding}`]);
  });

  it.each(['', 'a', 'ab', 'abc'])('finds one in base64, whatever stands around it', (around) => {
    for (const name of [NAME, NAME.toLowerCase(), NAME.toUpperCase()]) {
      const bytes = Buffer.from(`${around}${name}${around}`);
      expect(found(bytes.toString('base64'))).toEqual(['last name, base64']);
      expect(found(bytes.toString('base64url'))).toEqual(['last name, base64']);
    }
  });

  it('finds none where there is none', () => {
    expect(found(NAME.slice(1))).toEqual([]);
  });
});
