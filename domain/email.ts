/**
 * E-mail addresses as this project compares them. Iterable stores them lower-cased, Marketo and the product do not.
 * The check is deliberately loose: Iterable accepts addresses that stricter patterns refuse (non-ASCII ones), and
 * Iterable's own verdict is the one that counts.
 */
const SHAPE = /^[^@]+@[^@.]+(\.[^@.]+)+$/u;
/** Blanks, control characters, broken surrogates, and what separates addresses in a list. */
const FORBIDDEN = /[\s\p{Cc}\p{Cs}"<>(),;:\\[\]]/u;
const LONGEST = 254; // RFC 5321, section 4.5.3.1.3

/**
 * Trimmed, lower-cased, in one Unicode form: the address that hashes, keys and requests use. Composed last, because
 * lower-casing can leave letters that compose further (J with caron): twice must give the same as once.
 */
export function normaliseEmail(address: string): string {
  return address.trim().toLowerCase().normalize('NFC');
}

/** Whether a normalised address can be one at all: one `@`, a dotted domain, no blanks, at most 254 characters. */
export function looksLikeEmail(normalised: string): boolean {
  return normalised.length <= LONGEST && SHAPE.test(normalised) && !FORBIDDEN.test(normalised);
}
