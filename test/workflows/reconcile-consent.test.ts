import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Comparison, UnsubscribedLead } from '../../activities/consent/contract.js';
import type { ExtractJob } from '../../activities/marketo/contract.js';
import { RECONCILE } from '../../recipes/unsubscribes.js';
import { jobsOf } from '../../workflows/reconcile-consent/jobs.js';
import {
  approveUpdate,
  reconcileStateQuery,
  RECONCILE_CONSENT,
  rejectUpdate,
  type ReconcileInput,
  type ReconcileResult,
} from '../../workflows/reconcile-consent/messages.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { startRecipes, type Recipes, type TestActivities } from '../support/recipes-worker.js';
import { timeSkippingEnv } from '../support/temporal.js';

type Handle = WorkflowHandle<(input: ReconcileInput) => Promise<ReconcileResult>>;

const DAY_MS = 86_400_000;
const leads = (...ids: readonly number[]): UnsubscribedLead[] =>
  ids.map((leadId) => ({ leadId, by: 'event', sinceMs: 1_000 * leadId }));

/** What one extract may have shown. */
function comparison(found: Partial<Comparison> = {}): Comparison {
  const missing = found.leads ?? [];
  return {
    rows: 100,
    unsubscribed: 100,
    missedByPush: 0,
    missedByPoll: 0,
    drifted: 0,
    noEmail: 0,
    invalidEmail: 0,
    leadGone: 0,
    toStart: missing.length,
    leads: missing,
    sample: missing.map(({ leadId }) => `hash-${String(leadId)}`),
    started: 0,
    ...found,
  };
}
const MASS = comparison({
  rows: 50_000,
  unsubscribed: 20_000,
  leads: leads(1, 2, 3),
  toStart: RECONCILE.breaker.people + 1,
});

