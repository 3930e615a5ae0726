import { createMarketoActivities } from '../../activities/marketo/activities.js';
import type { MarketoActivities, MarketoStanding } from '../../activities/marketo/contract.js';
import {
  startSandboxMarketo,
  type Fault,
  type FaultPlan,
  type SandboxMarketo,
} from '../../sandbox/marketo/index.js';
import { TEST_HASHER } from '../support/events.js';
import { expectValidMarketoRequest } from '../support/marketo-contract.js';
import { describeConnector, type Behaviour } from './connector.js';

const CLIENT_ID = 'client-that-nobody-may-see';
const CLIENT_SECRET = 'secret-that-nobody-may-see';
const LEADS = '/rest/v1/leads.json';

const FAULTS: Readonly<Record<Behaviour, Fault | undefined>> = {
  works: undefined,
  limits: 'http-429',
  'limits-naming-a-wait': '606',
  fails: 'http-503',
  cuts: 'cut',
  hangs: 'hang',
  'refuses-the-second-row': undefined,
  'refuses-large-rows': undefined,
};
const always = (fault: Fault): FaultPlan<Fault> => ({ seed: 1, rates: { [LEADS]: { [fault]: 1 } } });

interface Row {
  readonly personHash: string;
  readonly email: string;
}
const row = (n: number): Row => {
  const email = `canary-${String(n)}@example.com`;
  return { personHash: TEST_HASHER.person(email), email };
};

/** The addresses that were asked for, as often as they were. */
function askedFor(sandbox: SandboxMarketo): string[] {
  return sandbox.received(LEADS).flatMap(({ query, body }) => {
    const inBody =
      typeof body === 'object' && body !== null && 'filterValues' in body ? body.filterValues : '';
    return String(query['filterValues'] ?? inBody).split(',');
  });
}

describeConnector<Row>({
  name: 'Marketo',
  secrets: [
    /canary/i,
    new RegExp(CLIENT_ID),
    new RegExp(CLIENT_SECRET),
    /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:\w+/, // access tokens
  ],
  namedWaitMs: 20_000, // of 606: Marketo counts calls of the last 20 s
  mostProbes: 10,
  leftOut: {
    'refused-row': 'Marketo is only asked about people, and refuses nobody',
    'large-row': 'an address that is too long is none, and is not asked for',
  },
  start: async () => {
    const sandbox = await startSandboxMarketo({
      limits: 'off',
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
    });
    const connect = (clientSecret: string, callTimeoutMs = 30_000): MarketoActivities =>
      createMarketoActivities({
        baseUrl: sandbox.url,
        clientId: CLIENT_ID,
        clientSecret,
        limitShare: 1,
        hasher: TEST_HASHER,
        starter: { start: () => Promise.resolve() },
        log: { append: () => Promise.resolve() },
        tuning: { callTimeoutMs },
      }).activities;
    let activities = connect(CLIENT_SECRET);
    return {
      behave: (behaviour) => {
        const fault = FAULTS[behaviour];
        sandbox.setFaults(fault === undefined ? undefined : always(fault));
        if (behaviour === 'hangs') activities = connect(CLIENT_SECRET, 150);
      },
      spoilCredentials: () => {
        activities = connect(`${CLIENT_SECRET}-spoilt`);
      },
      rows: (count) => Array.from({ length: count }, (_, n) => row(n)),
      deliver: async (env, rows) => {
        const standings: readonly MarketoStanding[] = await env.run(activities.marketoStanding, rows);
        return standings.map(() => ({ kind: 'delivered' }));
      },
      requests: () => sandbox.received().length,
      effects: () => {
        const asked = askedFor(sandbox);
        const rows = new Set(asked).size;
        return { rows, repeats: asked.length - rows };
      },
      close: async () => {
        sandbox
          .received()
          .filter(({ path }) => path.startsWith('/rest'))
          .forEach(expectValidMarketoRequest);
        await sandbox.close();
      },
    };
  },
});
