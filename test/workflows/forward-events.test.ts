import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ApplicationFailure, type WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import fc from 'fast-check';
import type { DeliveryItem, ItemVerdict } from '../../activities/iterable/contract.js';
import type { AcceptedEvent } from '../../domain/product-event.js';
import type { Verdict } from '../../domain/verdict.js';
import { FORWARD_EVENTS, type ForwardEventsResult } from '../../workflows/forward-events/messages.js';
import { parkedWorkflowId, stateQuery } from '../../workflows/parked-event/messages.js';
import { HORIZON_MS } from '../../workflows/shared/delivery.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { acceptedEvent } from '../support/events.js';
import { startRecipes, type Recipes, type TestActivities } from '../support/recipes-worker.js';
import { timeSkippingEnv } from '../support/temporal.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
type Forward = (input: unknown) => Promise<ForwardEventsResult>;

describe('forwardEvents', () => {
  let env: TestWorkflowEnvironment;
  let recipes: Recipes;
  const open = async (): Promise<void> => {
    env = await timeSkippingEnv();
    recipes = await startRecipes(env);
  };
  const close = async (): Promise<void> => {
    await recipes.stop();
    await env.teardown();
  };
  // A server for each story: once a child outlives its parent, the test server's clock no longer leaps reliably.
  beforeEach(open);
  afterEach(close);

  let lastId = 0;
  /** Events accepted now, in virtual time; people are new in every test. */
  async function events(count: number): Promise<AcceptedEvent[]> {
    const nowMs = await env.currentTimeMs();
    return Array.from({ length: count }, () => acceptedEvent((lastId += 1), {}, nowMs));
  }

  async function forward(
    batch: readonly AcceptedEvent[],
    deliverEvents: TestActivities['deliverEvents'],
    during?: (handle: WorkflowHandle) => Promise<void>,
  ): Promise<ForwardEventsResult> {
    recipes.use({ deliverEvents });
    const handle = await start(batch);
    await during?.(handle);
    return handle.result();
  }
  const start = (batch: readonly AcceptedEvent[]): Promise<WorkflowHandle<Forward>> =>
    env.client.workflow.start<Forward>(FORWARD_EVENTS, {
      taskQueue: 'recipes',
      workflowId: `test/${batch[0]?.eventId ?? ''}`,
      args: [{ events: batch, environment: 'test' }],
    });

  const answer =
    (verdict: Verdict, profileWrittenAtMs?: number) =>
    ({ event }: DeliveryItem): ItemVerdict => ({
      eventId: event.eventId,
      verdict,
      ...(profileWrittenAtMs === undefined ? {} : { profileWrittenAtMs }),
    });
  const delivered = answer({ kind: 'delivered' });
  const notVisibleForAnHour = answer({
    kind: 'retry',
    reason: 'profile-not-visible',
    class: 'unavailable',
    afterMs: HOUR_MS,
  });

  const parkedState = (eventId: string): Promise<unknown> =>
    env.client.workflow.getHandle(parkedWorkflowId(eventId)).query(stateQuery);

  it('delivers a batch and says so, event by event, in order', async () => {
    const batch = await events(3);
    const { outcomes } = await forward(batch, (items) => Promise.resolve(items.map(delivered)));
    expect(outcomes).toEqual(batch.map(({ eventId }) => ({ eventId, status: 'delivered' })));
  });

  it('parks what Iterable rejects, under a workflow of its own that says why', async () => {
    const batch = await events(2);
    const [, rejected] = batch;
    const { outcomes } = await forward(batch, (items) =>
      Promise.resolve(
        items.map((item) =>
          item.event.eventId === rejected?.eventId
            ? answer({ kind: 'rejected', reason: 'invalid-email', class: 'rejected' })(item)
            : delivered(item),
        ),
      ),
    );
    expect(outcomes[1]).toEqual({
      eventId: rejected?.eventId,
      status: 'parked',
      reason: 'invalid-email',
      class: 'rejected',
    });
    expect(await parkedState(rejected?.eventId ?? '')).toMatchObject({
      status: 'parked',
      reason: 'invalid-email',
    });
    const parked = await env.client.workflow.getHandle(parkedWorkflowId(rejected?.eventId ?? '')).describe();
    expect(parked.typedSearchAttributes.get(searchAttributes.parkReason)).toBe('invalid-email');
    expect(parked.typedSearchAttributes.get(searchAttributes.personHash)).toEqual([rejected?.personHash]);
  });

  it('waits for a profile that is not visible yet, and does not write it again', async () => {
    const batch = await events(1);
    const writtenAtMs = await env.currentTimeMs();
    const calls: { atMs: number; items: readonly DeliveryItem[] }[] = [];
    const { outcomes } = await forward(batch, async (items) => {
      calls.push({ atMs: await env.currentTimeMs(), items });
      const notYet = {
        kind: 'retry',
        reason: 'profile-not-visible',
        class: 'unavailable',
        afterMs: MINUTE_MS,
      } as const;
      return items.map(calls.length <= 2 ? answer(notYet, writtenAtMs) : delivered);
    });
    expect(outcomes[0]?.status).toBe('delivered');
    expect(calls.map(({ items }) => items[0]?.profileWrittenAtMs)).toEqual([
      undefined,
      writtenAtMs,
      writtenAtMs,
    ]);
    const [first = 0, second = 0, third = 0] = calls.map(({ atMs }) => atMs);
    expect(second - first).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(third - second).toBeGreaterThanOrEqual(2 * MINUTE_MS);
  });

  it('tries only what is still open again', async () => {
    const batch = await events(4);
    const seen: string[][] = [];
    const { outcomes } = await forward(batch, (items) => {
      seen.push(items.map(({ event }) => event.eventId));
      const busy = { kind: 'retry', reason: 'unavailable', class: 'unavailable', afterMs: 5_000 } as const;
      return Promise.resolve(
        items.map((item, index) =>
          seen.length === 1 && index % 2 === 1 ? answer(busy)(item) : delivered(item),
        ),
      );
    });
    expect(outcomes.every(({ status }) => status === 'delivered')).toBe(true);
    expect(seen).toEqual([batch.map(({ eventId }) => eventId), [batch[1]?.eventId, batch[3]?.eventId]]);
  });

  it('lets an outage of 30 minutes pass without a growing history', async () => {
    const batch = await events(100);
    const startMs = await env.currentTimeMs();
    let attempts = 0;
    const deliverEvents: TestActivities['deliverEvents'] = async (items) => {
      attempts += 1;
      if ((await env.currentTimeMs()) - startMs > 30 * MINUTE_MS) return items.map(delivered);
      throw ApplicationFailure.create({
        message: '100 waiting: unavailable',
        type: 'unavailable',
        nextRetryDelay: '1 minute',
      });
    };
    let historyLength = 0;
    const { outcomes } = await forward(batch, deliverEvents, async (handle) => {
      await handle.result();
      ({ historyLength } = await handle.describe());
    });
    expect(outcomes.filter(({ status }) => status === 'delivered')).toHaveLength(100);
    process.stdout.write(
      `outage of 30 min: ${String(attempts)} attempts, ${String(historyLength)} history events\n`,
    );
    expect(attempts).toBeLessThanOrEqual(32);
    expect(historyLength).toBeLessThan(20);
  });

  it('gives up after 76 hours, not before, and parks instead of failing', async () => {
    const batch = await events(2);
    const startMs = await env.currentTimeMs();
    let lastAttemptMs = 0;
    const { outcomes } = await forward(batch, async () => {
      lastAttemptMs = await env.currentTimeMs();
      throw ApplicationFailure.create({
        message: '2 waiting: unreachable',
        type: 'unavailable',
        nextRetryDelay: '30 minutes',
      });
    });
    expect(outcomes.map((outcome) => outcome.status === 'parked' && outcome.reason)).toEqual([
      'gave-up',
      'gave-up',
    ]);
    expect(lastAttemptMs - startMs).toBeGreaterThan(HORIZON_MS - HOUR_MS);
    expect(await parkedState(batch[0]?.eventId ?? '')).toMatchObject({ status: 'parked', reason: 'gave-up' });
  });

  it('gives a profile that never appears the same 76 hours', async () => {
    const batch = await events(1);
    const startMs = await env.currentTimeMs();
    let attempts = 0;
    let lastAttemptMs = 0;
    const { outcomes } = await forward(batch, async (items) => {
      attempts += 1;
      lastAttemptMs = await env.currentTimeMs();
      return items.map(
        answer({ kind: 'retry', reason: 'profile-not-visible', class: 'unavailable', afterMs: MINUTE_MS }),
      );
    });
    expect(outcomes[0]).toMatchObject({ status: 'parked', reason: 'gave-up' });
    expect(lastAttemptMs - startMs).toBeGreaterThan(HORIZON_MS - 2 * HOUR_MS);
    expect(attempts).toBeLessThan(90);
  });

  it('parks what is open when an operator cancels', async () => {
    const batch = await events(2);
    const { outcomes } = await forward(
      batch,
      (items) =>
        Promise.resolve(
          items.map((item, index) => (index === 0 ? delivered(item) : notVisibleForAnHour(item))),
        ),
      async (handle) => {
        await env.sleep('1 minute');
        await handle.cancel();
      },
    );
    expect(
      outcomes.map((outcome) => (outcome.status === 'parked' ? outcome.reason : outcome.status)),
    ).toEqual(['delivered', 'cancelled']);
    expect(await parkedState(batch[1]?.eventId ?? '')).toMatchObject({
      status: 'parked',
      reason: 'cancelled',
    });
  });

  it('leaves parked what was parked before an operator cancels', async () => {
    const batch = await events(2);
    const [rejected] = batch;
    await forward(
      batch,
      (items) =>
        Promise.resolve(
          items.map((item) =>
            item.event.eventId === rejected?.eventId
              ? answer({ kind: 'rejected', reason: 'invalid-email', class: 'rejected' })(item)
              : notVisibleForAnHour(item),
          ),
        ),
      async (handle) => {
        const parked = env.client.workflow.getHandle(parkedWorkflowId(rejected?.eventId ?? ''));
        for (;;) if (await parked.query(stateQuery).catch(() => undefined)) break;
        await handle.cancel();
      },
    );
    expect(await parkedState(rejected?.eventId ?? '')).toMatchObject({
      status: 'parked',
      reason: 'invalid-email',
    });
  });

  it('goes on where it continued as new', async () => {
    const batch = await events(2);
    const [done, open] = batch;
    const seen: string[] = [];
    recipes.use({
      deliverEvents: (items) => {
        seen.push(...items.map(({ event }) => event.eventId));
        return Promise.resolve(items.map(delivered));
      },
    });
    const result: unknown = await env.client.workflow.execute(FORWARD_EVENTS, {
      taskQueue: 'recipes',
      workflowId: 'test/resumed',
      args: [
        {
          events: batch,
          environment: 'test',
          resumed: {
            open: [{ eventId: open?.eventId, tries: 3, notBeforeMs: 0 }],
            outcomes: [{ eventId: done?.eventId, status: 'delivered' }],
          },
        },
      ],
    });
    expect(seen).toEqual([open?.eventId]);
    expect(result).toEqual({ outcomes: batch.map(({ eventId }) => ({ eventId, status: 'delivered' })) });
  });

  it('decides each event exactly once, whatever the verdicts', async () => {
    const verdict = fc.constantFrom<Verdict>(
      { kind: 'delivered' },
      { kind: 'unchanged' },
      { kind: 'skipped', reason: 'forgotten-user' },
      { kind: 'rejected', reason: 'invalid-email', class: 'rejected' },
      { kind: 'retry', reason: 'rate-limited', class: 'rate-limited', afterMs: 1_000 },
      { kind: 'unknown', reason: 'unreachable' },
    );
    const script = fc.array(verdict, { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(script, { minLength: 5, maxLength: 5 }), async (scripts) => {
        await close();
        await open();
        const stories = await Promise.all(
          scripts.map(async (verdicts) => ({
            left: verdicts.values(),
            batch: await events(1 + (verdicts.length % 7)),
          })),
        );
        recipes.use({
          deliverEvents: (items) =>
            Promise.resolve(items.map((item) => answer(nextOf(item) ?? { kind: 'delivered' })(item))),
        });
        const nextOf = ({ event }: DeliveryItem): Verdict | undefined =>
          stories.find(({ batch }) => batch.some(({ eventId }) => eventId === event.eventId))?.left.next()
            .value;
        const handles = await Promise.all(stories.map(({ batch }) => start(batch)));
        await env.sleep(HORIZON_MS); // by hand, as several are waited for
        for (const [index, handle] of handles.entries()) {
          const { outcomes } = await handle.result();
          expect(outcomes.map(({ eventId }) => eventId)).toEqual(
            stories[index]?.batch.map(({ eventId }) => eventId),
          );
        }
      }),
      { numRuns: 2 },
    );
  });
});
