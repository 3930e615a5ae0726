/**
 * One sync of a sample at an Iterable on a bad day, its worker killed again and again; then what Iterable has, what the
 * run has listed, and what was sent twice are held against the sample.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowClient } from '@temporalio/client';
import { openDuckDb } from '../../../activities/warehouse/duckdb.js';
import type { Cell } from '../../../activities/warehouse/engine.js';
import { readRows } from '../../../activities/warehouse/read-rows.js';
import { usersNamespaces } from '../../../recipes/models/users-namespaces.js';
import { startSandboxIterable, type SandboxIterable } from '../../../sandbox/iterable/index.js';
import {
  BAD_ROWS,
  CONTACTS,
  sampleAddresses,
  writeSampleWarehouse,
} from '../../../sandbox/samples/warehouse/index.js';
import {
  SYNC_MODEL,
  syncWorkflowId,
  type SyncModelInput,
  type SyncResult,
} from '../../../workflows/sync-model/messages.js';
import { RANGES_AT_ONCE } from '../../../workers/workers.js';
import type { StartedProcess } from '../../processes.js';

export interface UnderFire {
  readonly seed: number;
  readonly rows: number;
  /** So many of them cannot be delivered. */
  readonly bad: number;
  /** The worker is killed so often at most, each time this long after it has begun to work. */
  readonly kills: number;
  readonly killEveryMs: number;
}

export interface FireScene {
  /** Where the sample is written. */
  readonly path: string;
  readonly client: WorkflowClient;
  /** A worker on the sample and the sandbox, with `ITERABLE_BULK_UPDATE_ONLY`. */
  readonly startWorker: (iterable: SandboxIterable) => Promise<StartedProcess>;
}

export interface FireReport {
  readonly seed: number;
  readonly kills: number;
  readonly requests: number;
  readonly refused: number;
  readonly lostAnswers: number;
  readonly verdicts: Readonly<Record<string, number>>;
  /** Rows that Iterable took more than once. */
  readonly resent: number;
  /** Batches in flight times kills, in rows. */
  readonly mostResent: number;
  /** Empty when everything is as it must be. */
  readonly problems: readonly string[];
}

const BULK = '/api/users/bulkUpdate';
const FAULTS = { '503': 0.05, '429': 0.05, cut: 0.03, 'applied-then-cut': 0.03 } as const;

export async function syncUnderFire(options: UnderFire, scene: FireScene): Promise<FireReport> {
  const { seed, rows, bad } = options;
  await writeSampleWarehouse({ path: scene.path, rows, seed, bad });
  const iterable = await startSandboxIterable({
    answerAfterMs: 200,
    faults: { seed, rates: { [BULK]: FAULTS } },
  });
  try {
    for await (const address of sampleAddresses({ rows, seed })) iterable.addUser(address);
    const { record, kills } = await runKilled(options, scene, iterable);
    return await report(options, { ...scene, iterable, record, kills });
  } finally {
    await iterable.close();
  }
}

interface Outcome {
  readonly record: SyncResult['run'];
  readonly kills: number;
}

async function runKilled(options: UnderFire, scene: FireScene, iterable: SandboxIterable): Promise<Outcome> {
  let worker = await scene.startWorker(iterable);
  try {
    const run = await scene.client.start<(input: SyncModelInput) => Promise<SyncResult>>(SYNC_MODEL, {
      taskQueue: 'recipes',
      workflowId: syncWorkflowId(usersNamespaces.name),
      args: [{ model: usersNamespaces.name, environment: 'test', dryRun: false }],
    });
    const result = run.result();
    const isDone = result.then(
      () => true,
      () => true,
    );
    let kills = 0;
    for (; kills < options.kills; kills += 1) {
      if (await Promise.race([isDone, nextKill(options, iterable)])) break;
      await worker.end('SIGKILL');
      worker = await scene.startWorker(iterable);
    }
    return { record: (await result).run, kills };
  } finally {
    await worker.end('SIGTERM');
  }
}

/** A worker that has sent nothing yet is left alone: the kills are for the load. @returns false when it is time */
async function nextKill({ killEveryMs }: UnderFire, iterable: SandboxIterable): Promise<false> {
  const before = iterable.received(BULK).length;
  const earliestMs = performance.now() + killEveryMs;
  while (performance.now() < earliestMs || iterable.received(BULK).length === before) await delay(20);
  return false;
}

interface Ended extends FireScene, Outcome {
  readonly iterable: SandboxIterable;
}

