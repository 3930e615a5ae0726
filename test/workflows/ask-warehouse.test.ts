import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { ConsentLogActivities } from '../../activities/warehouse/contract.js';
import { askWarehouse } from '../../scripts/recipes/ask-warehouse.js';
import { EXIT } from '../../scripts/recipes/exit-codes.js';
import { NO_WAREHOUSE_WORKER } from '../../workflows/ask-warehouse/messages.js';
import { consentRecord } from '../support/consent-records.js';
import { testConverter } from '../support/converter.js';
import { startRecipes, type Recipes } from '../support/recipes-worker.js';
import { timeSkippingEnv, workflowBundlePath } from '../support/temporal.js';

const HISTORY = { question: 'consentHistory', about: 'personaaaaaaaaaa' } as const;

describe('askWarehouse', () => {
  let env: TestWorkflowEnvironment;
  let recipes: Recipes;
  beforeAll(async () => {
    env = await timeSkippingEnv();
    recipes = await startRecipes(env);
  });
  afterAll(async () => {
    await recipes.stop();
    await env.teardown();
  });

  const failureOf = (asking: Promise<unknown>): Promise<unknown> =>
    asking.then(
      () => 'no failure',
      (error: unknown) => error,
    );
  const failing = (failure: Parameters<typeof ApplicationFailure.create>[0]): void => {
    recipes.use({ consentHistory: () => Promise.reject(ApplicationFailure.create(failure)) });
  };

  it('asks the one who has the warehouse, and gives back the answer', async () => {
    const asked: unknown[] = [];
    const report = {
      ...{ since: '', until: '', counts: [], missedByPush: 1, missedByPoll: 0 },
      activityToVerified: { count: 0, p50Ms: null, p95Ms: null, p99Ms: null, maxMs: null },
      receiptToVerified: { count: 0, p50Ms: null, p95Ms: null, p99Ms: null, maxMs: null },
    } satisfies Awaited<ReturnType<ConsentLogActivities['consentReport']>>;
    recipes.use({
      consentHistory: (hash) => {
        asked.push(hash);
        return Promise.resolve([consentRecord()]);
      },
      consentReport: (range) => {
        asked.push(range);
        return Promise.resolve(report);
      },
    });
    const range = { sinceMs: 1, untilMs: 2 };
    expect(await askWarehouse(env.client, HISTORY)).toEqual([consentRecord()]);
    expect(await askWarehouse(env.client, { question: 'consentReport', about: range })).toEqual(report);
    expect(asked).toEqual(['personaaaaaaaaaa', range]);
  });

  it('asks again while the warehouse is not there', async () => {
    let calls = 0;
    recipes.use({
      consentHistory: () => {
        calls += 1;
        if (calls < 3) throw ApplicationFailure.create({ type: 'unavailable', message: 'DuckDB: IO Error' });
        return Promise.resolve([]);
      },
    });
    expect(await askWarehouse(env.client, HISTORY)).toEqual([]);
  });

  it('says so when the warehouse stays away, within a minute', async () => {
    failing({ type: 'unavailable', message: 'DuckDB: IO Error' });
    const startedMs = await env.currentTimeMs();
    const failure = await failureOf(askWarehouse(env.client, HISTORY));
    expect(failure).toMatchObject({
      exitCode: EXIT.unreachable,
      message: expect.stringContaining('DuckDB: IO Error'),
    });
    expect((await env.currentTimeMs()) - startedMs).toBeLessThan(60_000);
  });

  it('says at once what no repeat mends', async () => {
    failing({ type: 'rejected', message: 'DuckDB: Catalog Error at consent_log', nonRetryable: true });
    const failure = await failureOf(askWarehouse(env.client, HISTORY));
    expect(failure).toMatchObject({ message: expect.stringContaining('Catalog Error at consent_log') });
  });
});

describe('askWarehouse without anybody who has the warehouse', () => {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    env = await timeSkippingEnv();
  });
  afterAll(() => env.teardown());

  // In real time: the test server's clock does not leap over a task that is to be taken.
  it('says that no worker runs', async () => {
    const patience = { takenWithinMs: 100, doneWithinMs: 200 };
    await expect(askWarehouse(env.client, HISTORY, patience)).rejects.toMatchObject({
      exitCode: EXIT.unreachable,
      message: expect.stringContaining('no worker runs'),
    });
  });

  it('says that no worker has the warehouse', async () => {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      dataConverter: testConverter,
      taskQueue: 'recipes',
      workflowBundle: { codePath: workflowBundlePath() },
    });
    const patience = { takenWithinMs: 200, doneWithinMs: 20_000 };
    const asking = worker.runUntil(askWarehouse(env.client, HISTORY, patience));
    await expect(asking).rejects.toMatchObject({
      exitCode: EXIT.unreachable,
      message: expect.stringContaining('no worker that runs has the warehouse'),
      cause: { cause: { type: NO_WAREHOUSE_WORKER } },
    });
  });
});
