/** A model over a small source table in one of the engines: planned, settled as the test says, and committed. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { snapshotTable } from '../../activities/warehouse/sync/names.js';
import {
  createSyncWarehouseActivities,
  type SyncWarehouse,
} from '../../activities/warehouse/sync/activities.js';
import type { PlanRow, RowResult } from '../../activities/warehouse/sync/store.js';
import type { Cell, Warehouse } from '../../activities/warehouse/engine.js';
import type { PlanSummary, RunTotals, SyncRun } from '../../activities/warehouse/sync-contract.js';
import {
  day,
  decimal,
  defineModel,
  flag,
  instant,
  integer,
  json,
  object,
  text,
} from '../../domain/define-model.js';
import { outgoing, type Outgoing } from '../../domain/sync/outgoing.js';
import type { SyncModel } from '../../domain/sync-model.js';
import { TEST_HASHER } from './events.js';
import { QUIET, START_MS } from './iterable-connector.js';
import { startSnowflakeStage } from './snowflake.js';
import { neverAborted, openWarehouseFile, readAll } from './warehouse-file.js';

export interface RunningWarehouse {
  readonly warehouse: Warehouse;
  readonly close: () => Promise<void>;
}

export async function startDuckDb(): Promise<RunningWarehouse> {
  const { warehouse, remove } = await openWarehouseFile();
  return { warehouse, close: remove };
}

/** Small partitions: most results have several. */
async function startSnowflake(): Promise<RunningWarehouse> {
  const stage = await startSnowflakeStage({ rowsInFirstPartition: 3, rowsPerPartition: 50 });
  return { warehouse: stage.connect(), close: stage.close };
}

/** What the suite of the sync runs over. */
export const ENGINES: readonly (readonly [string, () => Promise<RunningWarehouse>])[] = [
  ['DuckDB', startDuckDb],
  ['Snowflake', startSnowflake],
];

export const PEOPLE: SyncModel = defineModel({
  name: 'people',
  summary: 'People of a test.',
  owner: 'tests',
  sql: 'SELECT * FROM people',
  key: ['ID'],
  email: 'EMAIL',
  target: { kind: 'user' },
  mode: { kind: 'update-only' },
  retries: { waitHours: [1, 10] },
  fields: {
    name: text('NAME'),
    visits: integer('VISITS'),
    score: decimal('SCORE', { nulls: 'keep-if-set' }),
    lastSeen: instant('LAST_SEEN'),
    trialStart: day('TRIAL_START', { nulls: 'send' }),
    plan: object({ title: text('PLAN_TITLE'), isPaid: flag('IS_PAID') }),
    namespaces: json('NAMESPACES', { set: true }),
  },
});

export interface Person {
  readonly id?: number | null;
  readonly email?: string | null;
  readonly name?: string | null;
  readonly visits?: number | null;
  readonly score?: string | null;
  readonly last_seen?: string | null;
  readonly trial_start?: string | null;
  readonly plan_title?: string | null;
  readonly is_paid?: boolean | null;
  readonly namespaces?: string | null;
}

const COLUMNS = [
  'id',
  'email',
  'name',
  'visits',
  'score',
  'last_seen',
  'trial_start',
  'plan_title',
  'is_paid',
  'namespaces',
] as const;

/** Person number `n` of example.com. */
export const person = (n: number, more: Person = {}): Person => ({
  id: n,
  email: `person-${n}@example.com`,
  name: `Person ${n}`,
  visits: n,
  score: '1.5',
  last_seen: '2026-02-03 04:05:06.789',
  trial_start: '2026-02-01',
  plan_title: 'Premium',
  is_paid: true,
  namespaces: `[{"NAMESPACE_ID":${n},"LIST_OF_STAGES":["create","verify"]},{"NAMESPACE_ID":7}]`,
  ...more,
});

export type Settle = (row: PlanRow, sent: Outgoing) => Omit<RowResult, 'n'> | undefined;

/** As a loader would that finds everybody at Iterable. */
export const deliverAll: Settle = (_row, sent) => {
  if (sent.kind === 'refused') return { verdict: 'rejected', reason: sent.reason };
  return { verdict: sent.kind === 'nothing' ? 'unchanged' : 'delivered' };
};

export interface SyncScene extends SyncWarehouse {
  readonly warehouse: Warehouse;
  readonly clock: { nowMs: number };
  readonly fieldTypes: Record<string, string>;
  /** Replaces the rows of the source. */
  readonly source: (people: readonly Person[], columns?: string) => Promise<void>;
  readonly plan: (model?: string) => Promise<{ readonly run: SyncRun; readonly summary: PlanSummary }>;
  /** The planned rows with what they ask of Iterable. */
  readonly planned: (run: SyncRun) => Promise<readonly { readonly row: PlanRow; readonly sent: Outgoing }[]>;
  /** Plans, settles and commits. */
  readonly sync: (settle?: Settle, model?: string) => Promise<SyncedRun>;
  readonly inActivity: <T>(work: () => Promise<T>) => Promise<T>;
  readonly rows: (sql: string) => Promise<readonly (readonly Cell[])[]>;
  /** Forgets everything about a model, and its source. */
  readonly reset: () => Promise<void>;
}

