/** What docs/sandbox.md says of the sandbox Iterable: its endpoints, its faults and its switches. */
import { DEFAULT_SETTINGS, type Fault, type SandboxSettings } from '../../sandbox/iterable/index.js';
import { ROUTES } from '../../sandbox/iterable/routes/index.js';
import { code, markdownTable } from './generated.js';

export function sandboxEndpointsTable(): string {
  const rows = ROUTES.map(({ method, path, limit }) => [
    code(`${method} ${path}`),
    limit === undefined ? 'none published' : perTime(limit.perSecond),
  ]);
  return markdownTable(['Endpoint', 'Limit'], rows);
}

function perTime(perSecond: number): string {
  return perSecond < 1 ? `${Math.round(perSecond * 60)} a minute` : `${perSecond} a second`;
}

const FAULTS: Readonly<Record<Fault, string>> = {
  '500': 'An internal error, as JSON; nothing is applied.',
  '503': 'Service unavailable, as text; nothing is applied.',
  '429': 'Too many requests, in the form that `rateLimitAnswer` sets.',
  '429-text': 'Too many requests, as text without a wait.',
  hang: 'No answer at all; the connection stays open.',
  'applied-then-cut': 'The request is applied, and the connection cut before the answer.',
  cut: 'The connection is cut; nothing is applied.',
};

export function sandboxFaultsTable(): string {
  const rows = Object.entries(FAULTS).map(([fault, meaning]) => [code(fault), meaning]);
  return markdownTable(['Fault', 'What the client sees'], rows);
}

const SETTINGS: Readonly<Record<keyof SandboxSettings, string>> = {
  projectType: 'What identifies a person: `email`, `userId` or `hybrid`.',
  projectId: 'Number of the project, in messages.',
  now: 'Clock of limits, delays and stored times, ms since 1970.',
  readableAfterMs: 'From accepted to readable. Events, too, find a person only once the person is readable.',
  emptyReadsAfterCreate: 'So many reads of a new person answer as if there were none.',
  unknownUserAnswer: 'How a read of nobody is answered: `empty-body`, `empty-user` or `error`.',
  limits: '`documented`, `off`, or limits of your own by path.',
  rateLimitAnswer: 'Form of a 429: `json-params`, `json-bare`, `text` or `retry-after`.',
  rateLimitParamsAs: 'Whether the wait in a 429 comes as `numbers` or `strings`.',
  forgetsPerDay: 'Calls to forget people in 24 hours.',
  maxBodyBytes: 'Larger bodies are 413.',
  maxBatchRows: 'Rows of one bulk call.',
  maxUserFields: 'Distinct fields of people.',
  maxEventFields: 'Distinct fields of one kind of event.',
  apiKeyState: '`enabled` or `disabled`.',
  successCodeOnRefusal: 'Answers every 400 and 401 with code `Success`, which Iterable does in places.',
  htmlNotFound: 'Unknown paths answer with a page instead of JSON.',
  badJsonIndexBase: 'What the first row is called in the answer to a malformed bulk body.',
  conflictCode: 'Code of a 409.',
  createNewFields: "The project's own setting, used where a request does not say.",
  longIntoDouble: 'Whether a whole number fits a field of fractions.',
  eventIdScope: 'Within what an event id is unique: `project`, `user` or `user-and-name`.',
  disallowedEventNames: 'Events that the project blocks.',
  disallowedCountsAsFailed: 'How bulk answers count blocked events.',
  updateOnlyFlag: 'Whether `updateOnly` of bulk updates is enabled; else it is ignored.',
  updateOnlyReports: 'How people are reported whom `updateOnly` has passed over.',
  targetedSubscriptions: 'Whether the targeted subscription endpoints are enabled; else they are 404.',
  targetedAnswer: 'Their answer: `ok`, or an empty 202 (`accepted`).',
  optInFeature: 'Whether opt-in message types are enabled.',
  unsubscribeFromOptIn: 'What an unsubscribe from an opt-in type does.',
  rewrittenEventsEnterJourneys: 'Whether an event that is written again under its id starts journeys again.',
  forgottenEmails: 'Addresses of people who asked to be forgotten.',
  forgottenUserIds: 'Ids of people who asked to be forgotten.',
  invalidEmails: 'Addresses that are refused although they are well formed.',
  failingUsers: 'Addresses or ids for which Iterable fails inside, at every attempt.',
  channels: 'Message channels.',
  messageTypes: 'Message types.',
  journeys: 'Journeys and what starts them.',
  lists: 'Lists that exist at the start.',
  answerAfterMs: 'Every answer takes so long, ms, as at a distance.',
  recordBodies: '`none` for long benchmarks: what was received is then counted, not kept.',
};

export function sandboxSettingsTable(): string {
  const defaults = new Map<string, unknown>(Object.entries(DEFAULT_SETTINGS));
  const rows = Object.entries(SETTINGS).map(([name, meaning]) => [
    code(name),
    meaning,
    shown(defaults.get(name)),
  ]);
  return markdownTable(['Switch', 'Meaning', 'Default'], rows);
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'the real clock';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : 'sample data';
  return code(typeof value === 'string' ? value : JSON.stringify(value));
}
