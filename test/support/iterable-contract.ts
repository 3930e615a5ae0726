/**
 * Holds recorded requests against the official package's schemas. They have gaps: they drop keys that exist, and
 * let through what Iterable refuses. So a request is parsed, the result compared with what was sent so that no key
 * goes missing unnoticed, and the rest is checked here.
 */
import { UpdateUserSubscriptionsParamsSchema } from '@iterable/api/dist/types/users.js';
import { RULES, ids, isRecord } from './iterable-contract-rules.js';
import type { Params, Recorded, Rule } from './iterable-contract-rules.js';

/** What of `RULES` the contract covers, for tests that walk the endpoints. */
export const COVERED: readonly string[] = Object.keys(RULES);

/**
 * Checks that a request is one that Iterable documents.
 * @throws Error naming the endpoint and the place of each fault, never a value
 */
export function expectValidRequest(request: Recorded): void {
  const endpoint = `${request.method} ${request.route ?? '(an address that Iterable does not have)'}`;
  const rule = RULES[endpoint];
  const faults =
    rule === undefined ? ['no such endpoint'] : [...transportFaults(request), ...ruleFaults(rule, request)];
  if (faults.length > 0)
    throw new Error(`${endpoint} is not a request that Iterable documents: ${faults.join('; ')}`);
}

function transportFaults({ method, path, headers, body }: Recorded): string[] {
  const needsType = body !== undefined && headers['content-type']?.startsWith('application/json') !== true;
  return [
    ...(typeof headers['api-key'] === 'string' && headers['api-key'] !== ''
      ? []
      : ['header Api-Key: missing']),
    ...(needsType ? ['header Content-Type: not JSON'] : []),
    ...(/[@+]/.test(path) ? ['path: ids have to be percent-encoded'] : []),
    ...(method === 'POST' && body === undefined ? ['body: none, or not JSON'] : []),
    ...(method !== 'POST' && method !== 'PUT' && body !== undefined ? ['body: none is documented'] : []),
  ];
}

function ruleFaults(
  { schema, input = (request) => request.body, known = {} }: Rule,
  request: Recorded,
): string[] {
  const sent = asciiEmails(input(request, paramsOf(request)));
  const result = schema.safeParse(sent);
  const faults = result.success
    ? differences(sent, result.data, '', known)
    : result.error.issues.map(({ path, code }) => `${placeOf(path)}: ${code}`);
  return [...faults, ...identityFaults(sent), ...rowFaults(sent), ...rowSchemaFaults(sent)];
}

function placeOf(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return parts === '' ? 'body' : parts.replace(/^\./, '');
}

function paramsOf({ route = '', path }: Recorded): Params {
  const sent = path.split('/');
  const named = route
    .split('/')
    .flatMap((part, index) => (part.startsWith('{') ? [[part.slice(1, -1), sent[index]] as const] : []));
  return Object.fromEntries(named.map(([name, value]) => [name, decodeURIComponent(value ?? '')]));
}

const EMAIL_KEYS = new Set(['email', 'userEmail', 'currentEmail', 'newEmail']);
const toAscii = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/[^\x20-\x7e]/gu, 'x') : value;

/** The package refuses letters beyond ASCII in addresses; Iterable does not. Profile fields are left alone. */
function asciiEmails(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asciiEmails);
  if (!isRecord(value)) return value;
  const converted = Object.entries(value).map(([key, inner]): [string, unknown] => {
    if (EMAIL_KEYS.has(key)) return [key, toAscii(inner)];
    if (key === 'users' && Array.isArray(inner))
      return [key, inner.map((user) => asciiEmails(toAscii(user)))];
    return [key, key === 'dataFields' ? inner : asciiEmails(inner)];
  });
  return Object.fromEntries(converted);
}

/** Keys that the schema dropped without an excuse, and values that it changed. */
function differences(
  sent: unknown,
  parsed: unknown,
  place: string,
  known: NonNullable<Rule['known']>,
): string[] {
  if (Array.isArray(sent) && Array.isArray(parsed)) {
    return sent.flatMap((element, index) => differences(element, parsed[index], `${place}[${index}]`, known));
  }
  if (!isRecord(sent) || !isRecord(parsed))
    return Object.is(sent, parsed) ? [] : [`${place}: changed by the schema`];
  return Object.entries(sent).flatMap(([key, value]) => {
    const inner = place === '' ? key : `${place}.${key}`;
    if (Object.hasOwn(parsed, key)) return differences(value, parsed[key], inner, known);
    const excuse = known[inner.replace(/\[\d+\]/g, '[]')];
    if (excuse === undefined) return [`${inner}: not a documented key`];
    return excuse.safeParse(value).success ? [] : [`${inner}: wrong type`];
  });
}

