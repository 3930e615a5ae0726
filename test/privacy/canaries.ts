/** Invented values that occur nowhere else, and the search for them in whatever a system leaves behind. */
import { createHash } from 'node:crypto';
import { CLIENT, PERSON_HASH_KEY } from '../support/stage.js';

/** What Temporal stores within payloads, so that without encryption it can be found there. */
export const PERSONAL = {
  'e-mail address': 'quokka+canary',
  'user id': '918273645546',
  'first name': 'Wombatine',
  'last name': "O'Numbat Zyx",
  company: 'Bilby & Dibbler Works',
  'phone number': '+61 7 5550 46',
  comment: 'call aunt Potoroo, please',
  role: 'Chief Dunnart Officer',
  product_interaction: 'Wallaroo Trial Experiment',
  'unknown key': 'kultarr_flag',
  "unknown key's value": 'pademelon-7421',
  "operator's reason": 'bettong said so',
} as const;

export const PAYLOAD_KEY = createHash('sha256').update('a payload key for tests only').digest('base64');

/** What has no business in any payload either. */
export const SECRETS = {
  'client secret': CLIENT.clientSecret,
  'wrong client secret': 'numbat-wrong-secret',
  'Iterable API key': 'echidna-key-0b7f',
  'hash key': PERSON_HASH_KEY,
  'payload key': PAYLOAD_KEY,
} as const;

export type Kind = keyof typeof PERSONAL | keyof typeof SECRETS;

/** Something to search, and its name for people. */
export interface Place {
  readonly name: string;
  /** One character per byte. */
  readonly bytes: string;
}

export interface Finding {
  readonly kind: Kind;
  readonly place: string;
  readonly encoding: string;
  /** What stands around it, if that can be read. */
  readonly context: string;
}

/** @param content text is searched as UTF-8; bytes as they are */
export function placeOf(name: string, content: string | Uint8Array): Place {
  return { name, bytes: Buffer.from(content).toString('latin1') };
}

interface Needle {
  readonly kind: Kind;
  readonly encoding: string;
  readonly bytes: string;
}

/** Each kind at most once per place and encoding. Plain and URL-encoded text is found in any case. */
export function findCanaries(places: readonly Place[]): Finding[] {
  return places.flatMap(({ name, bytes }) => {
    const lowerCased = bytes.toLowerCase();
    return NEEDLES.flatMap((needle) => {
      const at = (needle.encoding.startsWith('base64') ? bytes : lowerCased).indexOf(needle.bytes);
      if (at === -1) return [];
      const context = bytes.slice(Math.max(0, at - 60), at + needle.bytes.length + 30);
      const { kind, encoding } = needle;
      return [{ kind, place: name, encoding, context: context.replaceAll(/[^\x20-\x7e]+/g, '.') }];
    });
  });
}

/** For a person to read: `first name (plain) in output of the worker: ...` */
export function describeFindings(findings: readonly Finding[]): string[] {
  return findings.map(
    ({ kind, place, encoding, context }) => `${kind} (${encoding}) in ${place}: ${context}`,
  );
}

const NEEDLES: readonly Needle[] = Object.entries({ ...PERSONAL, ...SECRETS }).flatMap(([kind, value]) =>
  isKind(kind) ? needlesOf(kind, value) : [],
);

function isKind(name: string): name is Kind {
  return Object.hasOwn(PERSONAL, name) || Object.hasOwn(SECRETS, name);
}

function needlesOf(kind: Kind, value: string): Needle[] {
  const lower = value.toLowerCase();
  const inLowerCase = {
    plain: lower,
    'URL-encoded': encodeURIComponent(lower).toLowerCase(),
    'form-encoded': new URLSearchParams([[lower, '']]).toString().slice(0, -1).toLowerCase(),
    'UTF-16': Buffer.from(lower, 'utf16le').toString('latin1').slice(0, -1), // little-endian, and big from its 2nd byte
    hexadecimal: Buffer.from(value).toString('hex'),
    'list of bytes': Buffer.from(value).join(','),
    'spaced list of bytes': Buffer.from(value).join(', '),
  };
  const base64 = [value, lower, value.toUpperCase()].flatMap(base64sOf);
  const seen = new Set<string>();
  return [...Object.entries(inLowerCase), ...base64.map((bytes) => ['base64', bytes] as const)].flatMap(
    ([encoding, bytes]) => {
      if (seen.has(bytes)) return [];
      seen.add(bytes);
      return [{ kind, encoding, bytes }];
    },
  );
}

/** As it looks inside base64 of a longer text, which can start at any of three places; in both alphabets. */
function base64sOf(value: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.from('\0'.repeat(before) + value);
    // Characters at the ends also hold bits of the neighbours.
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor((whole.length * 8) / 6);
    return (['base64', 'base64url'] as const).map((alphabet) => whole.toString(alphabet).slice(from, to));
  });
}
