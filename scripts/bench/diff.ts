/**
 * What a plan costs where little has changed: a sample of a million people is known, one in a hundred of them changes, and
 * the plan finds out which. Beside it, in the same run and on the same rows, the bare SQL join that any diff in the
 * warehouse needs, and a diff by a hash map in JavaScript.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { openDuckDb } from '../../activities/warehouse/duckdb.js';
import type { Warehouse } from '../../activities/warehouse/engine.js';
import type { PlanSummary, SyncRun } from '../../activities/warehouse/sync-contract.js';
import {
  createSyncWarehouseActivities,
  type SyncWarehouse,
} from '../../activities/warehouse/sync/activities.js';
import { countOf } from '../../activities/warehouse/sync/ask.js';
import { describeModel, expressionsOf } from '../../activities/warehouse/sync/model-columns.js';
import { runTables, snapshotTable } from '../../activities/warehouse/sync/names.js';
import { createHasher } from '../../domain/person-hash.js';
import { sqlOf } from '../../domain/sync/model-sql.js';
import type { SyncModel } from '../../domain/sync-model.js';
import { usersNamespaces } from '../../recipes/models/users-namespaces.js';
import { changeSample, writeSampleWarehouse } from '../../sandbox/samples/warehouse/index.js';
import { table } from '../recipes/output.js';

export interface DiffBenchOptions {
  readonly rows: number;
  /** One row in so many changes between the two runs. */
  readonly changedOneIn: number;
  /** Each way is timed so often, in turn; the median counts. */
  readonly repeats: number;
  readonly json: boolean;
}

const MODEL: SyncModel = usersNamespaces;
/** What the documentation says: of the process, everything included. */
const MOST_RSS_MB = 512;
const MOST_TIMES_THE_JOIN = 3;

interface Measured {
  readonly plan: PlanSummary;
  readonly planSeconds: number;
  readonly joinSeconds: number;
  readonly mapSeconds: number;
  /** Peak of the process until the last plan, with the sample written and the first run committed. */
  readonly rssMb: number;
  /** And with the hash map. */
  readonly rssWithMapMb: number;
}

