/**
 * What every connector owes its callers, whatever the system behind it. A connector describes itself as a
 * `Connector`, calls `describeConnector`, and inherits the tests. A check that makes no sense for it is left out
 * by naming the reason.
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { MockActivityEnvironment } from '@temporalio/testing';
import type { Verdict } from '../../domain/verdict.js';
import { overhear, type Overheard } from './overhear.js';

/** What the system does with every request from now on. */
export type Behaviour =
  | 'works'
  | 'limits'
  | 'limits-naming-a-wait'
  | 'fails'
  | 'cuts'
  | 'hangs'
  | 'refuses-the-second-row'
  | 'refuses-large-rows';

export interface Running<Row> {
  readonly behave: (behaviour: Behaviour) => void;
  /** From now on the connector uses credentials that the system does not accept. */
  readonly spoilCredentials: () => void;
  /** Valid rows about different people or things. */
  readonly rows: (count: number) => readonly Row[];
  /** A row that is larger than the system accepts; only where there can be one. */
  readonly largeRow?: () => Row;
  /** Runs the connector's activity on the rows. */
  readonly deliver: (env: MockActivityEnvironment, rows: readonly Row[]) => Promise<readonly Verdict[]>;
  /** Requests that the system has received. */
  readonly requests: () => number;
  /** How many rows have had their effect (of a connector that reads: were asked for), and how many more times than once. */
  readonly effects: () => { readonly rows: number; readonly repeats: number };
  readonly close: () => Promise<void>;
}

export interface Connector<Row> {
  readonly name: string;
  readonly start: () => Promise<Running<Row>>;
  /** Keys, tokens, addresses, names: whatever must never show. Each stands in requests of the tests. */
  readonly secrets: readonly RegExp[];
  /** The wait that the system names under `limits-naming-a-wait`. */
  readonly namedWaitMs: number;
  /** Checks that make no sense for it, each with the reason. */
  readonly leftOut?: Readonly<Partial<Record<OptionalCheck, string>>>;
  /** Most requests that an attempt may make of a system that is down, however many rows it has. */
  readonly mostProbes: number;
}

export type OptionalCheck = 'refused-row' | 'large-row';

const MANY = 40;

export function describeConnector<Row>(connector: Connector<Row>): void {
  describe(`${connector.name}: what every connector owes`, () => {
    let system: Running<Row>;
    let heard: Overheard;
    beforeEach(async () => {
      system = await connector.start();
      heard = overhear();
    });
    afterEach(async () => {
      heard.end();
      await system.close();
      for (const secret of connector.secrets) expect(heard.text()).not.toMatch(secret);
    });
    const check = (name: OptionalCheck, title: string, run: () => Promise<void>): void => {
      const reason = connector.leftOut?.[name];
      if (reason === undefined) it(title, run);
      else it.skip(`${title}: left out, ${reason}`, run);
    };
    const deliver = (rows: readonly Row[]): Promise<readonly Verdict[]> => system.deliver(heard.env, rows);

    it('says what became of each row', async () => {
      const verdicts = await deliver(system.rows(MANY));
      expect(verdicts.map(({ kind }) => kind)).toEqual(Array.from({ length: MANY }, () => 'delivered'));
      expect(system.effects()).toEqual({ rows: MANY, repeats: 0 });
    });

    it('has nothing to say of an empty batch, and sends nothing', async () => {
      expect(await deliver([])).toEqual([]);
      expect(system.requests()).toBe(0);
    });

    it('gives a row that comes twice one effect and two verdicts', async () => {
      const [row] = system.rows(1);
      if (row === undefined) throw new Error('the connector has no rows');
      const verdicts = await deliver([row, row]);
      expect(verdicts).toHaveLength(2);
      expect(system.effects()).toEqual({ rows: 1, repeats: 0 });
    });

    check('refused-row', 'keeps one refused row from harming the others', async () => {
      system.behave('refuses-the-second-row');
      const verdicts = await deliver(system.rows(5));
      expect(verdicts.map(({ kind }) => kind)).toEqual([
        'delivered',
        'rejected',
        'delivered',
        'delivered',
        'delivered',
      ]);
    });

    check('large-row', 'rejects a row that is too large, and delivers its neighbours', async () => {
      system.behave('refuses-large-rows');
      const [first, last] = system.rows(2);
      const large = system.largeRow?.();
      if (first === undefined || last === undefined || large === undefined)
        throw new Error('the connector has no rows');
      const verdicts = await deliver([first, large, last]);
      expect(verdicts[1]).toMatchObject({ kind: 'rejected', reason: 'body-too-large' });
      expect([verdicts[0]?.kind, verdicts[2]?.kind]).toEqual(['delivered', 'delivered']);
    });

    it('takes bad credentials for something that an operator mends', async () => {
      system.spoilCredentials();
      expect(await failureOf(deliver(system.rows(MANY)), heard)).toMatchObject({
        type: 'auth',
        nonRetryable: false,
      });
      expect(system.requests()).toBeLessThanOrEqual(connector.mostProbes);
    });

    it('waits as long as a limit says', async () => {
      system.behave('limits-naming-a-wait');
      const failure = await failureOf(deliver(system.rows(1)), heard);
      expect(failure).toMatchObject({ type: 'rate-limited', nonRetryable: false });
      expect(Number(failure.nextRetryDelay)).toBeGreaterThanOrEqual(connector.namedWaitMs);
    });

    it('waits by itself where a limit does not say how long', async () => {
      system.behave('limits');
      const failure = await failureOf(deliver(system.rows(MANY)), heard);
      expect(system.requests()).toBeLessThanOrEqual(connector.mostProbes);
      expect(failure).toMatchObject({ type: 'rate-limited', nonRetryable: false });
      expect(Number(failure.nextRetryDelay)).toBeGreaterThan(0);
    });

    it.each(['fails', 'cuts', 'hangs'] as const)('does not hammer a system that %s', async (behaviour) => {
      system.behave(behaviour);
      const failure = await failureOf(deliver(system.rows(MANY)), heard);
      expect(failure).toMatchObject({ type: 'unavailable', nonRetryable: false });
      expect(Number(failure.nextRetryDelay)).toBeGreaterThan(0);
      expect(system.requests()).toBeLessThanOrEqual(connector.mostProbes);
    });

    it('ends when it is cancelled, also while the system hangs', async () => {
      system.behave('hangs');
      const delivering = deliver(system.rows(MANY));
      heard.env.cancel();
      await expect(delivering).rejects.toBeInstanceOf(CancelledFailure);
      expect(system.requests()).toBeLessThanOrEqual(connector.mostProbes);
    });
  });
}

/** The failure, which is overheard as well. */
async function failureOf(delivering: Promise<unknown>, heard: Overheard): Promise<ApplicationFailure> {
  const error = await delivering.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  heard.note(error);
  if (error instanceof ApplicationFailure) return error;
  throw new Error('the attempt did not fail as it should');
}
