/** The state of the project: everything that requests read and change, and nothing about HTTP. */
import { EventStore } from './events.js';
import { FieldCheck, declareFields, fieldSet } from './field-types.js';
import type { FieldSet } from './field-types.js';
import type { Journey, MailingList, MessageType } from './project.js';
import type { SandboxSettings } from './settings.js';
import { UserStore } from './users.js';
import type { Identity, WriteTimes } from './users.js';

/** Profile fields that every project has. */
const BUILT_IN = {
  email: 'string',
  userId: 'string',
  signupDate: 'date',
  profileUpdatedAt: 'date',
  emailListIds: 'long',
  userListIds: 'long',
  unsubscribedChannelIds: 'long',
  unsubscribedMessageTypeIds: 'long',
  subscribedMessageTypeIds: 'long',
} as const;

/** Written by other means than as a profile field, or not at all. */
export const RESERVED_FIELDS: ReadonlySet<string> = new Set(Object.keys(BUILT_IN));

export interface JourneyEntry {
  readonly journeyId: number;
  /** Address in lower case, or the user id of someone without one. */
  readonly person: string;
  readonly cause: 'event' | 'profile';
  readonly atMs: number;
}

/** A list that a request made answers "invalid" until this time, ms since 1970. */
export interface StoredList extends MailingList {
  readonly usableAtMs: number;
}

export class World {
  settings: SandboxSettings;
  readonly users = new UserStore();
  readonly events = new EventStore();
  readonly userFields: FieldSet;
  readonly #eventFields = new Map<string, FieldSet>();
  readonly lists = new Map<number, StoredList>();
  readonly forgottenEmails = new Set<string>();
  readonly forgottenUserIds = new Set<string>();
  readonly journeyEntries: JourneyEntry[] = [];
  #madeIds = 0;

  constructor(settings: SandboxSettings) {
    this.settings = settings;
    this.userFields = fieldSet('user', 'user');
    declareFields(this.userFields, BUILT_IN);
    for (const list of settings.lists) this.lists.set(list.id, { ...list, usableAtMs: 0 });
  }

  get nowMs(): number {
    return this.settings.now();
  }

  times(pipeline: 'users' | 'events'): WriteTimes {
    const nowMs = this.nowMs;
    return { nowMs, readableAtMs: nowMs + this.settings.readableAfterMs[pipeline] };
  }

  /** Types of the fields of one event name. */
  eventFields(eventName: string): FieldSet {
    const known = this.#eventFields.get(eventName);
    if (known !== undefined) return known;
    const made = fieldSet(eventName, 'event');
    this.#eventFields.set(eventName, made);
    return made;
  }

  fieldCheck(): FieldCheck {
    return new FieldCheck(this.settings);
  }

  /** A number that no list, address or such has yet. */
  nextId(): number {
    this.#madeIds += 1;
    return 9000 + this.#madeIds;
  }

  messageType(id: number): MessageType | undefined {
    return this.settings.messageTypes.find((type) => type.id === id);
  }

  isForgotten({ email, userId }: Identity): boolean {
    const { forgottenEmails, forgottenUserIds } = this.settings;
    if (email !== undefined && (this.forgottenEmails.has(email) || contains(forgottenEmails, email)))
      return true;
    return userId !== undefined && (this.forgottenUserIds.has(userId) || forgottenUserIds.includes(userId));
  }

  /** Everything forgotten, by request and by settings: addresses in lower case. */
  forgotten(): { readonly emails: readonly string[]; readonly userIds: readonly string[] } {
    const { forgottenEmails, forgottenUserIds } = this.settings;
    return {
      emails: [...new Set([...this.forgottenEmails, ...forgottenEmails.map((email) => email.toLowerCase())])],
      userIds: [...new Set([...this.forgottenUserIds, ...forgottenUserIds])],
    };
  }

  isFailing({ email, userId }: Identity): boolean {
    const { failingUsers } = this.settings;
    if (failingUsers.length === 0) return false;
    return contains(failingUsers, email ?? '') || failingUsers.includes(userId ?? '');
  }

  /** Notes who enters which journey: by an event's name, or by the fields that a profile update contains. */
  enterJourneys(
    identity: Identity | undefined,
    cause: JourneyEntry['cause'],
    names: readonly string[],
  ): void {
    const person = identity?.email ?? identity?.userId ?? '';
    for (const journey of this.settings.journeys) {
      const triggers = (cause === 'event' ? journey.triggerEventNames : journey.triggerFields) ?? [];
      const accepts = journey.enabled && !journey.isArchived;
      if (!accepts || !triggers.some((name) => names.includes(name)) || this.#isSpent(journey, person))
        continue;
      this.journeyEntries.push({ journeyId: journey.id, person, cause, atMs: this.nowMs });
    }
  }

  #isSpent({ id, lifetimeLimit }: Journey, person: string): boolean {
    if (lifetimeLimit === undefined) return false;
    const entries = this.journeyEntries.filter((entry) => entry.journeyId === id && entry.person === person);
    return entries.length >= lifetimeLimit;
  }
}

/** Addresses are compared in lower case. */
export function contains(emails: readonly string[], email: string): boolean {
  return emails.some((other) => other.toLowerCase() === email);
}
