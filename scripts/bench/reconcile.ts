/**
 * How a comparison of all leads bears a million of them: the extract is made by the sandbox Marketo, streamed, and each
 * unsubscribed person is held against the sandbox Iterable and the consent log. Beside it, in the same run, the same
 * file only read.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createReconcileActivities } from '../../activities/consent/reconcile.js';
import { connectIterable } from '../../activities/iterable/activities.js';
import { createReadStanding } from '../../activities/iterable/read-standing.js';
import { createMarketoActivities, type Marketo } from '../../activities/marketo/activities.js';
import type { ExtractJob } from '../../activities/marketo/contract.js';
import { createConsentLogReader } from '../../activities/warehouse/consent-seen.js';
import { openDuckDb } from '../../activities/warehouse/duckdb.js';
import { createHasher } from '../../domain/person-hash.js';
import { MESSAGE_TYPES } from '../../recipes/subscriptions.js';
import { RECONCILE } from '../../recipes/unsubscribes.js';
import {
  DEFAULT_SETTINGS,
  startSandboxIterable,
  type SandboxIterable,
} from '../../sandbox/iterable/index.js';
import { startSandboxMarketo, type SandboxMarketo } from '../../sandbox/marketo/index.js';
import { addFound, breakerReasons, NO_COUNTS } from '../../workflows/reconcile-consent/jobs.js';
import { table } from '../recipes/output.js';

export interface ReconcileBenchOptions {
  readonly leads: number;
  /** One lead in so many is unsubscribed. */
  readonly unsubscribedOneIn: number;
  /** Unsubscribed people whom Iterable still mails: what a mass unsubscribe looks like that nobody has seen. */
  readonly missed: number;
  readonly json: boolean;
}

const DAY_MS = 86_400_000;
/** The process may use so much, as the documentation says; its sandboxes included. */
const MOST_RSS_MB = 512;
const UNLIMITED = 1e6;

/** Exit code 1 when memory grows beyond its bound, people are lost, or the breaker does not do its work. */
export async function benchReconcile(options: ReconcileBenchOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'iterable-recipes-bench-'));
  const marketo = await startSandboxMarketo({ limits: 'off', exportStepMs: 0 });
  const iterable = await startSandboxIterable({ limits: 'off', recordBodies: 'none' });
  const warehouse = await openDuckDb({ path: join(folder, 'log.duckdb') });
  try {
    const job = seed(marketo, iterable, options);
    const hasher = createHasher('a key for benchmarks only');
    const starter = { start: (): Promise<void> => Promise.resolve() };
    const connector = createMarketoActivities({
      baseUrl: marketo.url,
      clientId: marketo.clientId,
      clientSecret: marketo.clientSecret,
      limitShare: 1,
      hasher,
      starter,
      log: { append: () => Promise.resolve() },
      tuning: { callsPerWindow: UNLIMITED },
    });
    const { compareExtract } = createReconcileActivities({
      marketo: connector.reader,
      readStanding: createReadStanding(
        connectIterable({
          baseUrl: iterable.url,
          apiKey: iterable.apiKey,
          limitShare: 1,
          tuning: { perSecond: { 'users/get': UNLIMITED } },
        }),
      ),
      log: createConsentLogReader(warehouse),
      starter,
      hasher,
      now: Date.now,
    });
    const exportId = await finishedExtract(connector, job);
    const baselineSeconds = await timed(() => readOnly(connector, job, exportId));
    const mostLeads = RECONCILE.breaker.people;
    let found = NO_COUNTS;
    const seconds = await timed(async () => {
      const comparison = await inActivity(() => compareExtract(job, exportId, { mode: 'count', mostLeads }));
      found = addFound({ counts: NO_COUNTS, leads: [], sample: [] }, comparison, {
        scope: 'all',
        mostLeads,
      }).counts;
    });
    report(options, { found, seconds, baselineSeconds });
  } finally {
    await warehouse.close();
    await Promise.all([marketo.close(), iterable.close()]);
    await rm(folder, { recursive: true, force: true });
  }
}

/** All leads were born within one extract's 31 days. */
function seed(
  marketo: SandboxMarketo,
  iterable: SandboxIterable,
  { leads, unsubscribedOneIn, missed }: ReconcileBenchOptions,
): ExtractJob {
  const toMs = Math.floor(Date.now() / 1000) * 1000;
  const fromMs = toMs - 30 * DAY_MS;
  marketo.addLeads(leads, (n) => ({
    email: `lead-${n}@example.com`,
    unsubscribed: n % unsubscribedOneIn === 0,
    createdAtMs: fromMs + (n % 2_000_000) * 1_000,
  }));
  const marketing = DEFAULT_SETTINGS.messageTypes.find(
    ({ name }) => name === MESSAGE_TYPES.gitlabMarketing.name,
  );
  for (let n = 0; n < missed; n += 1)
    iterable.addUser(`lead-${n * unsubscribedOneIn}@example.com`, {
      subscribedMessageTypeIds: marketing === undefined ? [] : [marketing.id],
    });
  return { kind: 'leads', fromMs, toMs };
}

async function finishedExtract({ activities }: Marketo, job: ExtractJob): Promise<string> {
  const exportId = await inActivity(() => activities.startExtract(job));
  for (;;) {
    const ready = await inActivity(() => activities.awaitExtract(job, exportId)).catch(() => undefined);
    if (ready !== undefined) return exportId;
  }
}

/** The baseline: the same file, read row by row, and nothing made of it. */
async function readOnly({ reader }: Marketo, job: ExtractJob, exportId: string): Promise<void> {
  await inActivity(async () => {
    for await (const _row of reader.readExtract(job, exportId));
  });
}

/** The environment types what it runs as unknown; what comes out is kept by its own name. */
async function inActivity<T>(work: () => Promise<T>): Promise<T> {
  const results: T[] = [];
  await new MockActivityEnvironment().run(async () => {
    results.push(await work());
  });
  return results.reduce((only) => only); // throws where there is none
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}

function report(
  { leads, unsubscribedOneIn, missed, json }: ReconcileBenchOptions,
  measured: { readonly found: typeof NO_COUNTS; readonly seconds: number; readonly baselineSeconds: number },
): void {
  const { found, seconds, baselineSeconds } = measured;
  const rssMb = Math.round(process.resourceUsage().maxRSS / 1024);
  const breaker = breakerReasons(found);
  const timesBaseline = seconds / baselineSeconds;
  if (json) process.stdout.write(`${JSON.stringify({ ...measured, rssMb, breaker, timesBaseline })}\n`);
  else
    process.stdout.write(
      `${table(
        ['comparison of all leads', ''],
        [
          ['leads', String(found.rows)],
          ['unsubscribed, each looked up in Iterable', String(found.unsubscribed)],
          ['to opt out', String(found.toStart)],
          ['breaker', breaker.length === 0 ? 'not tripped' : breaker.join('; ')],
          ['seconds', seconds.toFixed(1)],
          ['times as long as reading the file alone', timesBaseline.toFixed(1)],
          ['peak memory of the process with both sandboxes, MB', String(rssMb)],
        ],
      )}\n`,
    );
  const expected = Math.ceil(leads / unsubscribedOneIn);
  const isWhole = found.rows === leads && found.unsubscribed === expected && found.toStart === missed;
  const trips = missed > RECONCILE.breaker.people;
  if (!isWhole || rssMb > MOST_RSS_MB || (trips && breaker.length === 0)) process.exitCode = 1;
}
