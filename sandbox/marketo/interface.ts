/** What tests, the demo and benchmarks do with the sandbox Marketo: what happens in it, and what it can be asked. */
import type { FaultPlan } from '../shared/fault-draw.js';
import type { Fault } from './faults.js';
import type { RecordedRequest } from './recorder.js';
import type { MarketoSettings } from './settings.js';

export type FieldValue = string | number | boolean | null;

export interface NewLead {
  /** As typed; compared in lower case. */
  readonly email?: string | null | undefined;
  readonly firstName?: string | null | undefined;
  readonly lastName?: string | null | undefined;
  /** True: born unsubscribed. False does not overrule the durable status of the address. */
  readonly unsubscribed?: boolean | undefined;
  readonly unsubscribedReason?: string | null | undefined;
  readonly blackListed?: boolean | undefined;
  /** ms since 1970; now unless given. */
  readonly createdAtMs?: number | undefined;
  readonly updatedAtMs?: number | undefined;
  /** Others, by REST name. */
  readonly fields?: Readonly<Record<string, FieldValue>> | undefined;
}

/** A lead as stored. */
export interface SandboxLead {
  readonly id: number;
  readonly email: string | null;
  readonly unsubscribed: boolean;
  readonly blackListed: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** All fields but the id and the times, by REST name. */
  readonly fields: Readonly<Record<string, FieldValue>>;
}

/** `link` and `form` write activities 9 and 13, the others only 13. */
export type Way = 'link' | 'form' | 'crm' | 'api' | 'manual';

export interface ActOptions {
  /** Date of its activities, ms since 1970; now unless given. */
  readonly atMs?: number | undefined;
  /** From now until its activities can be read; `visibleAfterMs` of the settings unless given. */
  readonly visibleAfterMs?: number | undefined;
  readonly reason?: string | undefined;
}

export interface UnsubscribeOptions extends ActOptions {
  /** Which activities the acting lead gets; what `Way` says unless given. */
  readonly writes?: readonly (9 | 13)[] | undefined;
}

/** An activity as stored, whether or not it can be read yet. */
export interface SandboxActivity {
  readonly marketoGUID: string;
  readonly leadId: number;
  readonly activityTypeId: number;
  /** Whole seconds, in ms since 1970. */
  readonly atMs: number;
  readonly visibleAtMs: number;
  readonly primaryAttributeValue: string | undefined;
  readonly attributes: Readonly<Record<string, FieldValue>>;
}

export interface WebhookTarget {
  readonly url: string;
  /** Sent as `X-Webhook-Token`. */
  readonly token: string;
  /** How tokens are put into the template. `none`: as they are, between the template's own quotes. */
  readonly encoding: 'json' | 'form' | 'none';
  /** `data-value-changes` unless given; neither sees people who are born unsubscribed. */
  readonly trigger?: 'data-value-changes' | 'unsubscribes-from-email' | undefined;
  /** Nothing: none is sent. What fits the encoding unless given. */
  readonly contentType?: string | null | undefined;
  /** How `{{system.dateTime}}` is filled; `iso` unless given. */
  readonly dateTimeAs?: 'iso' | 'no-zone' | 'empty' | undefined;
  /** How `{{lead.Id}}` is filled, a number only with `json`; `string` unless given. */
  readonly leadIdAs?: 'string' | 'number' | 'empty' | undefined;
  readonly faults?: WebhookFaults | undefined;
}

export interface WebhookFaults {
  readonly seed: number;
  /** 0 to 1: calls that are never made. */
  readonly lossRate?: number | undefined;
  /** 0 to 1: calls that are made twice. */
  readonly repeatRate?: number | undefined;
  /** Calls that wait together leave in another order. */
  readonly reorder?: boolean | undefined;
}

