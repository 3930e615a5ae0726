/** The fields of leads: what describe says of them, and what a lead holds in them. */
import { dateForm, formatDate } from './dates.js';
import type { FieldValue, NewLead, SandboxLead } from './interface.js';
import type { CustomField, MarketoSettings } from './settings.js';

export interface LeadField {
  readonly id: number;
  /** REST name. */
  readonly name: string;
  readonly displayName: string;
  readonly dataType: CustomField['dataType'] | 'text';
  readonly readOnly: boolean;
}

const field = (
  id: number,
  name: string,
  displayName: string,
  dataType: LeadField['dataType'] = 'string',
): LeadField => ({ id, name, displayName, dataType, readOnly: false });
const readOnly = (made: LeadField): LeadField => ({ ...made, readOnly: true });

const STANDARD: readonly LeadField[] = [
  field(2, 'company', 'Company Name'),
  readOnly(field(18, 'id', 'Id', 'integer')),
  readOnly(field(22, 'createdAt', 'Created At', 'datetime')),
  readOnly(field(23, 'updatedAt', 'Updated At', 'datetime')),
  field(48, 'firstName', 'First Name'),
  field(50, 'lastName', 'Last Name'),
  field(51, 'email', 'Email Address', 'email'),
  field(61, 'country', 'Country'),
  field(66, 'leadSource', 'Lead Source'),
  field(70, 'unsubscribed', 'Unsubscribed', 'boolean'),
  field(71, 'unsubscribedReason', 'Unsubscribed Reason', 'text'),
  field(72, 'emailInvalid', 'Email Invalid', 'boolean'),
  field(73, 'emailInvalidCause', 'Email Invalid Cause'),
  field(74, 'emailSuspended', 'Email Suspended', 'boolean'),
  field(75, 'emailSuspendedAt', 'Email Suspended At', 'datetime'),
  field(76, 'emailSuspendedCause', 'Email Suspended Cause'),
  field(77, 'marketingSuspended', 'Marketing Suspended', 'boolean'),
  field(78, 'marketingSuspendedCause', 'Marketing Suspended Cause'),
  field(79, 'blackListed', 'Black Listed', 'boolean'),
  field(80, 'blackListedCause', 'Black Listed Cause'),
];

/** All of an instance, as it has named them. */
export function leadFields(settings: MarketoSettings): readonly LeadField[] {
  const custom = settings.customFields.map((made) => ({ ...made, readOnly: false }));
  return [...STANDARD, ...custom].map((known) => ({
    ...known,
    displayName: settings.fieldLabels[known.name] ?? known.displayName,
  }));
}

export function leadField(settings: MarketoSettings, name: string): LeadField | undefined {
  const custom = settings.customFields.find((known) => known.name === name);
  const known =
    STANDARD.find((standard) => standard.name === name) ?? (custom && { ...custom, readOnly: false });
  const displayName = settings.fieldLabels[name] ?? known?.displayName ?? name;
  return known && { ...known, displayName };
}

const SYSTEM_FLAGS = new Set(['emailInvalid', 'emailSuspended', 'marketingSuspended']);

/** What the API shows; nothing in a field is null. */
export function valueIn(lead: SandboxLead, name: string, settings: MarketoSettings): FieldValue {
  if (settings.hiddenFields.includes(name)) return null;
  switch (name) {
    case 'id':
      return lead.id;
    case 'email':
      return lead.email;
    case 'unsubscribed':
      return lead.unsubscribed;
    case 'blackListed':
      return lead.blackListed;
    case 'createdAt':
      return formatDate(lead.createdAtMs, dateForm(settings.dates, lead.id));
    case 'updatedAt':
      return formatDate(lead.updatedAtMs, dateForm(settings.dates, lead.id));
    default:
      return lead.fields[name] ?? (SYSTEM_FLAGS.has(name) ? false : null);
  }
}

const NO_FIELDS: SandboxLead['fields'] = Object.freeze({});

/** A lead as it is stored when it is made. */
export function made(id: number, lead: NewLead, nowMs: number): SandboxLead {
  const { fields, createdAtMs = nowMs } = lead;
  const given = (['firstName', 'lastName', 'unsubscribedReason'] as const).flatMap((name) => {
    const value = lead[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const hasFields = given.length > 0 || fields !== undefined;
  return {
    id,
    email: lead.email ?? null,
    unsubscribed: lead.unsubscribed ?? false,
    blackListed: lead.blackListed ?? false,
    createdAtMs,
    updatedAtMs: lead.updatedAtMs ?? createdAtMs,
    fields: hasFields ? Object.freeze({ ...Object.fromEntries(given), ...fields }) : NO_FIELDS,
  };
}