const ROW_KEYS = ['events', 'users', 'subscribers', 'updateSubscriptionsRequests'] as const;

/** The rows of a bulk body, with their places; of a single call, the body itself. */
function rowsOf(
  sent: unknown,
): readonly { readonly row: Readonly<Record<string, unknown>>; readonly place: string }[] {
  if (!isRecord(sent)) return [];
  const key = ROW_KEYS.find((name) => Array.isArray(sent[name]));
  const rows: unknown = key === undefined ? undefined : sent[key];
  if (!Array.isArray(rows)) return [{ row: sent, place: '' }];
  return rows.flatMap((row: unknown, index) =>
    isRecord(row) ? [{ row, place: `${key ?? ''}[${index}].` }] : [],
  );
}

/** One person per row, by one identity. The schemas let both through, and in bulk neither. */
function identityFaults(sent: unknown): string[] {
  const rows = rowsOf(sent);
  const empty = isRecord(sent) && rows.length === 0 && ROW_KEYS.some((key) => Array.isArray(sent[key]));
  const faults = rows.flatMap(({ row, place }) => {
    if ('email' in row && 'userId' in row) return [`${place}email: userId is given too`];
    const inBulk = place !== '' && !('email' in row) && !('userId' in row);
    return inBulk ? [`${place}email: missing, and so is userId`] : [];
  });
  return empty && !isTargetedMany(sent) ? ['body: no rows', ...faults] : faults;
}

/** `users` of the targeted endpoint holds addresses, not rows. */
function isTargetedMany(sent: Readonly<Record<string, unknown>>): boolean {
  return 'subscriptionGroup' in sent;
}

const LONGEST_EVENT_ID_BYTES = 512;
/** The year 5138 in seconds: what is larger was meant as milliseconds. */
const LATEST_SECONDS = 1e11;
const ID_ARRAYS = [
  'emailListIds',
  'userListIds',
  'unsubscribedChannelIds',
  'unsubscribedMessageTypeIds',
  'subscribedMessageTypeIds',
];
const MOST_EVENTS_READ = 200;

/** What Iterable refuses and the schemas let through. */
function rowFaults(sent: unknown): string[] {
  const tooMany = isRecord(sent) && typeof sent['limit'] === 'number' && sent['limit'] > MOST_EVENTS_READ;
  const faults = rowsOf(sent).flatMap(({ row, place }) => {
    const { id: eventId, createdAt } = row;
    const longId = typeof eventId === 'string' && Buffer.byteLength(eventId) > LONGEST_EVENT_ID_BYTES;
    const milliseconds = typeof createdAt === 'number' && createdAt > LATEST_SECONDS;
    const wrongIds = ID_ARRAYS.filter((name) => name in row && !ids.safeParse(row[name]).success);
    return [
      ...(longId ? [`${place}id: longer than ${LONGEST_EVENT_ID_BYTES} bytes`] : []),
      ...(milliseconds ? [`${place}createdAt: not in seconds`] : []),
      ...wrongIds.map((name) => `${place}${name}: not whole numbers`),
    ];
  });
  return tooMany ? [`limit: more than ${MOST_EVENTS_READ}`, ...faults] : faults;
}

/** The package describes one subscription update, not many of them. */
function rowSchemaFaults(sent: unknown): string[] {
  if (!isRecord(sent) || !('updateSubscriptionsRequests' in sent)) return [];
  return rowsOf(sent).flatMap(({ row, place }) => {
    const result = UpdateUserSubscriptionsParamsSchema.safeParse(row);
    if (!result.success)
      return result.error.issues.map((issue) => `${place}${placeOf(issue.path)}: ${issue.code}`);
    return differences(row, result.data, place.slice(0, -1), {
      'updateSubscriptionsRequests[].userListIds': ids,
    });
  });
}
