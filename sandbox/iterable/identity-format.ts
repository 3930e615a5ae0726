/** Which addresses and user ids Iterable takes. Independent of domain/email.ts: this is the other side's rule. */

// Letters of any script, no quotes: what Apache Commons' EmailValidator accepts of the addresses that people have.
const LOCAL = /^[^\s"(),:;<>@[\\\].]+(\.[^\s"(),:;<>@[\\\].]+)*$/u;
const LABEL = /^[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?$/u;
const TOP_LEVEL = /^(\p{L}{2,}|xn--[a-z0-9-]+)$/iu;
/** Reserved for tests and local networks (RFC 2606, RFC 6762), so on no list of known domains. */
const NOT_PUBLIC = new Set(['test', 'example', 'invalid', 'localhost', 'local', 'localdomain']);

/** Checked like Iterable does: shape, and a top-level domain that exists publicly. */
export function isEmail(address: string): boolean {
  const at = address.lastIndexOf('@');
  const labels = address.slice(at + 1).split('.');
  const last = labels.at(-1) ?? '';
  return (
    at > 0 &&
    at <= 64 &&
    LOCAL.test(address.slice(0, at)) &&
    labels.length > 1 &&
    labels.every((label) => LABEL.test(label)) &&
    TOP_LEVEL.test(last) &&
    !NOT_PUBLIC.has(last.toLowerCase())
  );
}

const LONGEST_USER_ID = 52;

/** Printable ASCII of at most 52 characters, no blank at the end. Case matters. */
export function isUserId(userId: string): boolean {
  return userId.length <= LONGEST_USER_ID && /^[\x20-\x7e]*[\x21-\x7e]$/.test(userId);
}
