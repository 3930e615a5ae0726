/**
 * Which rows of a bulk request an answer with 200 means. It names people, not places in the request: addresses in
 * any case, and at times what stands among a row's fields instead of what stands at its top.
 */
import { z } from 'zod';
import type { Reason } from '../../domain/reasons.js';
import type { Verdict } from '../../domain/verdict.js';
import { reachesField } from './field-paths.js';

/** What became of a row of a request that Iterable took. */
export type RowOutcome = Exclude<Verdict, { kind: 'retry' }>;

/** What of a row its answer can name. */
export interface SentRow {
  readonly email: string;
  readonly userId?: string;
  readonly eventName?: string;
  readonly dataFields?: Readonly<Record<string, unknown>>;
}

const names = z.array(z.string()).nullish().catch(undefined);
const FailedUpdates = z.looseObject({
  invalidEmails: names,
  invalidUserIds: names,
  notFoundEmails: names,
  notFoundUserIds: names,
  forgottenEmails: names,
  forgottenUserIds: names,
  conflictEmails: names,
  conflictUserIds: names,
  invalidDataEmails: names,
  invalidDataUserIds: names,
});
/** Lists are optional in Iterable's description, and all there in its answers. Without the counts it is no answer. */
export const BulkBody = z.looseObject({
  successCount: z.number(),
  failCount: z.number(),
  failedUpdates: FailedUpdates.nullish().catch(undefined),
  /** Deprecated: they repeat the lists above, on older servers they are all there is. */
  invalidEmails: names,
  invalidUserIds: names,
  noOpEmails: names,
  noOpUserIds: names,
  disallowedEventNames: names,
  filteredOutFields: names,
});
export type BulkBody = z.infer<typeof BulkBody>;
type Names = z.infer<typeof names>;

interface Named {
  readonly outcome: RowOutcome;
  readonly emails: ReadonlySet<string>;
  readonly userIds: ReadonlySet<string>;
}

const UNEXPLAINED: RowOutcome = { kind: 'unknown', reason: 'failure-unexplained' };
const FAILED_INSIDE: RowOutcome = { kind: 'rejected', reason: 'failed-inside', class: 'unavailable' };

/** One outcome per row, in order. What failed without being named is any of the rows that nothing is said of, or all. */
export function outcomesOf(body: BulkBody, rows: readonly SentRow[]): readonly RowOutcome[] {
  const lists = listsOf(body);
  const said = rows.map((row) => outcomeIn(lists, row) ?? lossOf(body, row));
  const explained = said.filter((outcome) => outcome !== undefined && isFailure(outcome)).length;
  const unsaid = said.filter((outcome) => outcome === undefined).length;
  const rest = unnamed(body.failCount - explained, unsaid);
  return said.map((outcome) => outcome ?? rest);
}

/** @param failed so many of the `rows` that nothing is said of */
function unnamed(failed: number, rows: number): RowOutcome {
  if (failed <= 0) return { kind: 'delivered' };
  return failed >= rows ? FAILED_INSIDE : UNEXPLAINED;
}

/** Whether the row is one of those that `failCount` counts. */
function isFailure(outcome: RowOutcome): boolean {
  return outcome.kind === 'rejected' ? outcome.reason !== 'field-not-created' : outcome.kind === 'skipped';
}

/** The lists from which rows get their outcome; the first one that names a row decides. */
function listsOf(body: BulkBody): readonly Named[] {
  const failed = body.failedUpdates ?? {};
  return [
    named(rejected('forgotten-user'), failed.forgottenEmails, failed.forgottenUserIds),
    named(rejected('invalid-email'), both(failed.invalidEmails, body.invalidEmails)),
    named(rejected('identity-conflict'), failed.conflictEmails, failed.conflictUserIds),
    named(rejected('invalid-data'), failed.invalidDataEmails, failed.invalidDataUserIds),
    named({ kind: 'skipped', reason: 'not-in-iterable' }, failed.notFoundEmails, failed.notFoundUserIds),
    named(rejected('invalid-user-id'), [], both(failed.invalidUserIds, body.invalidUserIds)),
    named({ kind: 'unchanged' }, body.noOpEmails, body.noOpUserIds),
  ];
}

const both = (names: Names, deprecated: Names): string[] => [...(names ?? []), ...(deprecated ?? [])];

function named(outcome: RowOutcome, emails: Names, userIds: Names = []): Named {
  return { outcome, emails: new Set(emails?.map(lower)), userIds: new Set(userIds) };
}

function outcomeIn(lists: readonly Named[], row: SentRow): RowOutcome | undefined {
  const emails = texts(row.email, row.dataFields?.['email']).map(lower);
  const userIds = texts(row.userId, row.dataFields?.['userId']);
  return lists.find(
    (list) => emails.some((email) => list.emails.has(email)) || userIds.some((id) => list.userIds.has(id)),
  )?.outcome;
}

/** What Iterable took the row without: its event's name is blocked, or one of its fields does not exist there. */
function lossOf(body: BulkBody, row: SentRow): RowOutcome | undefined {
  if (row.eventName !== undefined && body.disallowedEventNames?.includes(row.eventName) === true)
    return rejected('event-name-disallowed');
  const { dataFields } = row;
  const isFiltered =
    dataFields !== undefined && body.filteredOutFields?.some((path) => reachesField(dataFields, path));
  return isFiltered === true ? rejected('field-not-created') : undefined;
}

const lower = (text: string): string => text.trim().toLowerCase();
const texts = (...values: readonly unknown[]): string[] =>
  values.filter((value) => typeof value === 'string');

export function rejected(reason: Reason): Extract<RowOutcome, { kind: 'rejected' }> {
  return { kind: 'rejected', reason, class: 'rejected' };
}