export interface WebhookCall {
  readonly leadId: number;
  /** As it was when the call was triggered. */
  readonly email: string | null;
  readonly body: string;
  readonly contentType: string | undefined;
  readonly isRepeat: boolean;
  /** `lost`: never made. `empty-answer`: Marketo's error 1001. */
  readonly outcome: 'lost' | 'accepted' | 'empty-answer' | 'refused' | 'timeout' | 'unreachable';
  readonly status: number | undefined;
  readonly answer: string | undefined;
  /** By the sandbox's clock. */
  readonly triggeredAtMs: number;
  readonly answeredAtMs: number | undefined;
}

export interface SandboxMarketo {
  /** `http://127.0.0.1:<port>`; paths start with `/identity`, `/rest` and `/bulk`. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;

  /** @returns its id. Writes a 12, and a 13 where `bornUnsubscribedWrites` says so. */
  addLead(lead?: NewLead, options?: ActOptions): number;
  /**
   * Many leads at once, in bounded memory and without activities, as if they had long been there.
   * @param of pure: called again whenever lead `n` (from 0) is looked at
   * @returns id of the first; the others follow
   */
  addLeads(count: number, of: (n: number) => NewLead): number;
  /** Durable: all leads with the address, each with activities of its own. A repeat writes none. */
  unsubscribe(leadId: number, how: Way, options?: UnsubscribeOptions): void;
  resubscribe(leadId: number, how?: Way, options?: ActOptions): void;
  changeEmail(leadId: number, email: string | null, options?: ActOptions): void;
  blackList(leadId: number, options?: ActOptions): void;
  /** Any field of `fields` and `customFields`; `email` and `unsubscribed` as the acts above. */
  changeField(leadId: number, field: string, value: FieldValue, options?: ActOptions): void;
  mergeLeads(winner: number, losers: number | readonly number[], options?: ActOptions): void;
  deleteLead(leadId: number, options?: ActOptions): void;
  /** Activities of a type that nobody asks for, one `everyMs` after the other, ending now unless `atMs` is given. */
  addNoise(count: number, options?: { atMs?: number; everyMs?: number; typeId?: number }): void;

  lead(leadId: number): SandboxLead | undefined;
  leadsWith(email: string): readonly SandboxLead[];
  leadCount(): number;
  /** In the order of their dates, noise apart unless asked for by type. */
  activities(filter?: { leadId?: number; typeId?: number }): readonly SandboxActivity[];

  /** From now on; nothing stops it. */
  sendsWebhooksTo(target: WebhookTarget | undefined): void;
  webhookCalls(): readonly WebhookCall[];
  /** Resolves when every call under way has been answered or given up. */
  settled(): Promise<void>;

  /** Requests in the order in which they were dealt with; `path` as sent, or an endpoint's, `/rest/v1/lead/{id}.json`. */
  received(path?: string): readonly RecordedRequest[];
  /** Calls counted against today's quota. */
  callsUsed(): number;
  /** Counts calls of others against today's quota. */
  useCalls(count: number): void;
  setFaults(plan: FaultPlan<Fault> | undefined): void;
  /** The next requests to a path, or an endpoint's, get these, before anything that `setFaults` says. */
  failNext(path: string, ...faults: readonly Fault[]): void;
  /** The access token in use is over: its next use answers 602, later ones 601. */
  expireAccessToken(): void;
  /** Paging tokens handed out until now answer with this code; new ones work. */
  refusePagingTokens(code?: '1001' | '1003' | '702' | '704' | '610'): void;
  /** Changes settings while it runs. */
  configure(changes: Partial<MarketoSettings>): void;
  /** Forgets leads, activities, exports, requests, webhook calls and used-up limits; settings and faults stay. */
  reset(): Promise<void>;
  /** Ends all connections and webhook calls, hanging ones included. */
  close(): Promise<void>;
}

export interface MarketoOptions extends Partial<MarketoSettings> {
  /** 0, the default: any free one. */
  readonly port?: number | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly faults?: FaultPlan<Fault> | undefined;
}
