/** What one planned row asks of Iterable. The same row gives the same answer each time, so that a repeat repeats itself. */
import { normaliseEmail } from '../email.js';
import type { Hasher } from '../hasher.js';
import type { Operation, SyncModel } from '../sync-model.js';
import { canonical } from './canonical-json.js';
import type { StoredCell } from './columns.js';
import { changedFields, mapRow, unsetFields, type RowFields } from './map-row.js';
import type { RowReason } from './row-reasons.js';

export interface PlannedRow {
  readonly operation: Operation;
  readonly key: string;
  readonly oldEmail?: string;
  readonly newEmail?: string;
  readonly oldRow?: readonly StoredCell[];
  readonly newRow?: readonly StoredCell[];
}

export type Outgoing =
  /** Iterable has it already, or the mode sends nothing for it. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly reason: RowReason; readonly field?: string }
  | {
      readonly kind: 'user';
      readonly email: string;
      /** The address that Iterable has the person under, where it is another one: to be changed first. */
      readonly previousEmail?: string;
      /** Only what differs from the old row. */
      readonly fields: RowFields;
      /** The whole row, for a profile that turns out to be new. */
      readonly all: RowFields;
    }
  | {
      readonly kind: 'event';
      readonly email: string;
      readonly eventName: string;
      readonly id: string;
      readonly fields: RowFields;
    }
  | { readonly kind: 'leave-list'; readonly email: string; readonly listId: number };

export function outgoing(model: SyncModel, row: PlannedRow, hasher: Hasher): Outgoing {
  return row.operation === 'remove' ? removal(model, row) : arrival(model, row, hasher);
}

function arrival(model: SyncModel, row: PlannedRow, hasher: Hasher): Outgoing {
  const email = normaliseEmail(row.newEmail ?? '');
  if (email === '') return { kind: 'refused', reason: 'no-address' };
  const mapped = mapRow(model, row.newRow ?? []);
  if (!mapped.ok) return { kind: 'refused', reason: mapped.reason, field: mapped.field };
  const previousEmail = emailChange(row, email);
  const fields = changedFields(oldFieldsOf(model, row), mapped.fields);
  const isSame = row.oldRow !== undefined && previousEmail === undefined && Object.keys(fields).length === 0;
  if (isSame) return { kind: 'nothing' };
  if (model.target.kind === 'event') {
    const id = eventIdOf(model.name, row.key, mapped.fields, hasher);
    return { kind: 'event', email, eventName: model.target.name, id, fields: mapped.fields };
  }
  return {
    kind: 'user',
    email,
    ...(previousEmail === undefined ? {} : { previousEmail }),
    fields,
    all: mapped.fields,
  };
}

/** @returns the old address when one person has another one now */
export function emailChange(row: PlannedRow, newEmail: string): string | undefined {
  const oldEmail = normaliseEmail(row.oldEmail ?? '');
  return oldEmail === '' || oldEmail === newEmail ? undefined : oldEmail;
}

/** What was sent before, as this mapping reads it; nothing where it cannot be read any more: all is sent then. */
function oldFieldsOf(model: SyncModel, { oldRow }: PlannedRow): RowFields | undefined {
  if (oldRow === undefined) return undefined;
  const mapped = mapRow(model, oldRow);
  return mapped.ok ? mapped.fields : undefined;
}

/** Modes other than `mirror`, and events, leave Iterable as it is: the row is only forgotten here. */
function removal(model: SyncModel, row: PlannedRow): Outgoing {
  const email = normaliseEmail(row.oldEmail ?? '');
  if (model.mode.kind !== 'mirror' || model.target.kind === 'event' || email === '')
    return { kind: 'nothing' };
  const { onRemoval } = model.mode;
  const oldFields = oldFieldsOf(model, row);
  if (onRemoval !== 'unset-fields') return { kind: 'leave-list', email, listId: onRemoval.leaveListId };
  const fields = oldFields === undefined ? everyField(model) : unsetFields(oldFields);
  return Object.keys(fields).length === 0
    ? { kind: 'nothing' }
    : { kind: 'user', email, fields, all: fields };
}

/** Of a row in doubt nobody knows which fields are there. */
function everyField(model: SyncModel): RowFields {
  return Object.fromEntries(Object.keys(model.fields).map((name) => [name, null]));
}

/** `<model>-<hash>`: another one for each row and each content, the same for each repeat. At most 512 bytes at Iterable. */
export function eventIdOf(model: string, key: string, fields: RowFields, hasher: Hasher): string {
  return `${model}-${hasher.text('sync-event', [model, key, JSON.stringify(canonical(fields, false))].join('\0'))}`;
}
