import { createIterableActivities } from '../../activities/iterable/activities.js';
import type { DeliveryItem, ItemVerdict } from '../../activities/iterable/contract.js';
import { startSandboxIterable, type FaultPlan, type SandboxIterable } from '../../sandbox/iterable/index.js';
import { acceptedEvent, TEST_HASHER } from '../support/events.js';
import { expectValidRequest } from '../support/iterable-contract.js';
import { describeConnector, type Behaviour } from './connector.js';

const API_KEY = 'key-that-nobody-may-see';
const BODY_LIMIT_BYTES = 10_000;

const always = (fault: string): FaultPlan => ({ seed: 1, rates: { '*': { [fault]: 1 } } });

function behave(sandbox: SandboxIterable, behaviour: Behaviour): void {
  switch (behaviour) {
    case 'works':
      sandbox.setFaults(undefined);
      return;
    case 'limits':
      sandbox.setFaults(always('429-text'));
      return;
    case 'limits-naming-a-wait':
      sandbox.configure({ rateLimitAnswer: 'retry-after' });
      sandbox.setFaults(always('429'));
      return;
    case 'fails':
      sandbox.setFaults(always('503'));
      return;
    case 'cuts':
      sandbox.setFaults(always('cut'));
      return;
    case 'hangs':
      sandbox.setFaults(always('hang'));
      return;
    case 'refuses-the-second-row':
      sandbox.configure({ invalidEmails: ['canary-1@example.com'] });
      return;
    case 'refuses-large-rows':
      sandbox.configure({ maxBodyBytes: BODY_LIMIT_BYTES });
  }
}

const row = (n: number, fields: Record<string, unknown> = {}): DeliveryItem => ({
  event: acceptedEvent(
    n,
    { work_email: `canary-${String(n)}@example.com`, first_name: 'Canaria', ...fields },
    Date.now(),
  ),
});

describeConnector<DeliveryItem>({
  name: 'Iterable',
  secrets: [/canary/i, /canaria/i, new RegExp(API_KEY)],
  namedWaitMs: 1_000,
  mostProbes: 10,
  start: async () => {
    const sandbox = await startSandboxIterable({ limits: 'off', apiKey: API_KEY });
    const connect = (apiKey: string, callTimeoutMs = 30_000): ReturnType<typeof createIterableActivities> =>
      createIterableActivities({
        baseUrl: sandbox.url,
        apiKey,
        limitShare: 1,
        hasher: TEST_HASHER,
        tuning: { callTimeoutMs, graceMs: 20 },
      });
    let activities = connect(API_KEY);
    return {
      behave: (behaviour) => {
        behave(sandbox, behaviour);
        if (behaviour === 'hangs') activities = connect(API_KEY, 150);
      },
      spoilCredentials: () => {
        activities = connect(`${API_KEY}-spoilt`);
      },
      rows: (count) => Array.from({ length: count }, (_, n) => row(n)),
      largeRow: () => row(99, { company_name: 'x'.repeat(2 * BODY_LIMIT_BYTES) }),
      deliver: async (env, rows) => {
        const results: readonly ItemVerdict[] = await env.run(activities.deliverEvents, rows);
        return results.map(({ verdict }) => verdict);
      },
      requests: () => sandbox.received().length,
      effects: () => {
        const events = sandbox.events();
        const repeats = events.reduce((sum, { writes }) => sum + writes - 1, 0);
        return { rows: events.length, repeats };
      },
      close: async () => {
        // What is too large is refused unread, and so is not recorded.
        sandbox
          .received()
          .filter(({ status }) => status !== 413)
          .forEach(expectValidRequest);
        await sandbox.close();
      },
    };
  },
});
