/**
 * The activity `verifyRun`: what Iterable has of the rows that are in doubt, and of some that are not. Rows in doubt
 * that it does not show are sent again once it has had time to show them.
 */
import { Context } from '@temporalio/activity';
import type { SyncModel } from '../../../domain/sync-model.js';
import { MOST_ROWS_PER_CALL } from '../../../domain/sync/estimate.js';
import type { SyncLoadActivities, SyncRun } from '../../warehouse/sync-contract.js';
import type { PlanRow } from '../../warehouse/sync/store.js';
import { judgeUser, type Retry } from '../answers.js';
import { startAttempt, type Attempt } from '../attempt.js';
import { conclude } from './conclude.js';
import { withoutConsentInFlight } from './consent-first.js';
import { deliverRows } from './deliver-rows.js';
import { checkedModel, type SyncLoadDependencies } from './dependencies.js';
import { startHeartbeats } from '../../shared/heartbeats.js';
import { openLedger, type Ledger } from './ledger.js';
import type { People } from './people.js';
import { showsFields } from './shows-fields.js';
import { sortRows, type OpenRow } from './sort-rows.js';

/** Reads side by side; what is settled is written after each. */
const PAGE_ROWS = 500;
const READABLE_AFTER_MS = 60_000;

/** See the contract for what it promises. */
export function createVerifyRun(deps: SyncLoadDependencies, people: People): SyncLoadActivities['verifyRun'] {
  return async (run, sampleRows) => {
    const model = checkedModel(deps, run.model);
    const attempt = startAttempt(deps.tools);
    const endHeartbeats = startHeartbeats();
    try {
      return await new Verification(run, model, { deps, people, attempt }).verify(sampleRows);
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

/** A row with what Iterable has of it. `untold`: no profile would tell. `unread`: Iterable has not answered. */
interface ReadRow {
  readonly row: OpenRow;
  readonly state: 'shown' | 'not-shown' | 'nobody' | 'untold' | 'unread';
  readonly problem?: Retry;
}
const problemOf = (read: readonly ReadRow[]): Retry | undefined =>
  read.find(({ problem }) => problem !== undefined)?.problem;

const isRead = ({ state }: ReadRow): boolean => state !== 'untold' && state !== 'unread';

class Verification {
  readonly #run: SyncRun;
  readonly #model: SyncModel;
  readonly #scene: Scene;
  readonly #ledger: Ledger;
  readonly #signal = Context.current().cancellationSignal;
  #settled = 0;

  constructor(run: SyncRun, model: SyncModel, scene: Scene) {
    this.#run = run;
    this.#model = model;
    this.#scene = scene;
    this.#ledger = openLedger(scene.deps.store, run, []);
  }

  async verify(sampleRows: number): ReturnType<SyncLoadActivities['verifyRun']> {
    const { store, readableAfterMs = READABLE_AFTER_MS } = this.#scene.deps;
    const inDoubt = await this.#forDoubtful((rows) => this.#settleShown(rows));
    const sample = sampleRows > 0 ? await store.sampleRows(this.#run, sampleRows, this.#signal) : [];
    const sampled = (await this.#read(this.#open(sample))).filter(isRead);
    let differing = sampled.filter(({ state }) => state !== 'shown').map(({ row }) => row);
    if (inDoubt > 0 || differing.length > 0) await Context.current().sleep(readableAfterMs);
    if (inDoubt > 0) await this.#forDoubtful((rows) => this.#sendAgain(rows));
    if (differing.length > 0)
      differing = (await this.#read(differing))
        .filter(({ state }) => state !== 'shown')
        .map(({ row }) => row);
    return { settled: this.#settled, sampled: sampled.length, differing: differing.length };
  }

  /** Page by page, each row once. @returns the sum of what `deal` returns */
  async #forDoubtful(deal: (rows: readonly PlanRow[]) => Promise<number>): Promise<number> {
    let sum = 0;
    let after = -1;
    for (;;) {
      const { store } = this.#scene.deps;
      const page = await store.doubtfulRows(this.#run, after, PAGE_ROWS, this.#signal);
      const last = page.at(-1);
      if (last === undefined) return sum;
      sum += await deal(page);
      after = last.n;
    }
  }

  #open(rows: readonly PlanRow[]): readonly OpenRow[] {
    return sortRows(this.#model, rows, this.#scene.deps.hasher).open;
  }

  /** @returns how many stay in doubt */
  async #settleShown(page: readonly PlanRow[]): Promise<number> {
    const { settled, open } = sortRows(this.#model, page, this.#scene.deps.hasher);
    const read = await this.#read(open);
    const shown = read.filter(({ state }) => state === 'shown');
    await this.#ledger.write([
      ...settled,
      ...shown.map(({ row: { n } }) => ({ n, verdict: 'delivered' }) as const),
    ]);
    this.#settled += settled.length + shown.length;
    conclude(problemOf(read), this.#scene.attempt);
    return read.length - shown.length;
  }

  /** Rows that now show are settled; the others go out once more. */
  async #sendAgain(page: readonly PlanRow[]): Promise<number> {
    const { deps, people, attempt } = this.#scene;
    const read = await this.#read(this.#open(page));
    // With the flag nobody is created, and Iterable itself says why it does not have the address: it may be a wrong one.
    const absent = deps.updateOnlyFlag
      ? []
      : read.filter(({ row, state }) => state === 'nobody' && row.mustExist);
    await this.#ledger.write([
      ...read
        .filter(({ state }) => state === 'shown')
        .map(({ row: { n } }) => ({ n, verdict: 'delivered' }) as const),
      ...absent.map(({ row: { n } }) => ({ n, verdict: 'skipped', reason: 'not-in-iterable' }) as const),
    ]);
    const rows = read
      .filter((one) => one.state !== 'shown' && one.state !== 'unread' && !absent.includes(one))
      .map(asToBeSent);
    const tallies = await deliverRows(await withoutConsentInFlight(rows, this.#ledger, deps), {
      attempt,
      ledger: this.#ledger,
      people,
      rowsPerCall: MOST_ROWS_PER_CALL,
      updateOnlyFlag: deps.updateOnlyFlag,
    });
    conclude(tallies.at(-1)?.stopped ?? problemOf(read), attempt);
    this.#settled += page.length;
    return 0;
  }

  async #read(rows: readonly OpenRow[]): Promise<readonly ReadRow[]> {
    const { attempt } = this.#scene;
    return attempt.runAll(
      rows.map((row) => async (): Promise<ReadRow> => {
        const { out } = row;
        if (out.kind !== 'user') return { row, state: 'untold' };
        const found = await attempt.ask('getUserByEmail', { query: { email: out.email } }, judgeUser);
        if (found.kind === 'retry') return { row, state: 'unread', problem: found };
        if (found.kind !== 'user') return { row, state: 'nobody' };
        return { row, state: showsFields(found.user.dataFields, out.fields) ? 'shown' : 'not-shown' };
      }),
    );
  }
}

/** Somebody who is there under the new address has moved: only the fields are still to be sent. */
function asToBeSent({ row, state }: ReadRow): OpenRow {
  if (state !== 'not-shown' || row.out.kind !== 'user') return row;
  const { previousEmail: _moved, ...out } = row.out;
  return { ...row, out };
}
