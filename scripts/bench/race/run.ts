/**
 * The race: many people at once, to each of whom opt-outs, opt-ins, profile updates and preference changes happen within
 * a second, reported out of order. The workflow and the activities are the real ones, on a real Temporal and in real
 * time, with a settling time of a fraction of a second; Iterable shows what was written only some time later.
 */
import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import PQueue from 'p-queue';
import { connectIterable, createIterableConsentActivities } from '../../../activities/iterable/activities.js';
import type { MarketoActivities } from '../../../activities/marketo/contract.js';
import type { ConsentLogActivities } from '../../../activities/warehouse/contract.js';
import { createHasher } from '../../../domain/person-hash.js';
import { MESSAGE_TYPES } from '../../../sandbox/iterable/project.js';
import { startSandboxIterable, type SandboxIterable } from '../../../sandbox/iterable/index.js';
import { changesOf } from './changes.js';
import { raceOne, type Finding, type RaceWorld } from './person.js';

export interface RaceOptions {
  readonly seeds: number;
  readonly firstSeed: number;
  /** Of each person. */
  readonly changes: number;
  /** Within so long all changes of a person happen, in the slowest seeds. */
  readonly longestMs: number;
  /** Whether Iterable has the targeted endpoints enabled. */
  readonly targeted: boolean;
  /** People at once. */
  readonly atOnce: number;
}

export interface RaceTemporal {
  readonly client: Client;
  readonly connection: NativeConnection;
  readonly dataConverter: DataConverter;
  readonly workflowBundle: NonNullable<WorkerOptions['workflowBundle']>;
}

export interface RaceResult extends RaceOptions {
  /** Seeds that ended where the last decision did not put them. */
  readonly wrong: readonly number[];
  readonly undone: number;
  readonly lost: number;
  /** So many decisions were written; the others came too late, or found everything in place. */
  readonly written: { readonly optOuts: number; readonly optIns: number };
  /** Opt-outs that came after a newer opt-in had been applied. */
  readonly contested: number;
  /** People in Iterable who were not there before. */
  readonly created: number;
  /** From the read to the write of a merge, as Iterable received them, in ms. */
  readonly windowsMs: readonly number[];
}

/** Longer than Iterable takes to show a write. */
const SETTLE_MS = 1_000;
const READABLE_AFTER_MS = 900;
const OTHER_TYPE = {
  id: 104,
  name: 'Product Updates',
  channelId: 11,
  subscriptionPolicy: 'OptIn',
  createdAt: 0,
  updatedAt: 0,
} as const;

export async function raceConsent(options: RaceOptions, temporal: RaceTemporal): Promise<RaceResult> {
  const iterable = await startSandboxIterable({
    limits: 'off',
    now: () => performance.timeOrigin + performance.now(),
    readableAfterMs: { users: READABLE_AFTER_MS, events: 0 },
    targetedSubscriptions: options.targeted,
    messageTypes: [...MESSAGE_TYPES, OTHER_TYPE],
  });
  const world: RaceWorld = {
    client: temporal.client,
    iterable,
    hasher: createHasher('the race'),
    inMarketo: new Map(),
    records: new Map(),
  };
  const stopWorkers = await startWorkers(world, temporal);
  try {
    const seeds = Array.from({ length: options.seeds }, (_, index) => options.firstSeed + index);
    const lanes = new PQueue({ concurrency: options.atOnce });
    const findings = await lanes.addAll(
      seeds.map((seed) => async () => ({
        seed,
        ...(await raceOne(seed, changesOf(seed, options.changes, options.longestMs), world)),
      })),
    );
    return resultOf(options, findings, iterable);
  } finally {
    await stopWorkers();
    await iterable.close();
  }
}

function resultOf(
  options: RaceOptions,
  findings: readonly (Finding & { readonly seed: number })[],
  iterable: SandboxIterable,
): RaceResult {
  const sum = (of: (finding: Finding) => number): number =>
    findings.reduce((total, each) => total + of(each), 0);
  return {
    ...options,
    wrong: findings.filter(({ isWrong }) => isWrong).map(({ seed }) => seed),
    undone: sum(({ undone }) => undone),
    lost: sum(({ lost }) => lost),
    written: { optOuts: sum(({ optOuts }) => optOuts), optIns: sum(({ optIns }) => optIns) },
    contested: sum(({ contested }) => contested),
    created: iterable.userCount() - findings.length,
    windowsMs: windowsOf(iterable),
  };
}

/** Each merge with the read before it: what is changed between the two by somebody else may be lost. */
function windowsOf(iterable: SandboxIterable): number[] {
  const readAtMs = new Map<unknown, number>();
  const windows: number[] = [];
  for (const { route, query, body, atMs } of iterable.received()) {
    if (route === '/api/users/getByEmail') readAtMs.set(query['email'], atMs);
    if (route !== '/api/users/updateSubscriptions') continue;
    const email = typeof body === 'object' && body !== null && 'email' in body ? body.email : undefined;
    windows.push(atMs - (readAtMs.get(email) ?? Number.NaN));
  }
  return windows;
}

/** Marketo and the log are played; what is raced is the rest. */
async function startWorkers(
  { iterable, inMarketo, records }: RaceWorld,
  { connection, dataConverter, workflowBundle }: RaceTemporal,
): Promise<() => Promise<void>> {
  const tools = connectIterable({ baseUrl: iterable.url, apiKey: iterable.apiKey, limitShare: 1 });
  const marketo: Pick<MarketoActivities, 'marketoStanding'> = {
    marketoStanding: (items) =>
      Promise.resolve(
        items.map(({ personHash }) => ({
          personHash,
          standing: inMarketo.get(personHash) ?? 'unknown-there',
        })),
      ),
  };
  const log: Pick<ConsentLogActivities, 'appendConsentLog'> = {
    appendConsentLog: (added) => {
      for (const record of added) {
        const { personHash } = record;
        if (personHash !== null) records.set(personHash, [...(records.get(personHash) ?? []), record]);
      }
      return Promise.resolve();
    },
  };
  const settings = { settleMs: SETTLE_MS, lookAgainMs: [], optIns: 'checked' } as const;
  const shared = { connection, dataConverter };
  const workers = await Promise.all([
    Worker.create({ ...shared, taskQueue: 'recipes', workflowBundle }),
    Worker.create({
      ...shared,
      taskQueue: 'iterable',
      activities: { ...createIterableConsentActivities(tools, settings) },
    }),
    Worker.create({ ...shared, taskQueue: 'marketo', activities: { ...marketo } }),
    Worker.create({ ...shared, taskQueue: 'warehouse', activities: { ...log } }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  return async () => {
    for (const worker of workers) worker.shutdown();
    await running;
  };
}
