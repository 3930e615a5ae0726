/**
 * What every warehouse that is reached over a network owes its callers. One describes itself as a `RemoteWarehouse`,
 * calls `describeWarehouse`, and inherits the tests.
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { Warehouse } from '../../activities/warehouse/engine.js';
import { overhear, type Overheard } from './overhear.js';

/** What the system does with every request from now on. */
export type Behaviour =
  'works' | 'limits' | 'limits-naming-a-wait' | 'fails' | 'cuts' | 'hangs' | 'refuses-credentials';

export interface RunningWarehouse {
  readonly behave: (behaviour: Behaviour) => void;
  readonly warehouse: Warehouse;
  /** One whose calls end after some milliseconds. */
  readonly impatient: () => Warehouse;
  /** Requests that the system has received. */
  readonly requests: () => number;
  readonly close: () => Promise<void>;
}

export interface RemoteWarehouse {
  readonly name: string;
  readonly start: () => Promise<RunningWarehouse>;
  /** Keys, tokens: whatever must never show. Values that the tests write hold `canary`. */
  readonly secrets: readonly RegExp[];
  /** The wait that the system names under `limits-naming-a-wait`. */
  readonly namedWaitMs: number;
  /** Most requests that one call may make of a system that is down. */
  readonly mostProbes: number;
}

const CALLS = ['execute', 'read', 'transact'] as const;

export function describeWarehouse(remote: RemoteWarehouse): void {
  describe.each(CALLS)(`${remote.name}: what every warehouse owes to %s`, (call) => {
    let system: RunningWarehouse;
    let heard: Overheard;
    beforeEach(async () => {
      system = await remote.start();
      heard = overhear();
    });
    afterEach(async () => {
      heard.end();
      await system.close();
      for (const secret of [/canary/i, ...remote.secrets]) expect(heard.text()).not.toMatch(secret);
    });

    const run = (warehouse = system.warehouse, signal = new AbortController().signal): Promise<unknown> =>
      heard.env.run(() => callOf(warehouse, call, signal));

    async function failure(warehouse?: Warehouse): Promise<ApplicationFailure> {
      const error = await run(warehouse).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      heard.note(error);
      if (error instanceof ApplicationFailure) return error;
      throw new Error('the call did not fail as it should');
    }

    it('takes bad credentials for something that an operator mends', async () => {
      system.behave('refuses-credentials');
      expect(await failure()).toMatchObject({ type: 'auth', nonRetryable: false });
      expect(system.requests()).toBeLessThanOrEqual(remote.mostProbes);
    });

    it('waits as long as a limit says, by itself where it does not say', async () => {
      system.behave('limits-naming-a-wait');
      expect(await failure()).toMatchObject({ type: 'rate-limited', nextRetryDelay: remote.namedWaitMs });
      system.behave('limits');
      const failed = await failure();
      expect(failed.type).toBe('rate-limited');
      expect(Number(failed.nextRetryDelay)).toBeGreaterThan(0);
    });

    it.each(['fails', 'cuts', 'hangs'] as const)('does not hammer a system that %s', async (behaviour) => {
      system.behave(behaviour);
      const failed = await failure(behaviour === 'hangs' ? system.impatient() : undefined);
      expect(failed).toMatchObject({ type: 'unavailable', nonRetryable: false });
      expect(Number(failed.nextRetryDelay)).toBeGreaterThan(0);
      expect(system.requests()).toBeLessThanOrEqual(remote.mostProbes);
    });

    it('ends when it is cancelled, also while the system hangs', async () => {
      system.behave('hangs');
      const abort = new AbortController();
      const running = run(undefined, abort.signal);
      const reason = new Error('enough');
      abort.abort(reason);
      await expect(running).rejects.toBe(reason);
    });

    it('fails for good where the statement is wrong, and does not repeat it', async () => {
      const running = heard.env.run(() =>
        callOf(system.warehouse, call, new AbortController().signal, 'nowhere'),
      );
      const error: unknown = await running.catch((thrown: unknown) => thrown);
      heard.note(error);
      expect(error).toMatchObject({ type: 'rejected', nonRetryable: true });
    });
  });
}

function callOf(
  warehouse: Warehouse,
  call: (typeof CALLS)[number],
  signal: AbortSignal,
  table = 'people',
): Promise<unknown> {
  if (call === 'transact') {
    return warehouse.transact([`delete from ${table} where k = 'canary@example.com'`], signal);
  }
  const binds = ['canary@example.com'];
  return call === 'execute'
    ? warehouse.execute({ sql: `delete from ${table} where k = ?`, binds }, signal)
    : warehouse.read({ sql: `select k from ${table} where k <> ?`, binds }, signal);
}
