/** What people do with a parked event. */
import type { WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import {
  discardUpdate,
  parkedWorkflowId,
  releaseUpdate,
  replaceUpdate,
  stateQuery,
} from '../../workflows/parked-event/messages.js';
import { HORIZON_MS } from '../../workflows/shared/delivery.js';
import {
  bothRunsOf,
  delivering,
  failure,
  forward,
  INVALID_EMAIL,
  newEvents,
  notVisible,
  park,
  type Scene,
  type Story,
} from './scene.js';

export const parkedEventStories: Readonly<Record<string, Story>> = {
  'parked-by-forward-events': {
    shows: ['WORKFLOW_EXECUTION_UPDATE_COMPLETED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      scene.recipes.use(delivering([INVALID_EMAIL]));
      const [event] = await newEvents(scene, 1);
      if (event === undefined) throw new Error('a story about one event has none');
      await (await forward(scene, [event])).result();
      return discarded(scene.env.client.workflow.getHandle(parkedWorkflowId(event.eventId)));
    },
  },
  released: {
    shows: ['WORKFLOW_EXECUTION_UPDATE_COMPLETED', 'TIMER_CANCELED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      scene.recipes.use(delivering());
      const parked = await park(scene);
      await parked.executeUpdate(releaseUpdate);
      return ended(parked);
    },
  },
  'released-with-an-opt-in': {
    shows: ['MARKER_RECORDED', 'WORKFLOW_EXECUTION_UPDATE_COMPLETED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      scene.recipes.use({ ...delivering(), requestOptIns: () => Promise.resolve() });
      const parked = await park(scene, { opt_in: true });
      await parked.executeUpdate(releaseUpdate);
      return ended(parked);
    },
  },
  'released-after-a-wait': {
    shows: ['TIMER_FIRED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      scene.recipes.use(delivering([notVisible(20)]));
      const parked = await park(scene);
      await parked.executeUpdate(releaseUpdate);
      return ended(parked);
    },
  },
  'parked-again-then-released': {
    shows: ['UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      scene.recipes.use(delivering([INVALID_EMAIL]));
      const parked = await park(scene);
      await parked.executeUpdate(releaseUpdate);
      await parked.executeUpdate(releaseUpdate);
      return ended(parked);
    },
  },
  'gave-up-after-a-release': {
    on: 'time-skipping',
    shows: ['TIMER_FIRED', 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES'],
    tell: async (scene) => {
      scene.recipes.use({ deliverEvents: () => Promise.reject(outage()) });
      const parked = await park(scene);
      const answered = parked.executeUpdate(releaseUpdate);
      await scene.env.sleep(HORIZON_MS + 60_000);
      await answered;
      return settled(parked);
    },
  },
  'replaced-then-released': {
    shows: ['UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      scene.recipes.use({ ...delivering(), ...revising });
      const parked = await park(scene);
      await parked.executeUpdate(replaceUpdate, { args: [{ product_interaction: 'SaaS Trial' }] });
      await parked.executeUpdate(releaseUpdate);
      return ended(parked);
    },
  },
  'wrongly-replaced-then-discarded': {
    shows: ['ACTIVITY_TASK_FAILED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      const wrong = failure({
        message: 'uid: a whole number, like 1001',
        type: 'invalid-input',
        nonRetryable: true,
      });
      scene.recipes.use({ reviseEvent: () => Promise.reject(wrong) });
      const parked = await park(scene);
      await parked.executeUpdate(replaceUpdate, { args: [{ uid: 'x' }] }).catch(() => undefined);
      return discarded(parked);
    },
  },
  discarded: {
    shows: ['WORKFLOW_EXECUTION_UPDATE_COMPLETED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => discarded(await park(scene)),
  },
  cancelled: {
    shows: ['WORKFLOW_EXECUTION_CANCEL_REQUESTED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      const parked = await settled(await park(scene));
      await parked.cancel();
      return ended(parked);
    },
  },
  'cancelled-while-releasing': {
    shows: ['TIMER_FIRED', 'ACTIVITY_TASK_CANCEL_REQUESTED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      scene.recipes.use({ deliverEvents: () => Promise.reject(outage()) });
      const parked = await park(scene);
      await parked.executeUpdate(releaseUpdate); // takes 20 s: an update that fails would carry a stack trace with the paths of this machine
      await parked.cancel();
      return ended(parked);
    },
  },
  ...bothRunsOf((scene) => continued(scene)),
};

const outage = (): ApplicationFailure =>
  failure({ message: '1 waiting', type: 'unavailable', nextRetryDelay: '1 hour' });

/** A release that is rejected ends the first run; the second one is discarded. */
async function continued(scene: Scene): ReturnType<typeof park> {
  scene.recipes.use(delivering([INVALID_EMAIL]));
  const parked = await park(scene);
  await parked.executeUpdate(releaseUpdate);
  return discarded(parked);
}

async function discarded<T extends WorkflowHandle>(parked: T): Promise<T> {
  await parked.executeUpdate(discardUpdate, { args: ['a test of the product team'] });
  return ended(parked);
}

async function ended<T extends WorkflowHandle>(parked: T): Promise<T> {
  await parked.result();
  return parked;
}

/** An answered query says that the workflow has done all that it can for now. */
async function settled<T extends WorkflowHandle>(parked: T): Promise<T> {
  await parked.query(stateQuery);
  return parked;
}

const revising: Parameters<Scene['recipes']['use']>[0] = {
  reviseEvent: (event, fields) => Promise.resolve({ ...event, fields: { ...event.fields, ...fields } }),
};
