/** The sample warehouse: rows for every shipped model, bad ones that are bad as said, and a file that nobody loses. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openDuckDb } from '../../activities/warehouse/duckdb.js';
import type { Warehouse } from '../../activities/warehouse/engine.js';
import type { LoadResult } from '../../activities/warehouse/sync-contract.js';
import { sqlOf } from '../../domain/sync/model-sql.js';
import { MODELS } from '../../recipes/models/index.js';
import {
  BAD_KINDS,
  BAD_ROWS,
  changeSample,
  CONTACTS,
  NAMESPACES,
  sampleAddresses,
  writeSampleWarehouse,
} from '../../sandbox/samples/warehouse/index.js';
import { startLoader } from '../support/sync-loader.js';
import { createScene, type SyncScene } from '../support/sync-scene.js';
import { readAll } from '../support/warehouse-file.js';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';

const TODAY = '2026-03-01'; // the day of the scene's clock; the two months before it are the shortest
const SAMPLE = { rows: 400, seed: 7, bad: 18, today: TODAY };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sample-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function onWarehouse<T>(path: string, work: (warehouse: Warehouse) => Promise<T>): Promise<T> {
  const warehouse = await openDuckDb({ path });
  try {
    return await work(warehouse);
  } finally {
    await warehouse.close();
  }
}

/** One text for all rows of the tables. */
const contentOf = (path: string): Promise<unknown> =>
  onWarehouse(path, async (warehouse) =>
    Promise.all(
      [CONTACTS, NAMESPACES, BAD_ROWS].map(
        async (table) =>
          (
            await readAll(
              warehouse,
              `SELECT md5(string_agg(CAST(t AS VARCHAR), '|' ORDER BY t)) FROM ${table} AS t`,
            )
          ).rows,
      ),
    ),
  );