/** Exit code 1 when the plan takes too long beside the join, memory grows beyond its bound, or a change is missed. */
export async function benchDiff(options: DiffBenchOptions): Promise<void> {
  const { rows, changedOneIn } = options;
  const folder = await mkdtemp(join(tmpdir(), 'iterable-recipes-bench-'));
  const path = join(folder, 'warehouse.duckdb');
  await writeSampleWarehouse({ path, rows, seed: 1 });
  const warehouse = await openDuckDb({ path });
  try {
    const sync = createSyncWarehouseActivities(warehouse, {
      hasher: createHasher('a key for benchmarks only'),
      iterableFieldTypes: () => Promise.resolve({}),
      now: Date.now,
    });
    await makeKnown(warehouse, sync);
    await changeSample(warehouse, { changes: Math.ceil(rows / changedOneIn), seed: 2 });
    report(options, await measure(warehouse, sync, options.repeats));
  } finally {
    await warehouse.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const runNamed = (name: string): SyncRun => ({ runId: `${MODEL.name}-${name}`, model: MODEL.name });

/** A first run, of which Iterable has taken every row. */
async function makeKnown(warehouse: Warehouse, { activities }: SyncWarehouse): Promise<void> {
  const run = runNamed('first');
  const { plan, ledger } = runTables(run);
  await inActivity(() => activities.planSync(run));
  const sql = `INSERT INTO ${ledger} SELECT n, 'delivered', NULL, now() FROM ${plan}`;
  await warehouse.execute({ sql }, neverAborted());
  await inActivity(() => activities.commitSync(run));
}

async function measure(warehouse: Warehouse, sync: SyncWarehouse, repeats: number): Promise<Measured> {
  const hashes = await hashesSql(warehouse);
  const times: Record<'plan' | 'join' | 'map', number[]> = { plan: [], join: [], map: [] };
  const plans: PlanSummary[] = [];
  for (let n = 0; n < repeats; n += 1) {
    const run = runNamed(`again-${String(n)}`);
    times.join.push(await timed(() => bareJoin(warehouse, hashes)));
    times.plan.push(
      await timed(async () => plans.push(await inActivity(() => sync.activities.planSync(run)))),
    );
    await inActivity(() => sync.activities.dropPlans(run, 0));
  }
  const rssMb = peakRssMb();
  for (let n = 0; n < repeats; n += 1) times.map.push(await timed(() => hashMap(warehouse, hashes)));
  return {
    plan: plans.reduce((last) => last),
    planSeconds: median(times.plan),
    joinSeconds: median(times.join),
    mapSeconds: median(times.map),
    rssMb,
    rssWithMapMb: peakRssMb(),
  };
}

/** Key and hash of every row of the model, as the plan reads them. */
async function hashesSql(warehouse: Warehouse): Promise<string> {
  const sql = sqlOf(MODEL, Date.now());
  const source = await describeModel(warehouse, sql, neverAborted());
  const { key, rawHash } = expressionsOf(MODEL, source, warehouse, 'model.');
  return `SELECT ${key} AS row_key, ${rawHash} AS raw_hash FROM (${sql}) AS model`;
}

const KNOWN = `SELECT row_key, raw_hash FROM ${snapshotTable(MODEL.name)}`;

/** The least that a diff in SQL can be: which rows differ, and nothing made of it. */
async function bareJoin(warehouse: Warehouse, hashes: string): Promise<void> {
  const sql =
    `SELECT count(*) FROM (${hashes}) AS source FULL OUTER JOIN (${KNOWN}) AS known ` +
    `ON known.row_key = source.row_key WHERE source.raw_hash IS DISTINCT FROM known.raw_hash`;
  await countOf(warehouse, sql, neverAborted());
}

/** The same outside of the warehouse: all keys and hashes read, and compared in a map. */
async function hashMap(warehouse: Warehouse, hashes: string): Promise<void> {
  const known = new Map<string, string | null>();
  for await (const [key, hash] of rowsOf(warehouse, KNOWN)) known.set(key, hash);
  const differing = new Set<string>();
  for await (const [key, hash] of rowsOf(warehouse, hashes)) {
    if (known.get(key) !== hash) differing.add(key);
    known.delete(key);
  }
  for (const key of known.keys()) differing.add(key);
}

async function* rowsOf(warehouse: Warehouse, sql: string): AsyncGenerator<readonly [string, string | null]> {
  const { batches } = await warehouse.read({ sql }, neverAborted());
  for await (const rows of batches) for (const [key, hash = null] of rows) yield [key ?? '', hash];
}

const neverAborted = (): AbortSignal => new AbortController().signal;
const peakRssMb = (): number => Math.round(process.resourceUsage().maxRSS / 1024);

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The environment types what it runs as unknown; what comes out is kept by its own name. */
async function inActivity<T>(work: () => Promise<T>): Promise<T> {
  const results: T[] = [];
  await new MockActivityEnvironment().run(async () => {
    results.push(await work());
  });
  return results.reduce((only) => only); // throws where there is none
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}

function report({ rows, changedOneIn, json }: DiffBenchOptions, measured: Measured): void {
  const { plan, planSeconds, joinSeconds, mapSeconds, rssMb, rssWithMapMb } = measured;
  const timesJoin = planSeconds / joinSeconds;
  const timesMap = planSeconds / mapSeconds;
  if (json) process.stdout.write(`${JSON.stringify({ ...measured, timesJoin, timesMap })}\n`);
  else
    process.stdout.write(
      `${table(
        ['diff in DuckDB', ''],
        [
          ['rows', String(plan.sourceRows)],
          ['changed', String(plan.operations.change)],
          ['plan, seconds', planSeconds.toFixed(2)],
          ['bare SQL join, seconds', joinSeconds.toFixed(2)],
          ['hash map in JavaScript, seconds', mapSeconds.toFixed(2)],
          ['plan, times the join', timesJoin.toFixed(2)],
          ['plan, times the hash map', timesMap.toFixed(2)],
          ['peak memory with sample, first run and plans, MB', String(rssMb)],
          ['peak memory with the hash map, MB', String(rssWithMapMb)],
        ],
      )}\n`,
    );
  const isRight = plan.sourceRows === rows && plan.operations.change === Math.ceil(rows / changedOneIn);
  if (!isRight || rssMb > MOST_RSS_MB || timesJoin > MOST_TIMES_THE_JOIN) process.exitCode = 1;
}
