/**
 * Everything about the sandbox that can be switched, also while it runs. A switch exists for each thing that
 * Iterable documents as configurable, and for each thing about Iterable that nobody has been able to confirm:
 * what we build has to hold either way.
 */
import { CHANNELS, JOURNEYS, LISTS, MESSAGE_TYPES } from './project.js';
import type { Channel, Journey, MailingList, MessageType } from './project.js';

/** Tokens come back at `perSecond`; at most `burst` wait unused. */
export interface Limit {
  readonly perSecond: number;
  readonly burst: number;
}

export interface SandboxSettings {
  /** What identifies a person; fixed at a project's creation. @see https://support.iterable.com/hc/en-us/articles/9216719179796 */
  readonly projectType: 'email' | 'userId' | 'hybrid';
  readonly projectId: number;
  /** The clock of limits, delays and stored times, in ms since 1970. */
  readonly now: () => number;

  /** From accepted to readable. Events, too, find a person only once the person is readable. */
  readonly readableAfterMs: { readonly users: number; readonly events: number };
  /** So many reads of a new person answer as if there were none, however long ago it was made. */
  readonly emptyReadsAfterCreate: number;
  readonly unknownUserAnswer: 'empty-body' | 'empty-user' | 'error';

  /** A record overrides the documented limits of the endpoints that it names, by path as in `ROUTES`. */
  readonly limits: 'documented' | 'off' | Readonly<Record<string, Limit>>;
  /** `json-params`: wait in `params` on the two endpoints that document it. `retry-after`: in the header. */
  readonly rateLimitAnswer: 'json-params' | 'json-bare' | 'text' | 'retry-after';
  readonly rateLimitParamsAs: 'numbers' | 'strings';
  /** Of forget and unforget together with their limit per second: calls in 24 h. */
  readonly forgetsPerDay: number;
  readonly maxBodyBytes: number;
  readonly maxBatchRows: number;
  readonly maxUserFields: number;
  readonly maxEventFields: number;

  readonly apiKeyState: 'enabled' | 'disabled';
  /** Answers every 400 and 401 with code `Success`, which Iterable does in places. */
  readonly successCodeOnRefusal: boolean;
  readonly htmlNotFound: boolean;
  /** What row 0 is called in the answer to a malformed bulk body. */
  readonly badJsonIndexBase: 0 | 1;
  readonly conflictCode: 'ExternalKeyConflict' | 'Conflict';

  /** The project's own setting, used where a request does not say. */
  readonly createNewFields: boolean;
  readonly longIntoDouble: boolean;
  readonly eventIdScope: 'project' | 'user' | 'user-and-name';
  readonly disallowedEventNames: readonly string[];
  readonly disallowedCountsAsFailed: boolean;
  /** Whether Iterable has enabled `updateOnly` of users/bulkUpdate for the project; else it is ignored. */
  readonly updateOnlyFlag: boolean;
  /** How users/bulkUpdate reports people whom `updateOnly` has passed over. */
  readonly updateOnlyReports: 'not-found' | 'no-op' | 'nothing';

  readonly targetedSubscriptions: boolean;
  /** The answer of the targeted endpoints: 200 with a body, or an empty 202. */
  readonly targetedAnswer: 'ok' | 'accepted';
  readonly optInFeature: boolean;
  /** What an unsubscribe from an opt-in type does. `only-adds` leaves the person mailable. */
  readonly unsubscribeFromOptIn: 'removes' | 'removes-and-adds' | 'only-adds';
  /** Whether an event that is written again under its id starts journeys again. */
  readonly rewrittenEventsEnterJourneys: boolean;

  readonly forgottenEmails: readonly string[];
  readonly forgottenUserIds: readonly string[];
  /** Refused although well-formed. */
  readonly invalidEmails: readonly string[];
  /** Addresses or ids for which Iterable fails inside, at every attempt. */
  readonly failingUsers: readonly string[];

  readonly channels: readonly Channel[];
  readonly messageTypes: readonly MessageType[];
  readonly journeys: readonly Journey[];
  /** The lists that exist at the start; only `reset` brings them back. */
  readonly lists: readonly MailingList[];

  /** Every answer takes so long, as at a distance; what was asked for is applied before. */
  readonly answerAfterMs: number;
  /** `none` for long benchmarks: what was received is then counted, not kept. */
  readonly recordBodies: 'all' | 'none';
}

export const DEFAULT_SETTINGS: SandboxSettings = Object.freeze({
  projectType: 'email',
  projectId: 4711,
  now: Date.now,
  readableAfterMs: { users: 0, events: 0 },
  emptyReadsAfterCreate: 0,
  unknownUserAnswer: 'empty-body',
  limits: 'documented',
  rateLimitAnswer: 'json-params',
  rateLimitParamsAs: 'numbers',
  forgetsPerDay: 1000,
  // Published as "4 MB". The smaller of the two readings, so that a client that holds it holds the other.
  maxBodyBytes: 4_000_000,
  // Not published. What client libraries keep to.
  maxBatchRows: 1000,
  maxUserFields: 1000,
  maxEventFields: 8000,
  apiKeyState: 'enabled',
  successCodeOnRefusal: false,
  htmlNotFound: true,
  badJsonIndexBase: 0,
  conflictCode: 'ExternalKeyConflict',
  createNewFields: true,
  longIntoDouble: true,
  eventIdScope: 'project',
  disallowedEventNames: [],
  disallowedCountsAsFailed: false,
  updateOnlyFlag: true,
  updateOnlyReports: 'not-found',
  targetedSubscriptions: true,
  targetedAnswer: 'ok',
  optInFeature: true,
  unsubscribeFromOptIn: 'removes',
  rewrittenEventsEnterJourneys: true,
  forgottenEmails: [],
  forgottenUserIds: [],
  invalidEmails: [],
  failingUsers: [],
  channels: CHANNELS,
  messageTypes: MESSAGE_TYPES,
  journeys: JOURNEYS,
  lists: LISTS,
  answerAfterMs: 0,
  recordBodies: 'all',
});
