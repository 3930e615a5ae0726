/** What can become of a batch of product events. */
import { HORIZON_MS } from '../../workflows/shared/delivery.js';
import {
  bothRunsOf,
  DELIVERED,
  delivering,
  door,
  failure,
  forward,
  INVALID_EMAIL,
  newEvents,
  notVisible,
  type Scene,
  type Story,
  wanting,
} from './scene.js';

const FOREVER_MS = 1_000_000_000;

export const forwardEventsStories: Readonly<Record<string, Story>> = {
  delivered: {
    shows: ['ACTIVITY_TASK_COMPLETED', 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: (scene) => toTheEnd(scene, 3, delivering()),
  },
  'delivered-after-an-outage': {
    shows: ['ACTIVITY_TASK_STARTED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: (scene) =>
      toTheEnd(
        scene,
        2,
        delivering(
          failure({ message: '2 waiting: unavailable', type: 'unavailable', nextRetryDelay: '20 ms' }),
        ),
      ),
  },
  'delivered-after-a-wait': {
    shows: ['TIMER_FIRED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: (scene) => toTheEnd(scene, 2, delivering([notVisible(20)], [notVisible(20)])),
  },
  parked: {
    shows: ['CHILD_WORKFLOW_EXECUTION_STARTED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: (scene) => toTheEnd(scene, 2, delivering([DELIVERED, INVALID_EMAIL])),
  },
  'parked-already': {
    shows: ['START_CHILD_WORKFLOW_EXECUTION_FAILED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      const [event] = await newEvents(scene, 1);
      const again = event === undefined ? [] : [event, event]; // two in a group that share an id
      scene.recipes.use(delivering([INVALID_EMAIL, INVALID_EMAIL]));
      return ended(await forward(scene, again));
    },
  },
  'refused-as-a-whole': {
    shows: ['ACTIVITY_TASK_FAILED', 'CHILD_WORKFLOW_EXECUTION_STARTED'],
    tell: (scene) =>
      toTheEnd(scene, 1, delivering(failure({ message: '1 refused', type: 'rejected', nonRetryable: true }))),
  },
  'gave-up-in-an-outage': {
    shows: ['ACTIVITY_TASK_TIMED_OUT', 'CHILD_WORKFLOW_EXECUTION_STARTED'],
    tell: async (scene) => {
      const outage = failure({ message: '1 waiting', type: 'unavailable', nextRetryDelay: '200 ms' });
      scene.recipes.use({ deliverEvents: () => Promise.reject(outage) });
      return ended(await forward(scene, await newEvents(scene, 1, HORIZON_MS - 1_000)));
    },
  },
  'gave-up-waiting-for-a-profile': {
    shows: ['TIMER_FIRED', 'CHILD_WORKFLOW_EXECUTION_STARTED'],
    tell: async (scene) => {
      scene.recipes.use(delivering([notVisible(FOREVER_MS)]));
      return ended(await forward(scene, await newEvents(scene, 1, HORIZON_MS - 1_000)));
    },
  },
  'past-the-horizon-at-its-start': {
    shows: ['CHILD_WORKFLOW_EXECUTION_STARTED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      scene.recipes.use({});
      return ended(await forward(scene, await newEvents(scene, 1, HORIZON_MS)));
    },
  },
  'cancelled-while-waiting': {
    shows: ['TIMER_CANCELED', 'CHILD_WORKFLOW_EXECUTION_STARTED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      const waiting = door();
      const { deliverEvents } = delivering([DELIVERED, notVisible(FOREVER_MS)]);
      scene.recipes.use({ deliverEvents: (items) => deliverEvents(items).finally(waiting.open) });
      const handle = await forward(scene, await newEvents(scene, 2));
      await waiting.opened;
      await scene.env.sleep(200); // the answer reaches the workflow
      await handle.cancel();
      return ended(handle);
    },
  },
  'cancelled-while-delivering': {
    shows: ['ACTIVITY_TASK_CANCEL_REQUESTED', 'CHILD_WORKFLOW_EXECUTION_STARTED'],
    tell: async (scene) => {
      const [begun, end] = [door(), door()];
      scene.recipes.use({
        deliverEvents: async () => {
          begun.open();
          await end.opened;
          return [];
        },
      });
      const handle = await forward(scene, await newEvents(scene, 1));
      await begun.opened;
      await handle.cancel();
      await handle.result();
      end.open();
      return handle;
    },
  },
  'delivered-with-opt-ins': {
    shows: ['MARKER_RECORDED', 'TIMER_FIRED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      const [first, second, silent] = await newEvents(scene, 3);
      if (first === undefined || second === undefined || silent === undefined) throw new Error('no events');
      const { deliverEvents } = delivering([DELIVERED, notVisible(20)]);
      scene.recipes.use({ deliverEvents, requestOptIns: () => Promise.resolve() });
      return ended(await forward(scene, [wanting(first), wanting(second), silent]));
    },
  },
  'delivered-without-its-opt-in': {
    shows: ['MARKER_RECORDED', 'ACTIVITY_TASK_FAILED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      const refused = failure({ message: 'refused', type: 'rejected', nonRetryable: true });
      scene.recipes.use({ ...delivering(), requestOptIns: () => Promise.reject(refused) });
      return ended(await forward(scene, (await newEvents(scene, 1)).map(wanting)));
    },
  },
  ...bothRunsOf((scene) => continued(scene)),
};

type Handle = Awaited<ReturnType<typeof forward>>;
type Activities = Parameters<Scene['recipes']['use']>[0];

async function ended(handle: Handle): Promise<Handle> {
  await handle.result();
  return handle;
}

async function toTheEnd(scene: Scene, count: number, activities: Activities): Promise<Handle> {
  scene.recipes.use(activities);
  return ended(await forward(scene, await newEvents(scene, count)));
}

/** One of two events takes a second round, in a second run. */
const continued = (scene: Scene): Promise<Handle> =>
  toTheEnd(scene, 2, delivering([DELIVERED, notVisible(20)]));
