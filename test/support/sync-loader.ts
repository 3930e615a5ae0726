/** The loader of syncs against the sandbox, with plan and ledger in memory. */
import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { connectIterable } from '../../activities/iterable/activities.js';
import type { SyncLoadDependencies } from '../../activities/iterable/sync/dependencies.js';
import { createSyncLoadActivities } from '../../activities/iterable/sync/activities.js';
import type { LoadRange, LoadResult, SyncLoadActivities } from '../../activities/warehouse/sync-contract.js';
import type { PlanRow, RowResult, SyncStore } from '../../activities/warehouse/sync/store.js';
import { defineModel, integer, json, object, text } from '../../domain/define-model.js';
import type { Operation, SyncModel } from '../../domain/sync-model.js';
import {
  startSandboxIterable,
  type SandboxIterable,
  type SandboxOptions,
} from '../../sandbox/iterable/index.js';
import { TEST_HASHER } from './events.js';
import { QUIET } from './iterable-connector.js';

export const PEOPLE: SyncModel = defineModel({
  name: 'people',
  summary: 'People of the tests.',
  owner: 'tests',
  sql: 'SELECT id, email, seats, plan, tags FROM people',
  key: ['ID'],
  email: 'EMAIL',
  target: { kind: 'user' },
  mode: { kind: 'upsert' },
  fields: {
    seats: integer('SEATS'),
    plan: object({ title: text('PLAN', { nulls: 'send' }) }),
    tags: json('TAGS', { nulls: 'send' }),
  },
});
/** As the warehouse gives them: seats, plan, tags. */
export type Cells = readonly (string | null)[];

export const emailOf = (n: number): string => `person-${String(n)}@example.com`;

/** A row of the plan. What is absent on one side is that of an operation: nothing old to add, nothing new to remove. */
export function planRow(
  n: number,
  operation: Operation = 'add',
  row: { old?: Cells; new?: Cells; oldEmail?: string; newEmail?: string } = {},
): PlanRow {
  const isNew = operation === 'add';
  const isGone = operation === 'remove';
  return {
    n,
    operation,
    key: `key-${String(n)}`,
    attempts: 0,
    ...(isNew ? {} : { oldEmail: row.oldEmail ?? emailOf(n), oldRow: row.old ?? ['1', 'free', null] }),
    ...(isGone
      ? {}
      : { newEmail: row.newEmail ?? emailOf(n), newRow: row.new ?? [String(n), 'premium', '["a"]'] }),
  };
}

export const planRows = (count: number): PlanRow[] => Array.from({ length: count }, (_, n) => planRow(n));

export interface MemoryStore extends SyncStore {
  /** The ledger: one verdict per row, by number. */
  readonly ledger: () => ReadonlyMap<number, RowResult>;
  /** How often verdicts were written. */
  readonly writes: () => number;
}

const isOpen = (row: RowResult | undefined): boolean =>
  row === undefined || row.verdict === 'unknown' || row.verdict === 'retry';

export function memoryStore(plan: readonly PlanRow[]): MemoryStore {
  const ledger = new Map<number, RowResult>();
  let writes = 0;
  const inRange = <T extends { readonly n: number }>(rows: Iterable<T>, from: number, until: number): T[] =>
    [...rows].filter(({ n }) => n >= from && n < until);
  const withVerdict = (verdict: string): PlanRow[] =>
    plan.filter(({ n }) => ledger.get(n)?.verdict === verdict);
  return {
    ledger: () => new Map([...ledger].sort(([left], [right]) => left - right)),
    writes: () => writes,
    readPlanRows: (_, from, until) => Promise.resolve(inRange(plan, from, until)),
    settledRows: (_, from, until) => Promise.resolve(inRange(ledger.values(), from, until)),
    writeVerdicts: (_, rows) => {
      writes += 1;
      for (const row of rows) if (isOpen(ledger.get(row.n))) ledger.set(row.n, row);
      return Promise.resolve();
    },
    doubtfulRows: (_, after, limit) =>
      Promise.resolve(
        withVerdict('unknown')
          .filter(({ n }) => n > after)
          .slice(0, limit),
      ),
    sampleRows: (_, count) => Promise.resolve(withVerdict('delivered').slice(0, count)),
  };
}

export interface Loader {
  readonly sandbox: SandboxIterable;
  readonly store: MemoryStore;
  readonly load: (range?: Partial<LoadRange>, info?: Partial<Info>) => Promise<LoadResult>;
  readonly loadIn: (env: MockActivityEnvironment, range?: Partial<LoadRange>) => Promise<LoadResult>;
  readonly verify: (sampleRows?: number) => ReturnType<SyncLoadActivities['verifyRun']>;
  /** Verdict and reason of each row, in order: `delivered`, `rejected invalid-email`. */
  readonly verdicts: () => string[];
  /** Paths without `/api`, in the order of the requests. */
  readonly paths: () => string[];
}

export interface LoaderOptions {
  readonly plan: readonly PlanRow[];
  readonly model?: SyncModel;
  readonly sandbox?: SandboxOptions;
  readonly apiKey?: string;
  readonly callTimeoutMs?: number;
  readonly deps?: Partial<SyncLoadDependencies>;
}

export const UNLIMITED = {
  'users/bulkUpdate': 1e5,
  'events/trackBulk': 1e5,
  'users/get': 1e5,
  'users/updateEmail': 1e5,
  'lists/unsubscribe': 1e5,
} as const;

export async function startLoader(options: LoaderOptions): Promise<Loader> {
  const { plan, model = PEOPLE, callTimeoutMs, deps } = options;
  const sandbox = await startSandboxIterable({ limits: 'off', ...options.sandbox });
  const store = memoryStore(plan);
  const activities = createSyncLoadActivities({
    tools: connectIterable({
      baseUrl: sandbox.url,
      apiKey: options.apiKey ?? sandbox.apiKey,
      limitShare: 1,
      tuning: {
        perSecond: UNLIMITED,
        random: () => 0,
        graceMs: 50,
        ...(callTimeoutMs === undefined ? {} : { callTimeoutMs }),
      },
    }),
    store,
    modelOf: (name) => (name === model.name ? model : undefined),
    hasher: TEST_HASHER,
    consentInFlight: () => Promise.resolve(new Set()),
    updateOnlyFlag: true,
    readableAfterMs: 1,
    ...deps,
  });
  const run = { runId: 'people-1', model: model.name };
  const range: LoadRange = { ...run, fromRow: 0, untilRow: plan.length, rowsPerCall: 1_000 };
  const loadIn: Loader['loadIn'] = (env, changes) => env.run(activities.loadRange, { ...range, ...changes });
  return {
    sandbox,
    store,
    loadIn,
    load: (changes, info) => loadIn(new MockActivityEnvironment(info, { logger: QUIET }), changes),
    verify: (sampleRows = 0) =>
      new MockActivityEnvironment({}, { logger: QUIET }).run(activities.verifyRun, run, sampleRows),
    verdicts: () =>
      [...store.ledger().values()].map(({ verdict, reason }) =>
        reason === undefined ? verdict : `${verdict} ${reason}`,
      ),
    paths: () => sandbox.received().map(({ path }) => path.replace('/api/', '')),
  };
}
