import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ScheduleOverlapPolicy, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createMarketoActivities } from '../../activities/marketo/activities.js';
import type { PollCursor, PollStep } from '../../activities/marketo/contract.js';
import { NO_COUNTS } from '../../domain/poll-counts.js';
import { startSandboxMarketo, type SandboxMarketo } from '../../sandbox/marketo/index.js';
import {
  POLL_UNSUBSCRIBES,
  UNSUBSCRIBES_RECIPE,
  type PollUnsubscribesInput,
  type PollUnsubscribesResult,
} from '../../workflows/poll-unsubscribes/messages.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { TEST_HASHER } from '../support/events.js';
import { startRecipes, type Recipes } from '../support/recipes-worker.js';
import { localEnv, timeSkippingEnv } from '../support/temporal.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Poll = (input: PollUnsubscribesInput) => Promise<PollUnsubscribesResult>;
const cursorAt = (sinceMs: number): PollCursor => ({
  changes: { token: `C${String(sinceMs)}`, sinceMs },
  activities: { token: `A${String(sinceMs)}`, sinceMs },
  sweptAtMs: sinceMs,
  seen: [],
  recent: [],
});
const stepAt = (sinceMs: number, isCaughtUp: boolean, started = 1): PollStep => ({
  cursor: cursorAt(sinceMs),
  counts: { ...NO_COUNTS, pages: 2, started },
  isCaughtUp,
});

describe('pollUnsubscribes', () => {
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
  const start = (
    input: PollUnsubscribesInput = { environment: 'test' },
  ): Promise<WorkflowHandleWithFirstExecutionRunId<Poll>> =>
    env.client.workflow.start<Poll>(POLL_UNSUBSCRIBES, {
      taskQueue: 'recipes',
      workflowId: `test/poll-${String((runs += 1))}`,
      args: [input],
    });

  it('goes from step to step until it has caught up, and adds up what they found', async () => {
    const cursors: (PollCursor | undefined)[] = [];
    recipes.use({
      followUnsubscribes: (cursor) => {
        cursors.push(cursor);
        return Promise.resolve(stepAt(cursors.length, cursors.length === 3));
      },
    });
    const handle = await start();
    expect(await handle.result()).toEqual({
      cursor: cursorAt(3),
      counts: { ...NO_COUNTS, pages: 6, started: 3 },
    });
    expect(cursors).toEqual([undefined, cursorAt(1), cursorAt(2)]);
    const { typedSearchAttributes } = await handle.describe();
    expect(typedSearchAttributes.get(searchAttributes.recipe)).toBe(UNSUBSCRIBES_RECIPE);
    expect(typedSearchAttributes.get(searchAttributes.outcome)).toBe('delivered');
  });

  it('goes on where it continued as new', async () => {
    const cursors: (PollCursor | undefined)[] = [];
    recipes.use({
      followUnsubscribes: (cursor) => {
        cursors.push(cursor);
        return Promise.resolve(stepAt(8, true, 0));
      },
    });
    const resumed = { cursor: cursorAt(7), counts: { ...NO_COUNTS, started: 5 } };
    expect(await (await start({ environment: 'test', resumed })).result()).toMatchObject({
      cursor: cursorAt(8),
      counts: { started: 5, pages: 2 },
    });
    expect(cursors).toEqual([cursorAt(7)]);
  });

  describe('with Marketo itself', () => {
    let marketo: SandboxMarketo;
    let virtualMs: number;
    const optedOut = new Set<string>();
    beforeEach(async () => {
      virtualMs = await env.currentTimeMs();
      marketo = await startSandboxMarketo({ now: () => virtualMs, limits: { callsPerDay: 500 } });
      optedOut.clear();
      const { activities } = createMarketoActivities({
        baseUrl: marketo.url,
        clientId: marketo.clientId,
        clientSecret: marketo.clientSecret,
        limitShare: 1,
        hasher: TEST_HASHER,
        starter: {
          start: (requests) => {
            for (const { email } of requests) optedOut.add(email);
            return Promise.resolve();
          },
        },
        log: { append: () => Promise.resolve() },
        now: () => virtualMs,
        tuning: { callsPerWindow: 1e6 }, // windows are of real time
      });
      recipes.use({
        followUnsubscribes: async (cursor) => {
          virtualMs = Math.max(virtualMs, await env.currentTimeMs());
          whenAsked();
          return activities.followUnsubscribes(cursor);
        },
      });
    });
    let whenAsked = (): void => undefined;
    afterEach(async () => {
      whenAsked = () => undefined;
      await marketo.close();
    });
    const unsubscribeMany = (count: number): void => {
      const first = marketo.addLeads(count, (n) => ({ email: `person-${String(n)}@example.com` }));
      for (let n = 0; n < count; n += 1) marketo.unsubscribe(first + n, 'crm');
    };

    it('lives through a day of outage, asks rarely, and loses nothing', async () => {
      const startMs = virtualMs;
      unsubscribeMany(400);
      marketo.setFaults({ seed: 5, rates: { '*': { 'http-502': 0.5, 'truncated-json': 0.2, cut: 0.3 } } });
      let callsInVain = 0;
      whenAsked = () => {
        if (virtualMs - startMs < DAY_MS || callsInVain > 0) return;
        callsInVain = marketo.received().length;
        marketo.setFaults(undefined);
      };
      const { counts } = await (await start()).result();
      process.stdout.write(`a day without Marketo: ${String(callsInVain)} calls in vain\n`);
      expect(optedOut.size).toBe(400);
      expect(counts.started).toBe(400);
      expect(callsInVain).toBeGreaterThan(100);
      expect(callsInVain).toBeLessThan(1_000);
    });

    it('waits for the quota until midnight in Chicago with a call or two', async () => {
      unsubscribeMany(5);
      marketo.useCalls(500);
      const { counts } = await (await start()).result();
      expect(optedOut.size).toBe(5);
      expect(counts.started).toBe(5);
      const refused = marketo.received().filter(({ said }) => said === '607');
      expect(refused.length).toBeLessThanOrEqual(2);
    });
  });
});

describe('a schedule of polls', () => {
  it('begins each run where the last one that ended well has ended', async () => {
    const env = await localEnv();
    const recipes = await startRecipes(env);
    const cursors: (PollCursor | undefined)[] = [];
    recipes.use({
      followUnsubscribes: (cursor) => {
        cursors.push(cursor);
        return Promise.resolve(stepAt(cursors.length, true));
      },
    });
    const schedule = await env.client.schedule.create({
      scheduleId: 'polls',
      spec: { intervals: [{ every: '1 second' }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP },
      action: {
        type: 'startWorkflow',
        workflowType: POLL_UNSUBSCRIBES,
        taskQueue: 'recipes',
        args: [{ environment: 'test' }],
      },
    });
    // The server learns of the end of a run some time later: until then a run begins where an earlier one has ended.
    const isHandedOn = (): boolean => cursors.some((cursor) => cursor !== undefined);
    while (!isHandedOn()) await new Promise((resolve) => setTimeout(resolve, 20));
    const first = cursors.findIndex((cursor) => cursor !== undefined);
    const ended = Array.from({ length: first }, (_, n) => cursorAt(n + 1));
    expect(ended).toContainEqual(cursors[first]);
    await schedule.delete();
    await recipes.stop();
    await env.teardown();
  });
});
