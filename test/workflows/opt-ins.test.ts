/** What delivered events with `opt_in: true` ask for, in both workflows that deliver. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { AcceptedEvent } from '../../domain/product-event.js';
import { FORWARD_EVENTS, type ForwardEventsResult } from '../../workflows/forward-events/messages.js';
import { PARKED_EVENT, releaseUpdate, type ParkedState } from '../../workflows/parked-event/messages.js';
import { HORIZON_MS } from '../../workflows/shared/delivery.js';
import { acceptedEvent } from '../support/events.js';
import { startRecipes, type Recipes, type TestActivities } from '../support/recipes-worker.js';
import { timeSkippingEnv } from '../support/temporal.js';

const HOUR_MS = 3_600_000;

describe('opt-ins of product events', () => {
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

  let lastId = 20_000;
  const event = async (fields: Record<string, unknown>): Promise<AcceptedEvent> =>
    acceptedEvent((lastId += 1), fields, await env.currentTimeMs());
  const wanting = (): Promise<AcceptedEvent> => event({ opt_in: true });

  type Forwarding = WorkflowHandleWithFirstExecutionRunId<(input: unknown) => Promise<ForwardEventsResult>>;
  const forward = (events: readonly AcceptedEvent[]): Promise<Forwarding> =>
    env.client.workflow.start<(input: unknown) => Promise<ForwardEventsResult>>(FORWARD_EVENTS, {
      taskQueue: 'recipes',
      workflowId: `test/${events[0]?.eventId ?? ''}`,
      args: [{ events, environment: 'test' }],
    });

  const delivering: TestActivities['deliverEvents'] = (items) =>
    Promise.resolve(items.map(({ event: { eventId } }) => ({ eventId, verdict: { kind: 'delivered' } })));

  /** Takes opt-ins from the given moment of virtual time on. */
  function takingFrom(fromMs: number): { readonly asked: string[] } & Pick<TestActivities, 'requestOptIns'> {
    const asked: string[] = [];
    return {
      asked,
      requestOptIns: async (events) => {
        if ((await env.currentTimeMs()) < fromMs) throw ApplicationFailure.create({ type: 'unavailable' });
        asked.push(...events.map(({ eventId }) => eventId));
      },
    };
  }

  it('neither hold up the delivery of others nor get lost when nobody takes them for hours', async () => {
    const startMs = await env.currentTimeMs();
    const { asked, requestOptIns } = takingFrom(startMs + 10 * HOUR_MS);
    const [first, second] = [await wanting(), await wanting()];
    let secondAtMs = 0;
    recipes.use({
      requestOptIns,
      deliverEvents: async (items) => {
        const nowMs = await env.currentTimeMs();
        const wait = {
          kind: 'retry',
          reason: 'profile-not-visible',
          class: 'unavailable',
          afterMs: 60_000,
        } as const;
        return items.map(({ event: { eventId } }) => {
          const isSettled = eventId === first.eventId || nowMs - startMs > HOUR_MS;
          if (isSettled && eventId === second.eventId) secondAtMs = nowMs;
          return { eventId, verdict: isSettled ? { kind: 'delivered' } : wait };
        });
      },
    });
    const { outcomes } = await (await forward([first, second])).result();
    expect(outcomes).toEqual([first, second].map(({ eventId }) => ({ eventId, status: 'delivered' })));
    expect(secondAtMs - startMs).toBeLessThan(3 * HOUR_MS);
    expect([...asked].sort()).toEqual([first.eventId, second.eventId].sort());
  });

  it('are given up after 76 hours: the event is delivered all the same, and its outcome says so', async () => {
    const startMs = await env.currentTimeMs();
    let lastAskedMs = 0;
    const yes = await wanting();
    recipes.use({
      deliverEvents: delivering,
      requestOptIns: async () => {
        lastAskedMs = await env.currentTimeMs();
        throw ApplicationFailure.create({ type: 'unavailable', nextRetryDelay: '30 minutes' });
      },
    });
    const { outcomes } = await (await forward([yes])).result();
    expect(outcomes).toEqual([{ eventId: yes.eventId, status: 'delivered', optIn: 'not-requested' }]);
    expect(lastAskedMs - startMs).toBeGreaterThan(HORIZON_MS - HOUR_MS);
  });

  it('are requested also by a workflow that is cancelled after the delivery', async () => {
    const { asked, requestOptIns } = takingFrom((await env.currentTimeMs()) + HOUR_MS);
    const yes = await wanting();
    recipes.use({ deliverEvents: delivering, requestOptIns });
    const handle = await forward([yes]);
    await env.sleep('1 minute');
    await handle.cancel();
    expect(await handle.result()).toEqual({ outcomes: [{ eventId: yes.eventId, status: 'delivered' }] });
    expect(asked).toEqual([yes.eventId]);
  });

  it('follow the release of a parked event', async () => {
    const { asked, requestOptIns } = takingFrom(0);
    recipes.use({ deliverEvents: delivering, requestOptIns });
    const yes = await wanting();
    const parked = await env.client.workflow.start<(input: unknown) => Promise<ParkedState>>(PARKED_EVENT, {
      taskQueue: 'recipes',
      workflowId: `parked/${yes.eventId}`,
      args: [{ event: yes, reason: 'invalid-email', class: 'rejected', environment: 'test' }],
    });
    expect(await parked.executeUpdate(releaseUpdate)).toMatchObject({ status: 'delivered' });
    expect(await parked.result()).not.toHaveProperty('optIn');
    expect(asked).toEqual([yes.eventId]);
  });

  // Last, because its parked event outlives it: the test server's clock no longer leaps reliably then.
  it('are requested once the event is delivered, and only of who said yes', async () => {
    const { asked, requestOptIns } = takingFrom(0);
    const [yes, refused] = [await wanting(), await wanting()];
    const others = await Promise.all([{ opt_in: false }, { opt_in: null }, {}].map(event));
    recipes.use({
      requestOptIns,
      deliverEvents: (items) =>
        Promise.resolve(
          items.map(({ event: { eventId } }) => ({
            eventId,
            verdict:
              eventId === refused.eventId
                ? { kind: 'rejected', reason: 'invalid-email', class: 'rejected' }
                : { kind: 'delivered' },
          })),
        ),
    });
    const { outcomes } = await (await forward([yes, ...others, refused])).result();
    expect(outcomes.filter(({ status }) => status === 'delivered')).toHaveLength(4);
    expect(asked).toEqual([yes.eventId]);
  });
});
