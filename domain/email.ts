/**
 * E-mail addresses as this project compares them. Iterable stores them lower-cased, Marketo and the product do not.
 * The check is deliberately loose: Iterable accepts addresses that stricter patterns refuse (non-ASCII ones), and
 * Iterable's own verdict is the one that counts.
 */
const SHAPE = /^[^\s@"<>(),;:\\[\]]+@[^\s@.]+(\.[^\s@.]+)+$/u;
const LONGEST = 254; // RFC 5321, section 4.5.3.1.3

/** Trimmed, lower-cased, in one Unicode form: the address that hashes, keys and requests use. */
export function normaliseEmail(address: string): string {
  return address.trim().normalize('NFC').toLowerCase();
}

/** Whether a normalised address can be one at all: one `@`, a dotted domain, no blanks, at most 254 characters. */
export function looksLikeEmail(normalised: string): boolean {
  return normalised.length <= LONGEST && SHAPE.test(normalised);
}
