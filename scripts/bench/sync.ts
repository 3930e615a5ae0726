/**
 * A full sync of a million rows by a worker, `npm start -- --only worker`, against the sandbox at Iterable's documented
 * limits, answers as late as at a distance. Beside it, in the same run, a plain script that sends batch after batch.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { got } from 'got';
import { PUBLISHED_PER_SECOND } from '../../activities/iterable/endpoints.js';
import { openDuckDb } from '../../activities/warehouse/duckdb.js';
import { loadConfig } from '../../config/load.js';
import { usersNamespaces } from '../../recipes/models/users-namespaces.js';
import { startSandboxIterable, type SandboxIterable } from '../../sandbox/iterable/index.js';
import { CONTACTS, sampleAddresses, writeSampleWarehouse } from '../../sandbox/samples/warehouse/index.js';
import {
  SYNC_MODEL,
  syncWorkflowId,
  type SyncModelInput,
  type SyncResult,
} from '../../workflows/sync-model/messages.js';
import { connectClient } from '../../workers/connect.js';
import { startProcess, WORKER_FROM_SOURCES } from '../processes.js';
import { table } from '../recipes/output.js';
import { benchSettings } from './settings.js';

export interface SyncBenchOptions {
  readonly rows: number;
  /** Of the plain script. */
  readonly baselineRows: number;
  readonly answerMs: number;
  readonly json: boolean;
}

const CEILING = PUBLISHED_PER_SECOND['users/bulkUpdate'];
const LEAST_SHARE = 0.9;
/** What the documentation promises of a worker and of a run's history. */
const MOST_RSS_MB = 512;
const MOST_EVENTS = 3_000;
const MOST_HISTORY_MB = 5;
const MB = 1_048_576;
const SEED = 1;

interface Figures {
  readonly rows: number;
  readonly delivered: number;
  readonly calls: number;
  readonly requestsPerSecond: number;
  readonly shareOfCeiling: number;
  readonly refusedByLimit: number;
  readonly rowsPerSecond: number;
  readonly workerPeakMb: number;
  readonly longestHistoryEvents: number;
  readonly largestHistoryMb: number;
  readonly runSeconds: number;
  readonly baselineRowsPerSecond: number;
  readonly timesBaseline: number;
}

