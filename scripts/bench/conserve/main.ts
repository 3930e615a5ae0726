/** Conservation, seed after seed: nothing is lost, nothing is sent twice without need, every bad row is listed once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadConfig } from '../../../config/load.js';
import { connectClient } from '../../../workers/connect.js';
import { startDevServer } from '../../../workers/dev-server.js';
import { startProcess, WORKER_FROM_SOURCES } from '../../processes.js';
import { table } from '../../recipes/output.js';
import { benchSettings } from '../settings.js';
import { syncUnderFire, type FireReport, type FireScene } from './under-fire.js';

export interface ConserveBenchOptions {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly rows: number;
  readonly bad: number;
  readonly kills: number;
  readonly killEverySeconds: number;
  /** Each has its own Temporal. */
  readonly atOnce: number;
  readonly json: boolean;
}

/** Prints a line per seed. Exit code 1 when one of them did not end as it must. */
export async function benchConserve(options: ConserveBenchOptions): Promise<void> {
  const seeds = Array.from({ length: options.seeds }, (_, n) => options.firstSeed + n);
  const reports: FireReport[] = [];
  const oneAfterAnother = async (): Promise<void> => {
    const stage = await startStage();
    try {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const { rows, bad, kills, killEverySeconds } = options;
        const killEveryMs = killEverySeconds * 1_000;
        const report = await syncUnderFire({ seed, rows, bad, kills, killEveryMs }, stage.sceneOf(seed));
        process.stdout.write(`${options.json ? JSON.stringify(report) : lineOf(report)}\n`);
        reports.push(report);
      }
    } finally {
      await stage.close();
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, oneAfterAnother));
  if (!options.json) process.stdout.write(`${summary(options, reports)}\n`);
  if (reports.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
}

function lineOf({ seed, kills, lostAnswers, resent, mostResent, problems }: FireReport): string {
  const end = problems.length === 0 ? 'as it must be' : problems.join('; ');
  return `seed ${String(seed)}: ${String(kills)} kills, ${String(lostAnswers)} lost answers, ${String(resent)} rows sent again (${String(mostResent)} may be): ${end}`;
}

function summary({ rows, bad }: ConserveBenchOptions, reports: readonly FireReport[]): string {
  const sum = (of: (report: FireReport) => number): string =>
    String(reports.reduce((total, report) => total + of(report), 0));
  return table(
    [`syncs of ${String(rows)} rows, ${String(bad)} of them bad`, ''],
    [
      ['seeds', String(reports.length)],
      ['kills', sum(({ kills }) => kills)],
      ['bulk requests', sum(({ requests }) => requests)],
      ['refused with 429 or 503', sum(({ refused }) => refused)],
      ['answers lost', sum(({ lostAnswers }) => lostAnswers)],
      ['rows sent again', sum(({ resent }) => resent)],
      ['rows in flight at kills', sum(({ mostResent }) => mostResent)],
      ['seeds that did not end as they must', sum(({ problems }) => Math.min(1, problems.length))],
    ],
  );
}

interface Stage {
  readonly sceneOf: (seed: number) => FireScene;
  readonly close: () => Promise<void>;
}

async function startStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'iterable-recipes-bench-'));
  const ours = { ITERABLE_BULK_UPDATE_ONLY: 'true', CONSENT_SETTLE_SECONDS: '1' };
  const nobody = benchSettings(folder, { url: 'http://127.0.0.1:9', apiKey: 'of each sandbox' });
  const config = loadConfig(nobody, { gateway: false, worker: false });
  const temporal = await startDevServer(config, pino({ level: 'silent' }), { ui: false, preferredPort: 0 });
  const connected = await connectClient(config, temporal.address);
  return {
    sceneOf: (seed) => {
      const path = join(folder, `${String(seed)}.duckdb`);
      return {
        path,
        client: connected.client.workflow,
        startWorker: (iterable) =>
          startProcess(
            [],
            {
              ...benchSettings(folder, iterable),
              ...ours,
              TEMPORAL_ADDRESS: temporal.address,
              WAREHOUSE_URL: `duckdb:${path}`,
            },
            WORKER_FROM_SOURCES,
          ),
      };
    },
    close: async () => {
      await connected.close();
      await temporal.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
