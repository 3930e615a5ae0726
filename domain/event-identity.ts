/**
 * Which two bodies are the same event. The product sends no event id, and its retries are certain, so each recipe
 * declares the parts of its business key; a keyed hash of them is the event's id at every hop.
 */
import type { Hasher } from './hasher.js';
import type { ProductFields } from './product-event.js';

/**
 * - `person`: the user id, or the address of somebody without one
 * - `email`: the address, for events about people who may have no account yet
 * - `namespace`: the top-level namespace
 * - `trial`: the day the trial started, where the body has it
 * - `occurrence`: the backend's lead id, else the day (UTC) it was written or received: for what may happen again
 */
export type KeyPart = 'person' | 'email' | 'namespace' | 'trial' | 'occurrence';

/** Stands for every value that no recipe maps: what a sender writes there is not ours to show. */
export const UNMAPPED = 'unmapped';

/** For values that no recipe knows yet: may repeat, so nothing is taken for a duplicate that is none. */
export const GENERAL_KEY: readonly KeyPart[] = ['person', 'namespace', 'occurrence'];

export interface Identity {
  /** Short name of the recipe's entry, or `unmapped`. */
  readonly slug: string;
  readonly key: readonly KeyPart[];
}

/** `<slug>-<hash>`, the same for every copy of an event, whatever its unknown keys. Holds no personal data. */
export function eventIdOf(
  identity: Identity,
  fields: ProductFields,
  receivedAtMs: number,
  hasher: Hasher,
): string {
  const parts = identity.key.map((part) => `${part}=${partOf(part, fields, receivedAtMs)}`);
  const businessKey = [fields.product_interaction ?? '', ...parts].join('\0');
  return `${identity.slug}-${hasher.text('event', businessKey)}`;
}

function partOf(part: KeyPart, fields: ProductFields, receivedAtMs: number): string {
  switch (part) {
    case 'person':
      return fields.uid == null ? fields.work_email : String(fields.uid);
    case 'email':
      return fields.work_email;
    case 'namespace':
      return fields.namespace_id == null ? '' : String(fields.namespace_id);
    case 'trial':
      return dayOf(fields.trial_start_date) ?? '';
    case 'occurrence':
      return fields.lead_id == null
        ? (dayOf(fields.created_at) ?? new Date(receivedAtMs).toISOString().slice(0, 10))
        : String(fields.lead_id);
  }
}

/** The calendar day at the start of a date in any of the forms that Rails and Snowflake print, or nothing. */
export function dayOf(date: string | null | undefined): string | undefined {
  const day = date?.trim().match(/^\d{4}-\d{2}-\d{2}(?=$|[T ])/)?.[0];
  return day !== undefined && !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day)
    ? day
    : undefined;
}