async function report({ seed, rows, bad }: UnderFire, ended: Ended): Promise<FireReport> {
  const { record, iterable, kills } = ended;
  const requests = iterable.received(BULK);
  const sizes = requests.map(({ body }) => addressesIn(body).length);
  const mostResent = kills * RANGES_AT_ONCE * Math.max(0, ...sizes);
  const verdicts: Readonly<Record<string, number>> = record.totals?.verdicts ?? {};
  const sum = Object.values(verdicts).reduce((total, count) => total + count, 0);
  const { listed, expected, model } = await readSample(ended);
  const resent = sentAgain(iterable, new Set(model.map(([email]) => email ?? '')));
  const wrong = model.filter((row) => !isAtIterable(iterable, row)).length;
  const checks: readonly (readonly [boolean, string])[] = [
    [record.outcome === 'done', `the run ended ${record.outcome}: ${record.problem ?? ''}`],
    [sum === rows, `${String(sum)} verdicts on ${String(rows)} rows`],
    [model.length === rows - bad, `${String(model.length)} valid rows in the sample`],
    [wrong === 0, `${String(wrong)} valid rows are not at Iterable as in the model`],
    [
      JSON.stringify(listed) === JSON.stringify(expected),
      `${String(listed.length)} rows are listed as bad, or for other reasons, of ${String(expected.length)}`,
    ],
    [resent <= mostResent, `${String(resent)} rows were sent again, ${String(mostResent)} may be`],
  ];
  return {
    seed,
    kills,
    requests: requests.length,
    refused: requests.filter(({ status }) => status === 429 || status === 503).length,
    lostAnswers: requests.filter(({ status }) => status === 'cut').length,
    verdicts,
    resent,
    mostResent,
    problems: checks.filter(([holds]) => !holds).map(([, problem]) => problem),
  };
}

type Rows = readonly (readonly Cell[])[];

async function readSample({ path, record }: Ended): Promise<Record<'listed' | 'expected' | 'model', Rows>> {
  const warehouse = await openDuckDb({ path });
  try {
    const rows = (sql: string): Promise<Rows> => readRows(warehouse, { sql }, new AbortController().signal);
    const bad = `SELECT dim_marketing_contact_id FROM ${BAD_ROWS}`;
    return {
      listed: await rows(
        `SELECT row_key, reason FROM iterable_recipes.sync_rows WHERE run_id = '${record.runId}' ` +
          `AND verdict NOT IN ('delivered', 'unchanged') ORDER BY 1`,
      ),
      expected: await rows(`SELECT dim_marketing_contact_id, reason FROM ${BAD_ROWS} ORDER BY 1`),
      model: await rows(
        `SELECT lower(email_address), first_name, company_name, gitlab_dotcom_user_id, gitlab_user_name, ` +
          `CAST(is_pql AS VARCHAR), len(list_distinct(json_extract(namespaces_array, '$[*]'))) FROM ${CONTACTS} ` +
          `WHERE dim_marketing_contact_id NOT IN (${bad})`,
      ),
    };
  } finally {
    await warehouse.close();
  }
}

function isAtIterable(iterable: SandboxIterable, row: readonly Cell[]): boolean {
  const [email, firstName, company, userId, userName, isPql, namespaces] = row;
  const fields = iterable.user(email ?? '')?.dataFields ?? {};
  const texts = { firstName, company, gitlabUserName: userName };
  return (
    Object.entries(texts).every(([name, text]) => fields[name] === (text ?? undefined)) &&
    fields['gitlabUserId'] === Number(userId) &&
    fields['isPql'] === (isPql == null ? undefined : isPql === 'true') &&
    Array.isArray(fields['namespaces']) &&
    fields['namespaces'].length === Number(namespaces)
  );
}

/** @returns how often Iterable took rows of these people beyond the first time, all together */
function sentAgain(iterable: SandboxIterable, people: ReadonlySet<string>): number {
  const seen = new Set<string>();
  let again = 0;
  for (const { body, status, applied } of iterable.received(BULK)) {
    // One that was taken a second time has written nothing new.
    if (status !== 200 && !applied) continue;
    for (const address of addressesIn(body)) {
      if (!people.has(address)) continue;
      if (seen.has(address)) again += 1;
      seen.add(address);
    }
  }
  return again;
}

function addressesIn(body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null || !('users' in body) || !Array.isArray(body.users))
    return [];
  return body.users.map((user: unknown) =>
    typeof user === 'object' && user !== null && 'email' in user ? String(user.email) : '',
  );
}
