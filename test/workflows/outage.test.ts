import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createIterableActivities } from '../../activities/iterable/activities.js';
import { PUBLISHED_PER_SECOND } from '../../activities/iterable/endpoints.js';
import { startSandboxIterable, type SandboxIterable } from '../../sandbox/iterable/index.js';
import { FORWARD_EVENTS, type ForwardEventsResult } from '../../workflows/forward-events/messages.js';
import { acceptedEvent, TEST_HASHER } from '../support/events.js';
import { startRecipes, type Recipes } from '../support/recipes-worker.js';
import { timeSkippingEnv } from '../support/temporal.js';

/** More events in all than Iterable takes in a second. */
const GROUPS = 3;
const PER_GROUP = 200;
const OUTAGE_MS = 30 * 60_000;
/** No wait between two attempts is longer. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** The most requests to one path that arrived within any second. */
function busiestSecond(iterable: SandboxIterable, path: string): number {
  const times = iterable.received(path).map(({ atMs }) => atMs);
  return Math.max(
    0,
    ...times.map((start) => times.filter((atMs) => atMs >= start && atMs < start + 1_000).length),
  );
}

describe('an outage of Iterable of 30 minutes', () => {
  let env: TestWorkflowEnvironment;
  let recipes: Recipes;
  let iterable: SandboxIterable;
  beforeEach(async () => {
    env = await timeSkippingEnv();
    recipes = await startRecipes(env);
    iterable = await startSandboxIterable();
  });
  afterEach(async () => {
    await recipes.stop();
    await env.teardown();
    await iterable.close();
  });

  it('loses nothing, asks rarely, and does not come back as a herd', async () => {
    const startMs = await env.currentTimeMs();
    let virtualMs = startMs;
    const { deliverEvents } = createIterableActivities({
      baseUrl: iterable.url,
      apiKey: iterable.apiKey,
      limitShare: 1,
      hasher: TEST_HASHER,
      now: () => virtualMs,
    });
    iterable.setFaults({ seed: 7, rates: { '*': { '503': 0.99, '429': 0.01 } } });
    let attempts = 0;
    let callsInOutage = 0;
    recipes.use({
      deliverEvents: async (items) => {
        virtualMs = await env.currentTimeMs();
        if (virtualMs - startMs < OUTAGE_MS) attempts += 1;
        else if (callsInOutage === 0) {
          callsInOutage = iterable.received().length;
          iterable.setFaults(undefined);
        }
        return deliverEvents(items);
      },
    });

    const groups = await Promise.all(
      Array.from({ length: GROUPS }, (_, group) =>
        env.client.workflow.start<(input: unknown) => Promise<ForwardEventsResult>>(FORWARD_EVENTS, {
          taskQueue: 'recipes',
          workflowId: `test/outage-${String(group)}`,
          args: [
            {
              environment: 'test',
              events: Array.from({ length: PER_GROUP }, (__, n) =>
                acceptedEvent(group * PER_GROUP + n, {}, startMs),
              ),
            },
          ],
        }),
      ),
    );

    // The clock moves by our hand: with several results awaited at once, the test server loses count of them.
    await env.sleep(OUTAGE_MS + LONGEST_WAIT_MS);
    const results = await Promise.all(groups.map((group) => group.result()));

    const events = GROUPS * PER_GROUP;
    const [updates, tracks] = ['/api/users/update', '/api/events/track'].map((path) =>
      busiestSecond(iterable, path),
    );
    process.stdout.write(
      `${String(events)} events through an outage of 30 min: ${String(attempts)} attempts of ${String(GROUPS)} groups, ` +
        `${String(callsInOutage)} calls in vain; afterwards at most ${String(updates)} updates and ${String(tracks)} events in a second\n`,
    );
    expect(
      results.flatMap(({ outcomes }) => outcomes).filter(({ status }) => status === 'delivered'),
    ).toHaveLength(events);
    expect(iterable.events()).toHaveLength(events);
    expect(iterable.events().every(({ writes }) => writes === 1)).toBe(true);
    expect(attempts).toBeLessThan(GROUPS * 60);
    expect(callsInOutage).toBeLessThan(events * 10);
    expect(updates).toBeLessThanOrEqual(PUBLISHED_PER_SECOND['users/update']);
    expect(tracks).toBeLessThanOrEqual(PUBLISHED_PER_SECOND['events/track']);
  });
});
