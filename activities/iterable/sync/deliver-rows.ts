/**
 * Rows to Iterable, for `loadRange` and, once more, for `verifyRun`: changed addresses first, then who is not to be
 * created is looked for, then everything goes out in bulk. Verdicts are in the ledger before this returns.
 */
import type { Retry } from '../answers.js';
import type { Attempt } from '../attempt.js';
import type { RowOutcome } from '../bulk-lists.js';
import type { BulkTally, Told } from '../send-bulk.js';
import { changeEmail } from './change-email.js';
import { resultOf, type Ledger } from './ledger.js';
import type { People } from './people.js';
import { sendableOf, sendRows, type Sendable } from './requests.js';
import type { OpenRow } from './sort-rows.js';

export interface Delivery {
  readonly attempt: Attempt;
  readonly ledger: Ledger;
  readonly people: People;
  readonly rowsPerCall: number;
  readonly updateOnlyFlag: boolean;
}

/** What one row needs before it can go out in bulk has led to this. */
type Prepared = Sendable | RowOutcome | Retry;

const ABSENT: RowOutcome = { kind: 'skipped', reason: 'not-in-iterable' };
/**
 * The address has changed just now. Iterable asks for a minute between that and what depends on it, so the fields are
 * left to the verification, which waits and sends what it does not find.
 */
const FIELDS_LATER: RowOutcome = { kind: 'unknown', reason: 'profile-not-visible' };

/** @returns what was sent in bulk; `stopped` on the last tally says why it ended early */
export async function deliverRows(
  rows: readonly OpenRow[],
  delivery: Delivery,
): Promise<readonly Pick<BulkTally, 'calls' | 'acceptedRows' | 'tooLargeRows' | 'stopped'>[]> {
  const { attempt, ledger } = delivery;
  const asking = rows.filter((row) => needsAsking(row, delivery));
  const asked = await attempt.runAll(
    asking.map((row) => async () => ({ n: row.n, of: await prepare(row, delivery) })),
  );
  await ledger.write(
    asked.flatMap(({ n, of }) => (isSendable(of) || of.kind === 'retry' ? [] : [resultOf(n, of)])),
  );
  const stopped = asked.map(({ of }) => of).find((of) => of.kind === 'retry');
  const ready = rows
    .filter((row) => !needsAsking(row, delivery))
    .map((row) => sendableOf(row.n, row.out, isUnsure(row)));
  const unsure = new Map(rows.filter(isUnsure).map((row) => [row.n, row]));
  const tallies = await sendRows([...ready, ...asked.map(({ of }) => of).filter(isSendable)], attempt, {
    rowsPerCall: delivery.rowsPerCall,
    updateOnlyFlag: delivery.updateOnlyFlag,
    tell: async (told) => {
      const sure = await Promise.all(told.map((one) => beSure(one, unsure.get(one.n), delivery)));
      await ledger.write(sure.map(({ n, outcome }) => resultOf(n, outcome)));
    },
  });
  // One person who could not be looked up keeps nobody else's row from going out.
  return stopped?.kind === 'retry'
    ? [...tallies, { calls: 0, acceptedRows: 0, tooLargeRows: undefined, stopped }]
    : tallies;
}

function isSendable(of: Prepared): of is Sendable {
  return 'body' in of;
}

/** Whether Iterable may not have the person, and is not to get them by this row. */
const isUnsure = ({ mustExist, isKnown }: OpenRow): boolean => mustExist && !isKnown;

function needsAsking(row: OpenRow, { updateOnlyFlag }: Delivery): boolean {
  if (row.out.kind !== 'user') return false;
  return row.out.previousEmail !== undefined || (isUnsure(row) && !updateOnlyFlag);
}

async function prepare(row: OpenRow, delivery: Delivery): Promise<Prepared> {
  const { n, out } = row;
  if (out.kind === 'user' && out.previousEmail !== undefined)
    return afterEmailChange(row, { ...out, previousEmail: out.previousEmail }, delivery);
  const found = await delivery.people.lookUp(out.email, delivery.attempt);
  if (found.kind === 'user') return sendableOf(n, out, false);
  return found.kind === 'unknown-user' ? ABSENT : found;
}

type User = Extract<OpenRow['out'], { kind: 'user' }>;

async function afterEmailChange(
  { n, mustExist }: OpenRow,
  out: User & { readonly previousEmail: string },
  { attempt }: Delivery,
): Promise<Prepared> {
  const changed = await changeEmail(attempt, out.previousEmail, out.email);
  switch (changed.kind) {
    case 'moved':
      return Object.keys(out.fields).length === 0 ? { kind: 'delivered' } : FIELDS_LATER;
    case 'nobody':
      return mustExist ? ABSENT : sendableOf(n, { ...out, fields: out.all }, false);
    case 'rejected':
    case 'retry':
      return changed;
  }
}

/** Where Iterable reports nothing done, that can also mean nobody there. */
async function beSure(told: Told, row: OpenRow | undefined, { people, attempt }: Delivery): Promise<Told> {
  if (row === undefined || told.outcome.kind !== 'unchanged') return told;
  const found = await people.lookUp(row.out.email, attempt);
  if (found.kind === 'unknown-user') return { n: told.n, outcome: ABSENT };
  return found.kind === 'retry' ? { n: told.n, outcome: { kind: 'unknown', reason: found.reason } } : told;
}
