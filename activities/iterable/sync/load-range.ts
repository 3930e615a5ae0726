/** The activity `loadRange`: some rows of a plan to Iterable, one request in the normal case. */
import { Context } from '@temporalio/activity';
import type { SyncModel } from '../../../domain/sync-model.js';
import type { LoadRange, LoadResult, SyncLoadActivities } from '../../warehouse/sync-contract.js';
import type { RowResult } from '../../warehouse/sync/store.js';
import { judgeUser } from '../answers.js';
import { startAttempt, type Attempt } from '../attempt.js';
import type { BulkTally } from '../send-bulk.js';
import { conclude } from './conclude.js';
import { withoutConsentInFlight } from './consent-first.js';
import { deliverRows } from './deliver-rows.js';
import { checkedModel, type SyncLoadDependencies } from './dependencies.js';
import { startHeartbeats } from '../../shared/heartbeats.js';
import { openLedger } from './ledger.js';
import type { People } from './people.js';
import { sortRows } from './sort-rows.js';

/** See the contract for what it promises. */
export function createLoadRange(deps: SyncLoadDependencies, people: People): SyncLoadActivities['loadRange'] {
  return async (range) => {
    const model = checkedModel(deps, range.model);
    const attempt = startAttempt(deps.tools);
    const endHeartbeats = startHeartbeats();
    try {
      return await load(range, model, { deps, people, attempt });
    } finally {
      endHeartbeats();
      attempt.end();
    }
  };
}

interface Scene {
  readonly deps: SyncLoadDependencies;
  readonly people: People;
  readonly attempt: Attempt;
}

async function load(range: LoadRange, model: SyncModel, scene: Scene): Promise<LoadResult> {
  const { deps, attempt } = scene;
  const { fromRow, untilRow } = range;
  const { cancellationSignal } = Context.current();
  const before = await deps.store.settledRows(range, fromRow, untilRow, cancellationSignal);
  const rows = await deps.store.readPlanRows(range, fromRow, untilRow, cancellationSignal);
  const ledger = openLedger(deps.store, range, before);
  const { settled, open } = sortRows(
    model,
    rows.filter(({ n }) => !ledger.has(n)),
    deps.hasher,
  );
  await ledger.write(settled);
  await askAfterSilence(before, rows, attempt);
  const tallies = await deliverRows(await withoutConsentInFlight(open, ledger, deps), {
    attempt,
    ledger,
    people: scene.people,
    rowsPerCall: range.rowsPerCall,
    updateOnlyFlag: deps.updateOnlyFlag,
  });
  conclude(tallies.at(-1)?.stopped, attempt);
  return { ...ledger.count(), ...summed(tallies) };
}

/**
 * An attempt after a lost answer does not send its rows again: reading them back settles them. But it asks Iterable
 * about one of them, so that an outage holds the load up here and does not put row after row in doubt.
 */
async function askAfterSilence(
  before: readonly RowResult[],
  rows: readonly { readonly n: number; readonly newEmail?: string; readonly oldEmail?: string }[],
  attempt: Attempt,
): Promise<void> {
  const lost = before.find(({ reason }) => reason === 'answer-lost');
  const row = rows.find(({ n }) => n === lost?.n);
  const email = row?.newEmail ?? row?.oldEmail;
  if (email === undefined) return;
  const found = await attempt.ask('getUserByEmail', { query: { email } }, judgeUser);
  if (found.kind === 'retry') conclude(found, attempt);
}

function summed(
  tallies: readonly Pick<BulkTally, 'calls' | 'acceptedRows' | 'tooLargeRows'>[],
): Pick<LoadResult, 'calls' | 'acceptedRows' | 'tooLargeRows'> {
  const tooLarge = tallies.flatMap(({ tooLargeRows }) => tooLargeRows ?? []);
  return {
    calls: tallies.reduce((sum, { calls }) => sum + calls, 0),
    acceptedRows: Math.max(0, ...tallies.map(({ acceptedRows }) => acceptedRows)),
    ...(tooLarge.length === 0 ? {} : { tooLargeRows: Math.min(...tooLarge) }),
  };
}