describe('a sample warehouse', () => {
  it('has the same rows for the same seed, and other ones for another', async () => {
    const [one, same, other] = ['one', 'same', 'other'].map((name) => join(folder, `${name}.duckdb`));
    const path = (of: string | undefined): string => of ?? '';
    await writeSampleWarehouse({ ...SAMPLE, path: path(one) });
    await writeSampleWarehouse({ ...SAMPLE, path: path(same) });
    await writeSampleWarehouse({ ...SAMPLE, path: path(other), seed: 8 });
    const content = await contentOf(path(one));
    expect(await contentOf(path(same))).toEqual(content);
    expect(await contentOf(path(other))).not.toEqual(content);
  });

  it('has rows for every model that ships, all people at example.com', async () => {
    const path = join(folder, 'models.duckdb');
    await writeSampleWarehouse({ ...SAMPLE, bad: 0, path });
    await onWarehouse(path, async (warehouse) => {
      const counts = await Promise.all(
        MODELS.map(async (model) => {
          const sql = `SELECT count(*), count(DISTINCT email_address) FROM (${sqlOf(model, Date.parse(TODAY))}) AS model`;
          const [[rows, people] = []] = (await readAll(warehouse, sql)).rows;
          expect(people).toBe(rows);
          return Number(rows);
        }),
      );
      expect(counts[0]).toBe(400);
      expect(counts[1]).toBeGreaterThan(200);
      const [[strangers] = []] = (
        await readAll(
          warehouse,
          `SELECT count(*) FROM ${CONTACTS} WHERE email_address NOT ILIKE '%@example.com'`,
        )
      ).rows;
      expect(strangers).toBe('0');
    });
  });

  it('has bad rows that the plan takes and that each end in the verdict of their kind, and no others', async () => {
    const path = join(folder, 'bad.duckdb');
    const written = await writeSampleWarehouse({ ...SAMPLE, path });
    expect(written.bad.map(({ kind }) => kind).sort()).toEqual(BAD_KINDS.map(({ kind }) => kind).sort());
    await onWarehouse(path, async (warehouse) => {
      const scene = createScene(warehouse, MODELS);
      const { run, summary } = await scene.plan('users-namespaces');
      expect(summary).toMatchObject({ plannedRows: 400, nullKeys: 0, duplicateKeys: 0, typeConflicts: [] });
      const rejected = await verdictsAtIterable(scene, run);
      const expected = (await readAll(warehouse, `SELECT dim_marketing_contact_id, reason FROM ${BAD_ROWS}`))
        .rows;
      expect(rejected).toEqual(new Map(expected.map(([key, reason]) => [key, reason])));
      expect(rejected.size).toBe(SAMPLE.bad);
    });
  });

  it('changes and removes as many people as told, never bad ones, and each change is one', async () => {
    const path = join(folder, 'changes.duckdb');
    await writeSampleWarehouse({ ...SAMPLE, path });
    await onWarehouse(path, async (warehouse) => {
      const scene = createScene(warehouse, MODELS);
      await scene.sync(undefined, 'users-namespaces');
      await changeSample(warehouse, { changes: 20, removals: 5, addressChanges: 2, seed: 1 });
      const { summary } = await scene.plan('users-namespaces');
      expect(summary.operations).toEqual({ add: 0, change: 22, remove: 5, retry: 0 });
      await expect(changeSample(warehouse, { changes: 1_000, seed: 2 })).rejects.toThrow(
        'to change, not 1000',
      );
    });
  });

  it('adds rows with bad keys only when asked', async () => {
    const path = join(folder, 'keys.duckdb');
    await writeSampleWarehouse({ ...SAMPLE, path, duplicateKeys: 2, nullKeys: 3 });
    await onWarehouse(path, async (warehouse) => {
      const { summary } = await createScene(warehouse, MODELS).plan('users-namespaces');
      expect(summary).toMatchObject({ sourceRows: 405, nullKeys: 3, duplicateKeys: 4 });
    });
  });

  it('replaces a sample that nobody has used, and nothing else unless forced', async () => {
    const path = join(folder, 'replaced.duckdb');
    const write = (force = false): Promise<unknown> => writeSampleWarehouse({ ...SAMPLE, path, force });
    await writeFile(path, 'a letter');
    await expect(write()).rejects.toThrow('is not a sample; --force replaces it');
    await write(true);
    await write();
    await onWarehouse(path, async (warehouse) => {
      await expect(write(true)).rejects.toThrow('is open in another process');
      await createScene(warehouse, MODELS).plan('users-namespaces');
    });
    await expect(write()).rejects.toThrow('what syncs and opt-outs remember');
    expect((await readdir(folder)).filter((name) => name.includes('.new'))).toEqual([]);
  });

  it('is written by a command that says what is in it', async () => {
    const path = join(folder, 'command.duckdb');
    const run = (...more: string[]): ReturnType<typeof command> =>
      command('--path', path, '--rows', '50', '--json', ...more);
    const [{ stdout }] = await Promise.all([
      run('--bad', '6', '--seed', '3', '--today', TODAY),
      expect(run('--bad', '51')).rejects.toMatchObject({ code: 2, stderr: '51 bad rows of 50\n' }),
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ path, rows: 50, bad: Array(6).fill({ rows: 1 }) });
  });
});

/** By key, the reasons of the rows that the loader and the sandbox refuse. */
async function verdictsAtIterable(
  scene: SyncScene,
  run: Parameters<SyncScene['planned']>[0],
): Promise<ReadonlyMap<string, string | undefined>> {
  const plan = (await scene.planned(run)).map(({ row }) => row);
  const loader = await startLoader({ plan, model: scene.modelOf(run.model) });
  try {
    for await (const address of sampleAddresses(SAMPLE)) loader.sandbox.addUser(address);
    const { verdicts }: LoadResult = await loader.load();
    expect(verdicts.delivered + verdicts.rejected).toBe(plan.length);
    const refused = [...loader.store.ledger().values()].filter(({ verdict }) => verdict === 'rejected');
    return new Map(refused.map(({ n, reason }) => [plan[n]?.key ?? '', reason]));
  } finally {
    await loader.sandbox.close();
  }
}

const command = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', join('scripts', 'sample-warehouse.ts'), ...args],
    {
      cwd: PROJECT_ROOT,
    },
  );