describe('reconcileConsent', () => {
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

  let runs = 0;
  const start = (scope: ReconcileInput['scope'] = 'recent'): Promise<Handle> =>
    env.client.workflow.start(RECONCILE_CONSENT, {
      taskQueue: 'recipes',
      workflowId: `test/reconcile-${String((runs += 1))}`,
      args: [{ scope, environment: 'test' }],
    });

  /** Extracts that Marketo delivers; `found` says what comparing each shows. */
  const extracts = (
    found: (job: ExtractJob, mode: 'count' | 'start') => Comparison,
    others: Partial<TestActivities> = {},
  ): void => {
    let exports = 0;
    recipes.use({
      startExtract: () => Promise.resolve(`export-${String((exports += 1))}`),
      awaitExtract: () => Promise.resolve({ rows: 100 }),
      cancelExtract: () => Promise.resolve(),
      compareExtract: (job, _exportId, { mode }) => Promise.resolve(found(job, mode)),
      startLeads: (people) => Promise.resolve(people.length),
      ...others,
    });
  };

  it('starts whoever is missing, each person once', async () => {
    const started: UnsubscribedLead[] = [];
    extracts(
      ({ kind }) =>
        kind === 'field-changes'
          ? comparison({ leads: leads(7, 8), missedByPush: 2, missedByPoll: 2 })
          : comparison({ leads: leads(8, 9), drifted: 1 }),
      {
        startLeads: (people) => {
          started.push(...people);
          return Promise.resolve(people.length);
        },
      },
    );
    const result = await (await start()).result();
    expect(started.map(({ leadId }) => leadId).sort()).toEqual([7, 8, 9]);
    expect(result).toMatchObject({
      outcome: 'done',
      counts: { toStart: 3, started: 3, missedByPush: 2, missedByPoll: 2, drifted: 1, rows: 200 },
    });
  });

  it('has nothing to do on a good day', async () => {
    extracts(() => comparison());
    expect(await (await start()).result()).toMatchObject({
      outcome: 'nothing-missing',
      counts: { started: 0 },
    });
  });

  it('goes through all leads in extracts that Marketo takes: 31 days at most, no gap, none twice', () => {
    const nowMs = Date.parse('2026-11-25T04:20:00.123Z');
    const jobs = jobsOf('all', nowMs);
    expect(jobs[0]?.fromMs).toBe(Date.parse(RECONCILE.leadsSince));
    expect(jobs.at(-1)?.toMs).toBe(nowMs - 123);
    jobs.forEach(({ fromMs, toMs }, index) => {
      expect(toMs - fromMs).toBeLessThanOrEqual(31 * DAY_MS);
      if (index > 0) expect(fromMs).toBe(jobs[index - 1]?.toMs);
    });
  });

  it('waits for a person when it would opt out too many at once, and shows whom by their hashes', async () => {
    const modes: string[] = [];
    extracts((_job, mode) => {
      modes.push(mode);
      return mode === 'count' ? MASS : { ...MASS, started: 500 };
    });
    const run = await start();
    await env.sleep('1 hour');
    const state = await run.query(reconcileStateQuery);
    expect(state).toMatchObject({ phase: 'awaiting-approval', sample: ['hash-1', 'hash-2', 'hash-3'] });
    expect(state.breaker.join()).toContain('people would be opted out, more than 1000');
    expect((await run.describe()).typedSearchAttributes.get(searchAttributes.outcome)).toBe(
      'awaiting-approval',
    );
    expect(modes).toEqual(['count', 'count']);
    await run.executeUpdate(approveUpdate);
    expect(await run.result()).toMatchObject({ outcome: 'done', counts: { started: 1_000 } });
    expect(modes).toEqual(['count', 'count', 'start', 'start']);
  });

  it('also waits for a large share of few, and starts a large share of very few', async () => {
    // Both extracts name the same people: 60 of 1,000.
    extracts(() =>
      comparison({ unsubscribed: 1_000, leads: leads(...Array.from({ length: 60 }, (_, n) => n)) }),
    );
    const run = await start();
    await env.sleep('1 hour');
    expect((await run.query(reconcileStateQuery)).breaker).toHaveLength(1);
    await run.executeUpdate(rejectUpdate, { args: ['an import gone wrong'] });
    await run.result();
    extracts(() => comparison({ unsubscribed: 20, leads: leads(1, 2, 3, 4, 5) }));
    expect(await (await start()).result()).toMatchObject({ outcome: 'done', counts: { started: 5 } });
  });

  it('starts nobody when a person rejects, and keeps the reason', async () => {
    extracts(() => MASS);
    const run = await start();
    await env.sleep('1 hour');
    await expect(run.executeUpdate(rejectUpdate, { args: [' '] })).rejects.toThrow(WorkflowUpdateFailedError);
    await run.executeUpdate(rejectUpdate, { args: ['an import gone wrong'] });
    expect(await run.result()).toMatchObject({
      outcome: 'rejected',
      because: 'an import gone wrong',
      counts: { started: 0 },
    });
  });

  it('gives up what nobody approves in time', async () => {
    extracts(() => MASS);
    const run = await start();
    await env.sleep(`${String(RECONCILE.approvalWithinHours - 1)} hours`);
    expect(await run.query(reconcileStateQuery)).toMatchObject({ phase: 'awaiting-approval' });
    expect(await run.result()).toMatchObject({ outcome: 'timed-out', counts: { started: 0 } });
    await expect(run.executeUpdate(approveUpdate)).rejects.toThrow();
  });

  it('refuses an approval that nobody asked for', async () => {
    let ask: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (ask = resolve));
    extracts(() => comparison(), { awaitExtract: () => asked.then(() => ({ rows: 0 })) });
    const run = await start();
    await expect(run.executeUpdate(approveUpdate)).rejects.toThrow(WorkflowUpdateFailedError);
    ask();
    await run.result();
  });

  it('asks for an extract anew that Marketo has lost, and says so when it cannot be had', async () => {
    const asked: string[] = [];
    const lost = (): never => {
      throw ApplicationFailure.nonRetryable('Marketo has cancelled the extract', 'extract-lost');
    };
    extracts(() => comparison({ leads: leads(1) }), {
      startExtract: ({ kind }) => {
        asked.push(kind);
        return Promise.resolve(`${kind}-${String(asked.length)}`);
      },
      awaitExtract: (_job, exportId) =>
        exportId === 'field-changes-5' || exportId.startsWith('unsubscribe')
          ? lost()
          : Promise.resolve({ rows: 1 }),
    });
    const result = await (await start()).result();
    expect(asked).toEqual([
      'unsubscribe-activities',
      'unsubscribe-activities',
      'unsubscribe-activities',
      'field-changes',
    ]);
    expect(result).toMatchObject({ outcome: 'incomplete', lostExtracts: 1, counts: { started: 1 } });
  });

  it('waits out a spent quota, and goes on afterwards', async () => {
    let attempts = 0;
    extracts(() => comparison({ leads: leads(1) }), {
      startExtract: ({ kind }) => {
        attempts += 1;
        if (attempts > 1) return Promise.resolve(kind);
        throw ApplicationFailure.create({
          message: 'quota',
          type: 'rate-limited',
          nextRetryDelay: '20 hours',
        });
      },
    });
    expect(await (await start()).result()).toMatchObject({ outcome: 'done' });
    expect(attempts).toBe(3);
  });

  it('ends what it has begun at Marketo when it is cancelled', async () => {
    const cancelled: string[] = [];
    extracts(() => comparison(), {
      awaitExtract: () => {
        throw ApplicationFailure.create({ message: 'not yet', type: 'expected', nextRetryDelay: '1 hour' });
      },
      cancelExtract: (_job, exportId) => {
        cancelled.push(exportId);
        return Promise.resolve();
      },
    });
    const run = await start();
    await env.sleep('10 minutes');
    await run.cancel();
    await expect(run.result()).rejects.toThrow();
    expect(cancelled).toEqual(['export-1']);
  });
});
