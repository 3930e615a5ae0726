/** What a row of an extract says. Extracts write everything as text, and `null` for what is not there. */
import { z } from 'zod';
import { parseMarketoDate } from '../../domain/marketo-date.js';
import type { ExtractJob } from './contract.js';
import { isUnsubscribed, type Lead } from './leads.js';
import { flagOf } from './shapes.js';

export type ExtractRow =
  | {
      readonly kind: 'activity';
      readonly guid: string;
      readonly leadId: number;
      /** ms since 1970 */
      readonly atMs: number;
      /**
       * - `unsubscribed`: the person did, whatever the flag says now
       * - `look`: a lead was born, which counts only if it is flagged
       * - `resubscribed`: the flag went back, which is never acted upon
       * - `other`: a change that is none
       */
      readonly says: 'unsubscribed' | 'look' | 'resubscribed' | 'other';
    }
  | { readonly kind: 'lead'; readonly lead: Lead }
  /** Without an id or a date that can be read. */
  | { readonly kind: 'unreadable' };

const UNREADABLE: ExtractRow = { kind: 'unreadable' };
const TYPE = { unsubscribe: '9', newLead: '12' } as const;
const Attributes = z.record(z.string(), z.unknown());

/** @param header the first line of the file: names of the columns */
export function rowsOf(job: ExtractJob, header: readonly string[]): (cells: readonly string[]) => ExtractRow {
  const names = header.map((name) => name.trim());
  const read = job.kind === 'leads' ? leadRow : activityRow;
  return (cells) => {
    if (cells.length !== names.length) return UNREADABLE;
    return read(Object.fromEntries(names.map((name, index) => [name, cellOf(cells[index])])));
  };
}

type Cells = Readonly<Record<string, string | null>>;

function cellOf(text = ''): string | null {
  const value = text.replaceAll('\0', '').replace(/\r$/, '');
  return value === 'null' || value === '' ? null : value;
}

function leadRow(cells: Cells): ExtractRow {
  const id = idOf(cells['id']);
  if (id === undefined) return UNREADABLE;
  return {
    kind: 'lead',
    lead: { id, email: cells['email'] ?? null, isUnsubscribed: isUnsubscribed(cells) },
  };
}

function activityRow(cells: Cells): ExtractRow {
  const leadId = idOf(cells['leadId']);
  const atMs = parseMarketoDate(cells['activityDate'] ?? '');
  const guid = cells['marketoGUID'];
  if (leadId === undefined || atMs === undefined || guid == null) return UNREADABLE;
  const says = saysOf(cells['activityTypeId'], cells['attributes']);
  return says === undefined ? UNREADABLE : { kind: 'activity', guid, leadId, atMs, says };
}

function saysOf(
  typeId: string | null | undefined,
  attributes: string | null | undefined,
): Extract<ExtractRow, { kind: 'activity' }>['says'] | undefined {
  if (typeId === TYPE.unsubscribe) return 'unsubscribed';
  if (typeId === TYPE.newLead) return 'look';
  const values = valuesIn(attributes ?? '');
  if (values === undefined) return undefined;
  const before = flagOf(values['Old Value']);
  const after = flagOf(values['New Value']);
  if (after === true && before !== true) return 'unsubscribed';
  return after === false && before === true ? 'resubscribed' : 'other';
}

function valuesIn(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return Attributes.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function idOf(text: string | null | undefined): number | undefined {
  return text != null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
