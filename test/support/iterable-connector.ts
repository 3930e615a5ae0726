/** The Iterable connector against the sandbox, both on one clock that the test moves. */
import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import {
  connectIterable,
  createIterableActivities,
  createIterableConsentActivities,
  type IterableDependencies,
} from '../../activities/iterable/activities.js';
import type {
  ConsentItem,
  ConsentSettings,
  ConsentVerdict,
} from '../../activities/iterable/consent-contract.js';
import type { DeliveryItem, ItemVerdict } from '../../activities/iterable/contract.js';
import type { AcceptedEvent } from '../../domain/product-event.js';
import {
  startSandboxIterable,
  type SandboxIterable,
  type SandboxOptions,
} from '../../sandbox/iterable/index.js';
import { acceptedEvent, TEST_HASHER } from './events.js';

export const START_MS = Date.parse('2026-03-01T12:00:00Z');
const UNLIMITED = {
  'users/update': 1e6,
  'events/track': 1e6,
  'users/get': 1e6,
  messageTypes: 1e6,
  channels: 1e6,
  subscriptions: 1e6,
} as const;

export const CONSENT: ConsentSettings = { settleMs: 60_000, lookAgainMs: [], optIns: 'checked' };

/** Failures are asserted on; the SDK would print them as well. */
export const QUIET = new DefaultLogger('ERROR');

export interface TestConnector {
  readonly sandbox: SandboxIterable;
  readonly clock: { nowMs: number };
  /** A new event of person `n`, accepted now. */
  readonly event: (n: number, fields?: Record<string, unknown>) => AcceptedEvent;
  readonly run: (items: readonly DeliveryItem[], info?: Partial<Info>) => Promise<readonly ItemVerdict[]>;
  readonly runIn: (
    env: MockActivityEnvironment,
    items: readonly DeliveryItem[],
  ) => Promise<readonly ItemVerdict[]>;
  /** One attempt of `applyConsent`. */
  readonly apply: (...items: readonly ConsentItem[]) => Promise<readonly ConsentVerdict[]>;
  /** Paths without `/api`, in the order of the requests. */
  readonly paths: () => string[];
}

export async function startConnector(
  options: SandboxOptions = {},
  tuning: IterableDependencies['tuning'] = {},
  apiKey?: string,
): Promise<TestConnector> {
  const clock = { nowMs: START_MS };
  const now = (): number => clock.nowMs;
  const sandbox = await startSandboxIterable({ now, limits: 'off', ...options });
  const settings = {
    baseUrl: sandbox.url,
    apiKey: apiKey ?? sandbox.apiKey,
    limitShare: 1,
    hasher: TEST_HASHER,
    now,
    tuning: { perSecond: UNLIMITED, random: () => 0, ...tuning },
  };
  const tools = connectIterable(settings);
  const activities = createIterableActivities(settings, tools);
  const { applyConsent } = createIterableConsentActivities(tools, CONSENT);
  const runIn: TestConnector['runIn'] = (env, items) => env.run(activities.deliverEvents, items);
  return {
    sandbox,
    clock,
    event: (n, fields) => acceptedEvent(n, fields, clock.nowMs),
    runIn,
    run: (items, info) => runIn(new MockActivityEnvironment(info, { logger: QUIET }), items),
    apply: (...items) => new MockActivityEnvironment({}, { logger: QUIET }).run(applyConsent, items),
    paths: () => sandbox.received().map(({ path }) => path.replace('/api/', '')),
  };
}

export const itemsOf = (...events: readonly AcceptedEvent[]): DeliveryItem[] =>
  events.map((event) => ({ event }));

/** What the workflow does with verdicts: the next attempt's items. */
export function stillOpen(items: readonly DeliveryItem[], verdicts: readonly ItemVerdict[]): DeliveryItem[] {
  return items.flatMap(({ event }, index) => {
    const result = verdicts[index];
    if (result?.verdict.kind !== 'retry') return [];
    const { profileWrittenAtMs } = result;
    return [profileWrittenAtMs === undefined ? { event } : { event, profileWrittenAtMs }];
  });
}
