/** The state of the instance: leads, what happened to them, the hidden standing of addresses. Nothing about HTTP. */
import { ActivityLog } from './activity-log.js';
import type { Draft, StoredActivity } from './activity-log.js';
import { wholeSeconds } from './dates.js';
import type { ActOptions, FieldValue, SandboxLead } from './interface.js';
import { LeadStore, normalised } from './lead-store.js';
import { leadField } from './fields.js';
import type { MarketoSettings } from './settings.js';

/** What all activities of one act on one lead share. */
export type Moment = Pick<Draft, 'atMs' | 'visibleAtMs' | 'act'>;

/** Why a lead's unsubscribing is of interest to a trigger campaign. */
export type Trigger = 'data-value-changes' | 'unsubscribes-from-email';

export class World {
  settings: MarketoSettings;
  readonly leads = new LeadStore();
  readonly log = new ActivityLog();
  /** Durable status of addresses that no lead may have any more: true is unsubscribed. */
  readonly #statuses = new Map<string, boolean>();
  readonly #triggered: (trigger: Trigger, lead: SandboxLead, atMs: number) => void;
  #acts = 0;
  /** Paging tokens of earlier generations are refused with this code. */
  tokens: { readonly generation: number; readonly refusal: string } = { generation: 0, refusal: '1003' };

  constructor(
    settings: MarketoSettings,
    triggered: (trigger: Trigger, lead: SandboxLead, atMs: number) => void,
  ) {
    this.settings = settings;
    this.#triggered = triggered;
  }

  get nowMs(): number {
    return this.settings.now();
  }

  /** @throws RangeError for a lead that is not there */
  lead(id: number): SandboxLead {
    const lead = this.leads.get(id);
    if (lead === undefined) throw new RangeError(`there is no lead ${id}`);
    return lead;
  }

  moment({ atMs, visibleAfterMs }: ActOptions = {}, afterMs = 0): Moment {
    this.#acts += 1;
    const { nowMs } = this;
    const delayMs = visibleAfterMs ?? this.settings.visibleAfterMs;
    return {
      act: this.#acts,
      atMs: wholeSeconds((atMs ?? nowMs) + afterMs),
      visibleAtMs: nowMs + afterMs + delayMs,
    };
  }

  write(moment: Moment, activity: Omit<Draft, keyof Moment>): StoredActivity {
    return this.log.add({ ...activity, ...moment });
  }

  trigger(trigger: Trigger, lead: SandboxLead, atMs: number): void {
    this.#triggered(trigger, lead, atMs);
  }

  /** Whether an address is unsubscribed; nothing when no lead ever had it. */
  statusOf(email: string | null): boolean | undefined {
    if (email === null || email === '' || !this.settings.durableUnsubscribe) return undefined;
    return this.#statuses.get(normalised(email)) ?? this.leads.withEmail(email)[0]?.unsubscribed;
  }

  remember(email: string | null, unsubscribed: boolean): void {
    if (email !== null && email !== '') this.#statuses.set(normalised(email), unsubscribed);
  }

  /** Those whom an act on a lead reaches as well. */
  othersWith(lead: SandboxLead): readonly SandboxLead[] {
    if (lead.email === null || !this.settings.durableUnsubscribe) return [];
    return this.leads.withEmail(lead.email).filter(({ id }) => id !== lead.id);
  }

  /** Changes a field and writes the 13 that says so. */
  change(
    lead: SandboxLead,
    moment: Moment,
    { field, to, reason, source }: { field: string; to: FieldValue; reason: string; source: string },
  ): SandboxLead {
    const { settings } = this;
    const from = storedIn(lead, field);
    const next = { ...withField(lead, field, to), updatedAtMs: Math.max(lead.updatedAtMs, moment.atMs) };
    this.leads.put(next);
    this.write(moment, {
      leadId: lead.id,
      typeId: 13,
      primaryId: leadField(settings, field)?.id ?? 0,
      change: { field, from, to },
      attributes: { Reason: reason, Source: source },
    });
    return next;
  }

  /** Changes the flag without an activity. */
  flag(lead: SandboxLead, unsubscribed: boolean, atMs: number): SandboxLead {
    const next = { ...lead, unsubscribed, updatedAtMs: Math.max(lead.updatedAtMs, atMs) };
    this.leads.put(next);
    return next;
  }
}

function storedIn(lead: SandboxLead, field: string): FieldValue {
  if (field === 'email') return lead.email;
  if (field === 'unsubscribed') return lead.unsubscribed;
  return field === 'blackListed' ? lead.blackListed : (lead.fields[field] ?? null);
}

function withField(lead: SandboxLead, field: string, value: FieldValue): SandboxLead {
  if (field === 'email') return { ...lead, email: value === null ? null : String(value) };
  if (field === 'unsubscribed') return { ...lead, unsubscribed: value === true };
  if (field === 'blackListed') return { ...lead, blackListed: value === true };
  return { ...lead, fields: Object.freeze({ ...lead.fields, [field]: value }) };
}
