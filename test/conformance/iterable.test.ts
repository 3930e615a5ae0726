import {
  connectIterable,
  createIterableActivities,
  createIterableConsentActivities,
} from '../../activities/iterable/activities.js';
import type { Tools } from '../../activities/iterable/attempt.js';
import type { ConsentItem } from '../../activities/iterable/consent-contract.js';
import type { DeliveryItem } from '../../activities/iterable/contract.js';
import type { Verdict } from '../../domain/verdict.js';
import { startSandboxIterable, type FaultPlan, type SandboxIterable } from '../../sandbox/iterable/index.js';
import { acceptedEvent, TEST_HASHER } from '../support/events.js';
import { expectValidRequest } from '../support/iterable-contract.js';
import { describeConnector, type Behaviour, type Running } from './connector.js';

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

const connect = (sandbox: SandboxIterable, apiKey: string, callTimeoutMs = 30_000): Tools =>
  connectIterable({
    baseUrl: sandbox.url,
    apiKey,
    limitShare: 1,
    tuning: { callTimeoutMs, graceMs: 20 },
  });

/** One activity of Iterable, with what it needs and leaves behind. */
interface Kind<Row> {
  readonly rows: (count: number, sandbox: SandboxIterable) => readonly Row[];
  readonly largeRow: () => Row;
  readonly deliver: (tools: Tools) => (rows: readonly Row[]) => Promise<readonly { verdict: Verdict }[]>;
  readonly effects: (sandbox: SandboxIterable) => { readonly rows: number; readonly repeats: number };
}

async function start<Row>({ rows, largeRow, deliver, effects }: Kind<Row>): Promise<Running<Row>> {
  const sandbox = await startSandboxIterable({ limits: 'off', apiKey: API_KEY });
  let run = deliver(connect(sandbox, API_KEY));
  return {
    behave: (behaviour) => {
      behave(sandbox, behaviour);
      if (behaviour === 'hangs') run = deliver(connect(sandbox, API_KEY, 150));
    },
    spoilCredentials: () => {
      run = deliver(connect(sandbox, `${API_KEY}-spoilt`));
    },
    rows: (count) => rows(count, sandbox),
    largeRow,
    deliver: async (env, batch) => {
      const results: readonly { verdict: Verdict }[] = await env.run(run, batch);
      return results.map(({ verdict }) => verdict);
    },
    requests: () => sandbox.received().length,
    effects: () => effects(sandbox),
    close: async () => {
      // What is too large is refused unread, and so is not recorded.
      sandbox
        .received()
        .filter(({ status }) => status !== 413)
        .forEach(expectValidRequest);
      await sandbox.close();
    },
  };
}

const shared = {
  secrets: [/canary/i, /canaria/i, new RegExp(API_KEY)],
  namedWaitMs: 1_000,
  mostProbes: 10,
} as const;

describeConnector<DeliveryItem>({
  ...shared,
  name: 'Iterable, events',
  start: () =>
    start<DeliveryItem>({
      rows: (count) => Array.from({ length: count }, (_, n) => row(n)),
      largeRow: () => row(99, { company_name: 'x'.repeat(2 * BODY_LIMIT_BYTES) }),
      deliver: (tools) =>
        createIterableActivities({ baseUrl: '', apiKey: '', limitShare: 1, hasher: TEST_HASHER }, tools)
          .deliverEvents,
      effects: (sandbox) => {
        const events = sandbox.events();
        const repeats = events.reduce((sum, { writes }) => sum + writes - 1, 0);
        return { rows: events.length, repeats };
      },
    }),
});

const MARKETING = 101;
const optOut = (email: string): ConsentItem => ({
  personHash: TEST_HASHER.person(email),
  email,
  change: 'opt-out',
});

describeConnector<ConsentItem>({
  ...shared,
  name: 'Iterable, consent',
  leftOut: { 'large-row': 'a row is one address' },
  start: () =>
    start<ConsentItem>({
      rows: (count, sandbox) =>
        Array.from({ length: count }, (_, n) => {
          const email = `canary-${String(n)}@example.com`;
          sandbox.addUser(email, { subscribedMessageTypeIds: [MARKETING] });
          return optOut(email);
        }),
      largeRow: () => optOut(`${'canary'.repeat(BODY_LIMIT_BYTES)}@example.com`),
      deliver: (tools) =>
        createIterableConsentActivities(tools, { settleMs: 60_000, lookAgainMs: [], optIns: 'off' })
          .applyConsent,
      effects: (sandbox) => {
        const unsubscribed = sandbox.systemEvents();
        const people = sandbox
          .users()
          .filter(({ subscribedMessageTypeIds }) => !subscribedMessageTypeIds.includes(MARKETING));
        return { rows: people.length, repeats: unsubscribed.length - people.length };
      },
    }),
});
