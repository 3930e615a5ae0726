/** Records of Marketo's feeds, read as signs that somebody may have unsubscribed. */
import { WATCHED_FIELDS } from '../../recipes/unsubscribes.js';
import { ActivityRecord, flagOf, LeadChangeRecord } from './shapes.js';

/** A record that may have to be acted upon. */
export interface Sign {
  readonly guid: string;
  readonly leadId: number;
  /** ms since 1970 */
  readonly atMs: number;
  /**
   * - `unsubscribed`: the person did, whatever the flag says now
   * - `look`: only if the lead is flagged: it was born, has another address, or took up others
   * - `resubscribed`: the flag went back, which is counted and not acted upon
   */
  readonly kind: 'unsubscribed' | 'look' | 'resubscribed';
  /** Behind the watermark, in a feed that is read again. */
  readonly isBehind: boolean;
}
export interface EmailChange {
  readonly guid: string;
  readonly leadId: number;
  readonly atMs: number;
  readonly oldEmail: string | null;
  readonly newEmail: string | null;
}
export interface Merge {
  readonly guid: string;
  readonly atMs: number;
  readonly winnerId: number;
  readonly loserIds: readonly number[];
}

export interface Read {
  readonly records: number;
  readonly signs: readonly Sign[];
  readonly emailChanges: readonly EmailChange[];
  readonly merges: readonly Merge[];
  /** Records without an id, a lead or a date that can be read. */
  readonly unreadable: number;
  /** Date of the newest record, ms since 1970; -Infinity where there is none. */
  readonly newestMs: number;
}

export const TYPE = { unsubscribe: 9, newLead: 12, merge: 32 } as const;
const MERGED_IDS = 'Merge IDs';
const EMAIL = 'email';
/** REST names of the watched fields. */
export const FLAGS: ReadonlySet<string> = new Set(WATCHED_FIELDS.map(({ rest }) => rest));

/** @param isBehind whether a date, ms since 1970, is behind the watermark of a feed that is read again */
export function readChanges(rows: readonly unknown[], isBehind: (atMs: number) => boolean): Read {
  const parsed = rows.map((row) => LeadChangeRecord.safeParse(row));
  const records = parsed.flatMap(({ data }) => data ?? []);
  const signs = records.flatMap((record): Sign[] => {
    const kind = kindOf(record);
    if (kind === undefined) return [];
    const { marketoGUID: guid, leadId, activityDate: atMs } = record;
    return [{ guid, leadId, atMs, kind, isBehind: isBehind(atMs) }];
  });
  const emailChanges = records.flatMap(({ marketoGUID: guid, leadId, activityDate: atMs, fields }) =>
    fields
      .filter(({ name }) => name === EMAIL)
      .map(({ oldValue, newValue }) => ({ guid, leadId, atMs, ...addressesOf(oldValue, newValue) })),
  );
  return {
    records: rows.length,
    signs,
    emailChanges,
    merges: [],
    unreadable: rows.length - records.length,
    newestMs: newestOf(records),
  };
}

function kindOf({ activityTypeId, fields }: LeadChangeRecord): Sign['kind'] | undefined {
  const flips = fields
    .filter(({ name }) => FLAGS.has(name))
    .map(({ oldValue, newValue }) => ({ before: flagOf(oldValue), after: flagOf(newValue) }));
  if (flips.some(({ before, after }) => after === true && before !== true)) return 'unsubscribed';
  if (activityTypeId === TYPE.newLead || fields.some(({ name }) => name === EMAIL)) return 'look';
  return flips.some(({ before, after }) => before === true && after === false) ? 'resubscribed' : undefined;
}

function addressesOf(
  oldValue: unknown,
  newValue: unknown,
): { readonly oldEmail: string | null; readonly newEmail: string | null } {
  const address = (value: unknown): string | null =>
    typeof value === 'string' && value.trim() !== '' ? value : null;
  return { oldEmail: address(oldValue), newEmail: address(newValue) };
}

/** @param isBehind as of `readChanges` */
export function readActivities(rows: readonly unknown[], isBehind: (atMs: number) => boolean): Read {
  const parsed = rows.map((row) => ActivityRecord.safeParse(row));
  const records = parsed.flatMap(({ data }) => data ?? []);
  return {
    records: rows.length,
    signs: records.map(({ marketoGUID: guid, leadId, activityDate: atMs, activityTypeId }) => ({
      guid,
      leadId,
      atMs,
      kind: activityTypeId === TYPE.unsubscribe ? 'unsubscribed' : 'look',
      isBehind: isBehind(atMs),
    })),
    emailChanges: [],
    merges: records
      .filter(({ activityTypeId }) => activityTypeId === TYPE.merge)
      .map(({ marketoGUID: guid, leadId: winnerId, activityDate: atMs, attributes }) => ({
        guid,
        atMs,
        winnerId,
        loserIds: idsIn(attributes?.find(({ name }) => name === MERGED_IDS)?.value),
      })),
    unreadable: rows.length - records.length,
    newestMs: newestOf(records),
  };
}

/** `1007`, `1007,1008`, `[1007, 1008]`. */
function idsIn(value: unknown): number[] {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return (text.match(/\d+/g) ?? []).map(Number);
}

const newestOf = (records: readonly { readonly activityDate: number }[]): number =>
  Math.max(-Infinity, ...records.map(({ activityDate }) => activityDate));
