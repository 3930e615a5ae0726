import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ItemVerdict } from '../../activities/iterable/contract.js';
import type { Verdict } from '../../domain/verdict.js';
import {
  discardUpdate,
  PARKED_EVENT,
  releaseUpdate,
  replaceUpdate,
  stateQuery,
  type ParkedEventInput,
  type ParkedState,
} from '../../workflows/parked-event/messages.js';
import { HORIZON_MS } from '../../workflows/shared/delivery.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { acceptedEvent } from '../support/events.js';
import { startRecipes, type Recipes, type TestActivities } from '../support/recipes-worker.js';
import { timeSkippingEnv } from '../support/temporal.js';

type Parked = WorkflowHandle<(input: ParkedEventInput) => Promise<ParkedState>>;

describe('parkedEvent', () => {
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

  let lastId = 10_000;
  const park = (): Promise<Parked> => {
    const event = acceptedEvent((lastId += 1), { product_interaction: 'A new experiment' });
    return env.client.workflow.start(PARKED_EVENT, {
      taskQueue: 'recipes',
      workflowId: `parked/${event.eventId}`,
      args: [{ event, reason: 'unknown-product-interaction', class: 'invalid-input', environment: 'test' }],
    });
  };

  const delivering = (verdict: Verdict): Pick<TestActivities, 'deliverEvents'> => ({
    deliverEvents: (items) =>
      Promise.resolve(items.map(({ event }): ItemVerdict => ({ eventId: event.eventId, verdict }))),
  });
  const refusal = (error: unknown): string =>
    error instanceof WorkflowUpdateFailedError && error.cause instanceof Error
      ? error.cause.message
      : String(error);

  it('waits for years and still knows why', async () => {
    recipes.use({});
    const parked = await park();
    await env.sleep('800 days');
    expect(await parked.query(stateQuery)).toMatchObject({
      status: 'parked',
      reason: 'unknown-product-interaction',
      releases: 0,
    });
  });

  it('is delivered by a release, under the same event id', async () => {
    const sent: string[] = [];
    const activities: Partial<TestActivities> = {
      deliverEvents: (items) => {
        sent.push(...items.map(({ event }) => event.eventId));
        return Promise.resolve(
          items.map(({ event }) => ({ eventId: event.eventId, verdict: { kind: 'delivered' } })),
        );
      },
    };
    recipes.use(activities);
    const parked = await park();
    expect(await parked.executeUpdate(releaseUpdate)).toMatchObject({ status: 'delivered', releases: 1 });
    expect(await parked.result()).toMatchObject({ status: 'delivered' });
    expect(sent).toEqual([parked.workflowId.replace('parked/', '')]);
    const { typedSearchAttributes } = await parked.describe();
    expect(typedSearchAttributes.get(searchAttributes.outcome)).toBe('delivered');
  });

  it('is parked again, with the new reason, when a release is rejected', async () => {
    recipes.use(delivering({ kind: 'rejected', reason: 'invalid-email', class: 'rejected' }));
    const parked = await park();
    const state = await parked.executeUpdate(releaseUpdate);
    expect(state).toMatchObject({ status: 'parked', reason: 'invalid-email', releases: 1 });
    const { typedSearchAttributes } = await parked.describe();
    expect(typedSearchAttributes.get(searchAttributes.parkReason)).toBe('invalid-email');
  });

  it('answers a release within seconds even when Iterable is down, and goes on for 76 hours', async () => {
    let attempts = 0;
    const activities: Partial<TestActivities> = {
      deliverEvents: () => {
        attempts += 1;
        return Promise.reject(
          ApplicationFailure.create({ message: '1 waiting', type: 'unavailable', nextRetryDelay: '1 hour' }),
        );
      },
    };
    recipes.use(activities);
    const parked = await park();
    const asked = parked.executeUpdate(releaseUpdate);
    await env.sleep('30 seconds');
    expect(await asked).toMatchObject({ status: 'releasing' });
    await expect(parked.executeUpdate(releaseUpdate)).rejects.toThrow(WorkflowUpdateFailedError);
    const again = await parked.executeUpdate(discardUpdate, { args: ['no longer wanted'] }).catch(refusal);
    expect(again).toContain('releasing; only a parked event can be changed');
    await env.sleep(HORIZON_MS);
    expect(await parked.query(stateQuery)).toMatchObject({ status: 'parked', reason: 'gave-up' });
    expect(attempts).toBeGreaterThan(70);
  });

  it('is discarded with a reason, which is kept', async () => {
    recipes.use({});
    const parked = await park();
    expect(await parked.executeUpdate(discardUpdate, { args: ['  '] }).catch(refusal)).toContain('say why');
    await parked.executeUpdate(discardUpdate, { args: ['a test of the product team'] });
    expect(await parked.result()).toMatchObject({
      status: 'discarded',
      discardReason: 'a test of the product team',
    });
  });

  it('takes corrected fields, and delivers those', async () => {
    const sent: unknown[] = [];
    const activities: Partial<TestActivities> = {
      reviseEvent: (event, fields) => {
        if ('uid' in fields)
          throw ApplicationFailure.nonRetryable('uid: a whole number, like 1001', 'invalid-input');
        return Promise.resolve({
          ...event,
          fields: { ...event.fields, product_interaction: 'SaaS Trial' },
          personHash: 'another',
        });
      },
      deliverEvents: (items) => {
        sent.push(...items.map(({ event }) => event.fields.product_interaction));
        return Promise.resolve(
          items.map(({ event }) => ({ eventId: event.eventId, verdict: { kind: 'delivered' } })),
        );
      },
    };
    recipes.use(activities);
    const parked = await park();
    const wrong = parked.executeUpdate(replaceUpdate, { args: [{ uid: 'x' }] });
    await expect(wrong).rejects.toThrow(WorkflowUpdateFailedError);
    expect(
      await parked.executeUpdate(replaceUpdate, { args: [{ product_interaction: 'SaaS Trial' }] }),
    ).toMatchObject({ status: 'parked' });
    expect((await parked.describe()).typedSearchAttributes.get(searchAttributes.personHash)).toEqual([
      'another',
    ]);
    await parked.executeUpdate(releaseUpdate);
    expect(sent).toEqual(['SaaS Trial']);
  });

  it('counts as discarded when an operator cancels it', async () => {
    recipes.use({});
    const parked = await park();
    await parked.cancel();
    expect(await parked.result()).toMatchObject({
      status: 'discarded',
      discardReason: 'workflow cancelled',
    });
  });
});