/** Exit code 1 when a bound that the documentation states does not hold. */
export async function benchSync(options: SyncBenchOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'iterable-recipes-bench-'));
  const path = join(folder, 'warehouse.duckdb');
  try {
    await writeSampleWarehouse({ path, rows: options.rows, seed: SEED });
    const baselineRowsPerSecond = await plainScript(path, options);
    const measured = await measure(folder, path, options);
    const figures = {
      ...measured,
      baselineRowsPerSecond,
      timesBaseline: measured.rowsPerSecond / baselineRowsPerSecond,
    };
    process.stdout.write(`${options.json ? JSON.stringify(figures) : asTable(figures)}\n`);
    const problems = problemsOf(figures);
    for (const problem of problems) process.stderr.write(`${problem}\n`);
    if (problems.length > 0) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function problemsOf(figures: Figures): readonly string[] {
  return [
    ...(figures.delivered === figures.rows ? [] : ['not every row was delivered']),
    ...(figures.shareOfCeiling >= LEAST_SHARE ? [] : ['slower than 90 % of what Iterable allows']),
    ...(figures.refusedByLimit === 0 ? [] : ['Iterable refused requests: too many a second']),
    ...(figures.workerPeakMb <= MOST_RSS_MB ? [] : ['the worker needs too much memory']),
    ...(figures.longestHistoryEvents < MOST_EVENTS ? [] : ['a history is too long']),
    ...(figures.largestHistoryMb < MOST_HISTORY_MB ? [] : ['a history is too large']),
  ];
}

async function startIterable({ answerMs, rows }: SyncBenchOptions): Promise<SandboxIterable> {
  const iterable = await startSandboxIterable({ recordBodies: 'none', answerAfterMs: answerMs });
  for await (const address of sampleAddresses({ rows, seed: SEED })) iterable.addUser(address);
  return iterable;
}

async function measure(
  folder: string,
  path: string,
  options: SyncBenchOptions,
): Promise<Omit<Figures, 'baselineRowsPerSecond' | 'timesBaseline'>> {
  const iterable = await startIterable(options);
  const env = {
    ...benchSettings(folder, iterable),
    ITERABLE_BULK_UPDATE_ONLY: 'true',
    WAREHOUSE_URL: `duckdb:${path}`,
  };
  const app = await startProcess([], env, WORKER_FROM_SOURCES);
  try {
    const { run, longestEvents, largestBytes } = await runSync(String(app.ready['temporal']), env);
    const sent = iterable.received('/api/users/bulkUpdate');
    const seconds = ((sent.at(-1)?.atMs ?? 0) - (sent[0]?.atMs ?? 0)) / 1_000;
    // Between n requests lie n - 1 intervals.
    const requestsPerSecond = (sent.length - 1) / seconds;
    return {
      rows: options.rows,
      delivered: run.totals?.verdicts.delivered ?? 0,
      calls: sent.length,
      requestsPerSecond,
      shareOfCeiling: requestsPerSecond / CEILING,
      refusedByLimit: iterable.received().filter(({ status }) => status === 429).length,
      rowsPerSecond: options.rows / seconds,
      workerPeakMb: await peakMemoryMb(app.pid),
      longestHistoryEvents: longestEvents,
      largestHistoryMb: largestBytes / MB,
      runSeconds: run.seconds,
    };
  } finally {
    await app.end('SIGTERM');
    await iterable.close();
  }
}

async function runSync(
  address: string,
  env: Readonly<Record<string, string>>,
): Promise<SyncResult & { readonly longestEvents: number; readonly largestBytes: number }> {
  const connected = await connectClient(loadConfig(env, { gateway: false, worker: false }), address);
  const client = connected.client.workflow;
  try {
    const workflowId = syncWorkflowId(usersNamespaces.name);
    const { run } = await client.execute<(input: SyncModelInput) => Promise<SyncResult>>(SYNC_MODEL, {
      taskQueue: 'recipes',
      workflowId,
      args: [{ model: usersNamespaces.name, environment: 'bench', dryRun: false }],
    });
    let [longestEvents, largestBytes] = [0, 0];
    for await (const { runId } of client.list({ query: `WorkflowId = '${workflowId}'` })) {
      const { historyLength, historySize = 0 } = await client.getHandle(workflowId, runId).describe();
      longestEvents = Math.max(longestEvents, historyLength);
      largestBytes = Math.max(largestBytes, historySize);
    }
    return { run, longestEvents, largestBytes };
  } finally {
    await connected.close();
  }
}

/** The most that the process has ever had in memory. @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
async function peakMemoryMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1_024;
}

const BATCH = 1_000;

/** One batch after another, waiting for each answer, and a second where the limit is reached. @returns rows per second */
async function plainScript(path: string, options: SyncBenchOptions): Promise<number> {
  const iterable = await startIterable(options);
  try {
    const sql = `SELECT email_address, first_name, last_name, country, company_name, job_title, gitlab_user_name,
      namespaces_array FROM ${CONTACTS} LIMIT ${String(options.baselineRows)}`;
    let batch: unknown[] = [];
    let sent = 0;
    const startMs = performance.now();
    const flush = async (): Promise<void> => {
      await post(iterable, batch);
      sent += batch.length;
      batch = [];
    };
    for await (const rows of rowsOf(path, sql))
      for (const [
        email,
        firstName,
        lastName,
        country,
        company,
        jobTitle,
        gitlabUserName,
        namespaces,
      ] of rows) {
        const dataFields = { firstName, lastName, country, company, jobTitle, gitlabUserName };
        const read: unknown = JSON.parse(namespaces ?? 'null');
        batch.push({ email, dataFields: { ...dataFields, namespaces: read } });
        if (batch.length === BATCH) await flush();
      }
    if (batch.length > 0) await flush();
    return sent / ((performance.now() - startMs) / 1_000);
  } finally {
    await iterable.close();
  }
}

async function post({ url, apiKey }: SandboxIterable, users: readonly unknown[]): Promise<void> {
  for (;;) {
    const { statusCode } = await got.post(`${url}/api/users/bulkUpdate`, {
      json: { users },
      headers: { 'api-key': apiKey },
      throwHttpErrors: false,
      retry: { limit: 0 },
    });
    if (statusCode === 200) return;
    await delay(1_000);
  }
}

async function* rowsOf(path: string, sql: string): AsyncGenerator<readonly (readonly (string | null)[])[]> {
  const warehouse = await openDuckDb({ path });
  try {
    const { batches } = await warehouse.read({ sql }, new AbortController().signal);
    yield* batches;
  } finally {
    await warehouse.close();
  }
}

function asTable(figures: Figures): string {
  const round = (value: number, digits = 0): string => value.toFixed(digits);
  return table(
    ['a full sync', ''],
    [
      ['rows', String(figures.rows)],
      ['delivered', String(figures.delivered)],
      ['requests', String(figures.calls)],
      ['requests per second while it loads', round(figures.requestsPerSecond, 2)],
      [`share of Iterable's ${String(CEILING)} per second`, `${round(figures.shareOfCeiling * 100, 1)} %`],
      ['requests refused for the limit (429)', String(figures.refusedByLimit)],
      ['rows per second while it loads', round(figures.rowsPerSecond)],
      ['seconds from start to commit', String(figures.runSeconds)],
      ['peak memory of the process, MB', round(figures.workerPeakMb)],
      ['longest history of a run, events', String(figures.longestHistoryEvents)],
      ['largest history of a run, MB', round(figures.largestHistoryMb, 2)],
      ['a plain script, rows per second', round(figures.baselineRowsPerSecond)],
      ['times as fast as the plain script', round(figures.timesBaseline, 1)],
    ],
  );
}
