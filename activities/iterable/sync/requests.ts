/** Rows as bulk requests: each kind of row has its endpoint, its body, and its way to judge the answer. */
import { batchesOf } from '../../../domain/sync/batches.js';
import { MOST_BYTES_PER_CALL } from '../../../domain/sync/estimate.js';
import type { Outgoing } from '../../../domain/sync/outgoing.js';
import type { Moment } from '../answers.js';
import type { Attempt } from '../attempt.js';
import { judgeBulkUpdate, judgeTrackBulk, type BulkJudgement } from '../bulk-answers.js';
import type { Reply } from '../client.js';
import type { BulkEvent, BulkUser } from '../endpoints.js';
import { sendBulk, type BulkRow, type BulkTally, type Told } from '../send-bulk.js';

/** A row that is to be sent in bulk. */
export type Sendable = { readonly n: number } & (
  | {
      readonly kind: 'user';
      readonly body: BulkUser;
      /** Nobody is created for it. */
      readonly mustExist: boolean;
    }
  | { readonly kind: 'event'; readonly body: BulkEvent }
  | { readonly kind: 'leave-list'; readonly body: { readonly email: string }; readonly listId: number }
);
type Body<K extends Sendable['kind']> = Extract<Sendable, { kind: K }>['body'];

export interface SendingSettings {
  readonly rowsPerCall: number;
  readonly updateOnlyFlag: boolean;
  readonly tell: (told: readonly Told[]) => Promise<void>;
}

export function sendableOf(
  n: number,
  out: Exclude<Outgoing, { kind: 'nothing' | 'refused' }>,
  mustExist: boolean,
): Sendable {
  const { email, kind } = out;
  switch (kind) {
    case 'user':
      return { kind, n, body: { email, dataFields: out.fields }, mustExist };
    case 'event':
      return { kind, n, body: { email, eventName: out.eventName, id: out.id, dataFields: out.fields } };
    case 'leave-list':
      return { kind, n, body: { email }, listId: out.listId };
  }
}

/** Sends all rows, kind by kind, until one request gets nowhere. */
export async function sendRows(
  rows: readonly Sendable[],
  attempt: Attempt,
  settings: SendingSettings,
): Promise<readonly BulkTally[]> {
  const tallies: BulkTally[] = [];
  for (const send of linesOf(rows, attempt, settings)) {
    const tally = await send();
    tallies.push(tally);
    if (tally.stopped !== undefined) break;
  }
  return tallies;
}

function linesOf(
  rows: readonly Sendable[],
  attempt: Attempt,
  settings: SendingSettings,
): readonly (() => Promise<BulkTally>)[] {
  const users = rows.filter((row) => row.kind === 'user');
  const leavers = rows.filter((row) => row.kind === 'leave-list');
  const line =
    <B extends { readonly email: string }>(
      ofKind: readonly BulkRow<B>[],
      ask: (rows: readonly BulkRow<B>[]) => Promise<BulkJudgement>,
    ) =>
    (): Promise<BulkTally> =>
      sendBulk(inBatches(ofKind, settings.rowsPerCall), { send: ask, tell: settings.tell });
  return [
    line(
      users.filter(({ mustExist }) => !mustExist),
      (batch) => updateUsers(batch, attempt, false),
    ),
    line(
      users.filter(({ mustExist }) => mustExist),
      (batch) => updateUsers(batch, attempt, settings.updateOnlyFlag),
    ),
    line(
      rows.filter((row) => row.kind === 'event'),
      (batch) => trackEvents(batch, attempt),
    ),
    ...[...new Set(leavers.map(({ listId }) => listId))].map((listId) =>
      line(
        leavers.filter((row) => row.listId === listId),
        (batch) => leaveList(batch, attempt, listId),
      ),
    ),
  ];
}

function inBatches<B extends { readonly email: string }>(
  rows: readonly BulkRow<B>[],
  rowsPerCall: number,
): readonly (readonly BulkRow<B>[])[] {
  return batchesOf(rows, { rows: rowsPerCall, bytes: MOST_BYTES_PER_CALL }, ({ body }) => ({
    user: body.email,
    bytes: Buffer.byteLength(JSON.stringify(body)),
  }));
}

const bodies = <B>(rows: readonly BulkRow<B>[]): B[] => rows.map(({ body }) => body);

/** @see https://api.iterable.com/api/docs#users_bulkUpdateUser top-level fields that are left out stay as they are */
function updateUsers(
  rows: readonly BulkRow<Body<'user'>>[],
  attempt: Attempt,
  updateOnly: boolean,
): Promise<BulkJudgement> {
  const users = bodies(rows);
  const body = updateOnly ? { users, updateOnly } : { users };
  return attempt.ask('bulkUpdateUsers', { body }, judging(judgeBulkUpdate, users));
}

/** @see https://api.iterable.com/api/docs#events_trackBulk the same id again updates the event */
function trackEvents(rows: readonly BulkRow<Body<'event'>>[], attempt: Attempt): Promise<BulkJudgement> {
  const events = bodies(rows);
  return attempt.ask('trackEvents', { body: { events } }, judging(judgeTrackBulk, events));
}

/** @see https://api.iterable.com/api/docs#lists_unsubscribe */
function leaveList(
  rows: readonly BulkRow<Body<'leave-list'>>[],
  attempt: Attempt,
  listId: number,
): Promise<BulkJudgement> {
  const subscribers = bodies(rows);
  const body = { listId, subscribers, channelUnsubscribe: false } as const;
  return attempt.ask('leaveList', { body }, judging(judgeBulkUpdate, subscribers));
}

const judging =
  <R>(judge: (reply: Reply, rows: readonly R[], moment: Moment) => BulkJudgement, rows: readonly R[]) =>
  (reply: Reply, moment: Moment): BulkJudgement =>
    judge(reply, rows, moment);
