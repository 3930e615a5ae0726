import { createSyncLoadActivities } from '../../activities/iterable/sync/activities.js';
import { connectIterable } from '../../activities/iterable/activities.js';
import type { SyncLoadActivities } from '../../activities/warehouse/sync-contract.js';
import type { PlanRow } from '../../activities/warehouse/sync/store.js';
import type { Verdict } from '../../domain/verdict.js';
import { startSandboxIterable, type FaultPlan, type SandboxIterable } from '../../sandbox/iterable/index.js';
import { TEST_HASHER } from '../support/events.js';
import { expectValidRequest } from '../support/iterable-contract.js';
import { memoryStore, PEOPLE, planRow, UNLIMITED } from '../support/sync-loader.js';
import { describeConnector, type Behaviour } from './connector.js';

const API_KEY = 'key-that-nobody-may-see';
const BODY_LIMIT_BYTES = 20_000;
const always = (fault: string): FaultPlan => ({ seed: 1, rates: { '*': { [fault]: 1 } } });
const FAULTS: Readonly<Partial<Record<Behaviour, string>>> = {
  limits: '429-text',
  'limits-naming-a-wait': '429',
  fails: '503',
  cuts: 'cut',
  hangs: 'hang',
};

function behave(sandbox: SandboxIterable, behaviour: Behaviour): void {
  const fault = FAULTS[behaviour];
  sandbox.setFaults(fault === undefined ? undefined : always(fault));
  if (behaviour === 'refuses-the-second-row') sandbox.configure({ invalidEmails: ['canary-1@example.com'] });
  if (behaviour === 'refuses-large-rows') sandbox.configure({ maxBodyBytes: BODY_LIMIT_BYTES });
}

const row = (n: number, tags: string | null = null): PlanRow =>
  planRow(n, 'add', { newEmail: `canary-${String(n)}@example.com`, new: [String(n), 'Canaria', tags] });

/** What the ledger says of rows that all went one way: the suite looks at kinds and reasons only. */
function verdictOf(found: { verdict: string; reason?: string } | undefined): Verdict {
  const reason = found?.reason === 'body-too-large' ? 'body-too-large' : 'invalid-email';
  if (found?.verdict === 'rejected') return { kind: 'rejected', reason, class: 'rejected' };
  return found?.verdict === 'delivered' ? { kind: 'delivered' } : { kind: 'unchanged' };
}

describeConnector<PlanRow>({
  name: 'Iterable in bulk',
  secrets: [/canary/i, /canaria/i, new RegExp(API_KEY)],
  namedWaitMs: 1_000,
  mostProbes: 1,
  start: async () => {
    const sandbox = await startSandboxIterable({ limits: 'off', apiKey: API_KEY });
    let settings = { apiKey: API_KEY, callTimeoutMs: 30_000 };
    const activitiesOn = (store: ReturnType<typeof memoryStore>): SyncLoadActivities =>
      createSyncLoadActivities({
        tools: connectIterable({
          baseUrl: sandbox.url,
          apiKey: settings.apiKey,
          limitShare: 1,
          tuning: { perSecond: UNLIMITED, callTimeoutMs: settings.callTimeoutMs, graceMs: 20 },
        }),
        store,
        modelOf: () => PEOPLE,
        hasher: TEST_HASHER,
        consentInFlight: () => Promise.resolve(new Set()),
        updateOnlyFlag: true,
      });
    return {
      behave: (behaviour) => {
        behave(sandbox, behaviour);
        if (behaviour === 'hangs') settings = { ...settings, callTimeoutMs: 150 };
      },
      spoilCredentials: () => {
        settings = { ...settings, apiKey: `${API_KEY}-spoilt` };
      },
      rows: (count) => Array.from({ length: count }, (_, n) => row(n)),
      largeRow: () => row(99, JSON.stringify(Array(BODY_LIMIT_BYTES / 2).fill('x'))),
      deliver: async (env, rows) => {
        const plan = rows.map((one, n) => ({ ...one, n }));
        const store = memoryStore(plan);
        const range = {
          runId: 'r',
          model: PEOPLE.name,
          fromRow: 0,
          untilRow: plan.length,
          rowsPerCall: 1_000,
        };
        await env.run(activitiesOn(store).loadRange, range);
        return plan.map(({ n }) => verdictOf(store.ledger().get(n)));
      },
      requests: () => sandbox.received().length,
      // Two writes of the same fields are one effect: that is what makes users/bulkUpdate bear a repeat.
      effects: () => ({ rows: sandbox.userCount(), repeats: 0 }),
      close: async () => {
        sandbox
          .received()
          .filter(({ status }) => status !== 413)
          .forEach(expectValidRequest);
        await sandbox.close();
      },
    };
  },
});
