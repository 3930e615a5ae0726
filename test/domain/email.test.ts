import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { looksLikeEmail, normaliseEmail } from '../../domain/email.js';
import { createHasher } from '../../domain/person-hash.js';

describe('normalising an address', () => {
  it.each([
    ['Robin@Example.COM', 'robin@example.com'],
    ['\t robin@example.com\n', 'robin@example.com'],
    ['JOSE\u0301@example.com', 'jos\u00e9@example.com'],
    ['robin+lists@example.com', 'robin+lists@example.com'],
  ])('reads %j as %j', (sent, normalised) => {
    expect(normaliseEmail(sent)).toBe(normalised);
  });

  it('gives the same twice as once, also for letters that compose only in lower case', () => {
    expect(normaliseEmail(normaliseEmail('J\u030c@example.com'))).toBe(normaliseEmail('J\u030c@example.com'));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (address) => {
        expect(normaliseEmail(normaliseEmail(address))).toBe(normaliseEmail(address));
      }),
    );
  });
});

describe('what looks like an address', () => {
  it.each([
    'robin@example.com',
    'robin.sample+x@mail.example.co.uk',
    'ø@exämple.example',
    "o'neill@example.com",
    `${'r'.repeat(242)}@example.com`,
  ])('%s', (address) => {
    expect(looksLikeEmail(address)).toBe(true);
  });

  it.each([
    '',
    'robin',
    'robin@',
    '@example.com',
    'robin@example',
    'robin@example.',
    'robin@.com',
    'robin@example..com',
    'ro bin@example.com',
    'robin@exam ple.com',
    'robin@example.com,kim@example.com',
    'robin@example.com;x',
    'Robin <robin@example.com>',
    'robin\u0000@example.com',
    'robin\ud800@example.com',
    `${'r'.repeat(243)}@example.com`,
  ])('not %j', (address) => {
    expect(looksLikeEmail(address)).toBe(false);
  });

  it('is decided at once, however long the text', () => {
    expect(looksLikeEmail('a@'.repeat(100_000))).toBe(false);
    expect(looksLikeEmail(`a@${'a.'.repeat(120)}`)).toBe(false);
  });
});

describe('the name of a person', () => {
  const hasher = createHasher('a key for tests');

  it('is 16 characters a-z2-7 for any text and purpose', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (purpose, text) => {
        expect(hasher.text(purpose, text)).toMatch(/^[a-z2-7]{16}$/);
        expect(hasher.person(text)).toMatch(/^[a-z2-7]{16}$/);
      }),
    );
  });

  it('is the same for every spelling of an address', () => {
    const person = hasher.person('robin@example.com');
    expect(hasher.person(' ROBIN@example.COM ')).toBe(person);
    expect(hasher.person('kim@example.com')).not.toBe(person);
  });

  it('depends on the key, so that nobody can look it up in a list of addresses', () => {
    expect(createHasher('another key').person('robin@example.com')).not.toBe(
      hasher.person('robin@example.com'),
    );
  });

  it('keeps equal texts of different purpose apart', () => {
    expect(hasher.text('event', 'robin@example.com')).not.toBe(hasher.person('robin@example.com'));
  });

  it('stays what it is: ids in use depend on it', () => {
    expect(hasher.person('robin@example.com')).toBe('3vrcn7bceejg5mjt');
  });
});