export interface SyncedRun {
  readonly run: SyncRun;
  readonly summary: PlanSummary;
  readonly sent: readonly Outgoing[];
  readonly totals: RunTotals;
}

let runs = 0;

export function createScene(warehouse: Warehouse, models: readonly SyncModel[] = [PEOPLE]): SyncScene {
  const clock = { nowMs: START_MS };
  const fieldTypes: Record<string, string> = {};
  let isMade = false;
  const sync = createSyncWarehouseActivities(warehouse, {
    hasher: TEST_HASHER,
    iterableFieldTypes: () => Promise.resolve(fieldTypes),
    now: () => clock.nowMs,
    models,
  });
  const inActivity = <T>(work: () => Promise<T>): Promise<T> =>
    new MockActivityEnvironment({}, { logger: QUIET }).run(work);
  const execute = (sql: string, binds: readonly Cell[] = []): Promise<number | undefined> =>
    warehouse.execute({ sql, binds }, neverAborted());
  const planned: SyncScene['planned'] = async (run) => {
    const { summary } = await planOf(run);
    const rows = await sync.store.readPlanRows(run, 0, summary.plannedRows, neverAborted());
    return rows.map((row) => ({ row, sent: outgoing(sync.modelOf(run.model), row, TEST_HASHER) }));
  };
  const planOf = async (run: SyncRun): Promise<{ run: SyncRun; summary: PlanSummary }> => ({
    run,
    summary: await inActivity(() => sync.activities.planSync(run)),
  });
  const plan: SyncScene['plan'] = (model = 'people') => {
    runs += 1;
    return planOf({ runId: `${model}-20260301-${runs}`, model });
  };
  return {
    ...sync,
    warehouse,
    clock,
    fieldTypes,
    inActivity,
    planned,
    plan,
    rows: async (sql) => (await readAll(warehouse, sql)).rows,
    source: async (people, columns) => {
      const { types } = warehouse.dialect;
      await execute(`CREATE OR REPLACE TABLE people (${columns ?? sourceColumns(types)})`);
      if (people.length > 0) await execute(insertOf(warehouse, people), [JSON.stringify(people)]);
    },
    sync: async (settle = deliverAll, model = 'people') => {
      const { run, summary } = await plan(model);
      const all = await planned(run);
      const results = all.flatMap(({ row, sent }) => {
        const result = settle(row, sent);
        return result === undefined ? [] : [{ n: row.n, ...result }];
      });
      await sync.store.writeVerdicts(run, results, neverAborted());
      const totals = await inActivity(() => sync.activities.commitSync(run));
      return { run, summary, sent: all.map(({ sent }) => sent), totals };
    },
    reset: async () => {
      clock.nowMs = START_MS;
      for (const name of Object.keys(fieldTypes)) Reflect.deleteProperty(fieldTypes, name);
      if (!isMade)
        for (const { name } of models)
          await inActivity(() => sync.activities.syncHistory({ model: name, limit: 1 })); // makes the tables
      isMade = true;
      const snapshots = models.map(({ name }) => `DELETE FROM ${snapshotTable(name)}`);
      await warehouse.transact([...snapshots, 'DELETE FROM iterable_recipes.sync_models'], neverAborted());
    },
  };
}

/** Columns of the source, spelt out. @param visits type of one of them */
export function sourceColumns(
  { text: textType, bigint, timestamp }: Warehouse['dialect']['types'],
  visits = bigint,
): string {
  return (
    `id ${bigint}, email ${textType}, name ${textType}, visits ${visits}, score decimal(10, 2), ` +
    `last_seen ${timestamp}, trial_start date, plan_title ${textType}, is_paid boolean, namespaces ${textType}`
  );
}

function insertOf({ dialect }: Warehouse, people: readonly Person[]): string {
  const { from, field } = dialect.jsonRows('?');
  const columns = COLUMNS.filter((name) => people.some((one) => Object.hasOwn(one, name)));
  const read = (name: string): string => {
    const value = field(name);
    const as: Readonly<Record<string, string>> = {
      id: dialect.types.bigint,
      visits: dialect.types.bigint,
      score: 'decimal(10, 2)',
      trial_start: 'date',
      is_paid: 'boolean',
    };
    if (name === 'last_seen') return dialect.timestamp(value);
    return as[name] === undefined ? value : `CAST(${value} AS ${as[name]})`;
  };
  return `INSERT INTO people (${columns.join(', ')}) SELECT ${columns.map(read).join(', ')} FROM ${from}`;
}
