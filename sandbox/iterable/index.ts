/**
 * A local server that behaves like Iterable: limits, partial failures, delays, field types, subscriptions, faults.
 * It keeps what it received and what it applied, and answers questions about both.
 */
import type { FaultPlan } from './faults.js';
import { Recorder } from './recorder.js';
import type { RecordedRequest } from './recorder.js';
import { listen } from './server.js';
import { Service } from './service.js';
import { DEFAULT_SETTINGS } from './settings.js';
import type { SandboxSettings } from './settings.js';
import { isMailable } from './subscriptions.js';
import type { Action, Target } from './subscriptions.js';
import type { SandboxEvent, SandboxSystemEvent, SandboxUser } from './views.js';
import { eventsOf, findUser, systemEventsOf, viewUser } from './views.js';
import type { JourneyEntry } from './world.js';
import { changePreference, seedUser } from './write-profile.js';

export type { Fault, FaultPlan } from './faults.js';
export type { Channel, Journey, MailingList, MessageType } from './project.js';
export type { RecordedRequest } from './recorder.js';
export { DEFAULT_SETTINGS } from './settings.js';
export type { Limit, SandboxSettings } from './settings.js';
export type { Action, Target } from './subscriptions.js';
export type { SandboxEvent, SandboxSystemEvent, SandboxUser } from './views.js';
export type { JourneyEntry } from './world.js';

export interface SandboxIterable {
  /** `http://127.0.0.1:<port>`; paths start with `/api`. */
  readonly url: string;
  readonly apiKey: string;
  /** Requests in the order in which they were dealt with; `path` as sent, or an endpoint's, `/api/users/{email}`. */
  received(path?: string): readonly RecordedRequest[];
  /** As stored, whether or not it can be read yet. */
  user(email: string): SandboxUser | undefined;
  userById(userId: string): SandboxUser | undefined;
  users(): readonly SandboxUser[];
  /** How many there are, without making a list of them. */
  userCount(): number;
  events(filter?: { email?: string; eventName?: string; id?: string }): readonly SandboxEvent[];
  /** What Iterable itself notes: people subscribed and unsubscribed by the targeted endpoints. */
  systemEvents(email?: string): readonly SandboxSystemEvent[];
  journeyEntries(): readonly JourneyEntry[];
  /** Whether mail of a message type reaches a person; nothing when one of them does not exist. */
  mailable(email: string, messageTypeId: number): boolean | undefined;
  /** Puts a person there, at once readable. Subscription arrays may stand among the fields. */
  addUser(email: string, dataFields?: Record<string, unknown>): void;
  /**
   * What a person does in the preference centre, or a colleague in Iterable itself: one membership, whatever the API
   * offers. @throws Error when there is no such person
   */
  changePreference(email: string, target: Target, action: Action): void;
  setFaults(plan: FaultPlan | undefined): void;
  /** Changes settings while it runs. */
  configure(changes: Partial<SandboxSettings>): void;
  /** Forgets people, events, fields, requests and used-up limits; settings and faults stay. */
  reset(): void;
  /** Ends all connections, hanging ones included. */
  close(): Promise<void>;
}

export interface SandboxOptions extends Partial<SandboxSettings> {
  /** 0, the default: any free one. */
  readonly port?: number | undefined;
  readonly apiKey?: string | undefined;
  readonly faults?: FaultPlan | undefined;
}

const DEFAULT_API_KEY = 'sandbox-iterable-key';

/** Starts the server on 127.0.0.1. */
export async function startSandboxIterable(options: SandboxOptions = {}): Promise<SandboxIterable> {
  const { port = 0, apiKey = DEFAULT_API_KEY, faults, ...settings } = options;
  const service = new Service(Object.freeze({ ...DEFAULT_SETTINGS, ...settings }), apiKey);
  service.setFaults(faults);
  const recorder = new Recorder();
  const { url, close } = await listen(service, recorder, port);
  return { url, apiKey, close, ...questions(service, recorder), ...controls(service, recorder) };
}

type Controls = 'addUser' | 'changePreference' | 'setFaults' | 'configure' | 'reset';
type Questions = Exclude<keyof SandboxIterable, Controls | 'url' | 'apiKey' | 'close'>;

function questions(service: Service, recorder: Recorder): Pick<SandboxIterable, Questions> {
  return {
    received: (path) => recorder.received(path),
    user: (email) => findUser(service.world, email),
    userById: (userId) => viewUser(service.world.users.byUserId(userId)[0]),
    users: () => [...service.world.users.live()].flatMap((user) => viewUser(user) ?? []),
    userCount: () => service.world.users.count(),
    events: (filter = {}) => eventsOf(service.world, filter),
    systemEvents: (email) => systemEventsOf(service.world, email),
    journeyEntries: () => [...service.world.journeyEntries],
    mailable: (email, messageTypeId) => {
      const user = findUser(service.world, email);
      const type = service.world.messageType(messageTypeId);
      return user === undefined || type === undefined ? undefined : isMailable(user, type);
    },
  };
}

function controls(service: Service, recorder: Recorder): Pick<SandboxIterable, Controls> {
  return {
    addUser: (email, dataFields = {}) => {
      seedUser(service.world, email, dataFields);
    },
    changePreference: (email, target, action) => {
      changePreference(service.world, email, target, action);
    },
    setFaults: (plan) => {
      service.setFaults(plan);
    },
    configure: (changes) => {
      service.configure(changes);
    },
    reset: () => {
      service.reset();
      recorder.clear();
    },
  };
}
