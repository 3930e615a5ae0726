/** The Marketo connector against the sandbox, both on one clock that the test moves. */
import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import {
  createMarketoActivities,
  type Marketo,
  type MarketoDependencies,
} from '../../activities/marketo/activities.js';
import type { PollCursor, PollStep } from '../../activities/marketo/contract.js';
import type { ConsentRecord, ConsentRequest } from '../../domain/consent.js';
import {
  startSandboxMarketo,
  type MarketoOptions,
  type SandboxMarketo,
} from '../../sandbox/marketo/index.js';
import { TEST_HASHER } from './events.js';
import { QUIET } from './iterable-connector.js';
import { expectValidMarketoRequest } from './marketo-contract.js';

/** Some hours after midnight in Chicago. */
export const START_MS = Date.parse('2026-03-02T12:00:00Z');

export interface TestMarketo extends Marketo {
  readonly sandbox: SandboxMarketo;
  readonly clock: { nowMs: number };
  /** What was handed to `personConsent`, in order. */
  readonly requests: ConsentRequest[];
  /** What was written for nobody's workflow. */
  readonly records: ConsentRecord[];
  /** What the starter does instead of taking requests. */
  readonly fails: { start?: Error; append?: Error };
  readonly run: <A extends readonly unknown[], R>(
    activity: (...args: A) => Promise<R>,
    args: A,
    info?: Partial<Info>,
  ) => Promise<R>;
  /** Steps until it has caught up. @returns the last one; counts of all */
  readonly poll: (cursor?: PollCursor) => Promise<PollStep>;
  /** Addresses that were handed over, sorted. */
  readonly optedOut: () => string[];
  /** Also holds every request that was made against Marketo's published description. */
  readonly close: () => Promise<void>;
}

export async function startMarketo(
  options: MarketoOptions = {},
  changes: Partial<MarketoDependencies> = {},
): Promise<TestMarketo> {
  const clock = { nowMs: START_MS };
  const now = (): number => clock.nowMs;
  const sandbox = await startSandboxMarketo({ now, limits: 'off', exportStepMs: 0, ...options });
  const requests: ConsentRequest[] = [];
  const records: ConsentRecord[] = [];
  const fails: TestMarketo['fails'] = {};
  const marketo = createMarketoActivities({
    baseUrl: sandbox.url,
    clientId: sandbox.clientId,
    clientSecret: sandbox.clientSecret,
    limitShare: 1,
    hasher: TEST_HASHER,
    starter: {
      start: (started) => {
        if (fails.start !== undefined) return Promise.reject(fails.start);
        requests.push(...started);
        return Promise.resolve();
      },
    },
    log: {
      append: (appended) => {
        if (fails.append !== undefined) return Promise.reject(fails.append);
        records.push(...appended);
        return Promise.resolve();
      },
    },
    now,
    ...changes,
    tuning: { callsPerWindow: 1e6, random: () => 0, ...changes.tuning },
  });
  const run: TestMarketo['run'] = (activity, args, info = {}) =>
    new MockActivityEnvironment(info, { logger: QUIET }).run(activity, ...args);
  return {
    ...marketo,
    sandbox,
    clock,
    requests,
    records,
    fails,
    run,
    poll: async (cursor) => {
      let step = await run(marketo.activities.followUnsubscribes, [cursor]);
      while (!step.isCaughtUp) step = await run(marketo.activities.followUnsubscribes, [step.cursor]);
      return step;
    },
    optedOut: () => [...new Set(requests.map(({ email }) => email))].sort(),
    close: async () => {
      sandbox
        .received()
        .filter(({ path }) => !path.startsWith('/identity'))
        .forEach(expectValidMarketoRequest);
      await sandbox.close();
    },
  };
}
