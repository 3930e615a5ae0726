import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { parse } from 'csv-parse/sync';
import { pino } from 'pino';
import { z } from 'zod';
import { createConsentLogActivities } from '../../activities/warehouse/consent-log.js';
import { serveWarehouse } from '../../workers/warehouse-queue.js';
import { startWorkers, type Queue, type RunningWorkers } from '../../workers/workers.js';
import { consentRecord, MORNING_MS } from '../support/consent-records.js';
import { testConverter } from '../support/converter.js';
import { runRecipes, type CommandRun } from '../support/run-command.js';
import { scriptedPerson, SETTINGS, type ScriptedPerson } from '../support/scripted-person.js';
import { PERSON_HASH_KEY } from '../support/stage.js';
import { localEnv, workflowBundlePath } from '../support/temporal.js';
import { openWarehouseFile, type WarehouseFile } from '../support/warehouse-file.js';

const Shown = z.object({
  personHash: z.string(),
  log: z.array(z.object({ outcome: z.string(), source: z.string(), reference: z.string() })),
  live: z.object({ standing: z.string(), unlogged: z.number() }).nullable(),
});
const OptedOut = z.object({
  workflowId: z.string(),
  reference: z.string(),
  record: z.object({ outcome: z.string(), source: z.string() }).nullable().optional(),
});
const Report = z.object({
  counts: z.array(z.object({ outcome: z.string(), source: z.string(), count: z.number() })),
  missedByPush: z.number(),
});

describe('npm run recipes -- consent', () => {
  let env: TestWorkflowEnvironment;
  let file: WarehouseFile;
  let workers: RunningWorkers[];
  let kim: ScriptedPerson;
  let nobody: ScriptedPerson;
  beforeAll(async () => {
    env = await localEnv();
    file = await openWarehouseFile();
    await file.warehouse.close(); // the worker opens it
    kim = scriptedPerson(env);
    nobody = scriptedPerson(env);
    nobody.isSubscribed = undefined;
    for (const person of [kim, nobody])
      person.settings = { ...SETTINGS, settleMs: 50, lookAgainMs: [600_000] };
    const start = (queue: Queue): Promise<RunningWorkers> =>
      startWorkers({ connection: env.nativeConnection, namespace: 'default', dataConverter: testConverter }, [
        queue,
      ]);
    workers = [
      await start({ taskQueue: 'recipes', workflowBundle: { codePath: workflowBundlePath() } }),
      await start({ taskQueue: 'iterable', activities: { ...kim.activities } }),
      await serveWarehouse({
        file: { path: file.path },
        logger: pino({ level: 'silent' }),
        start: async (warehouse) => {
          const activities = createConsentLogActivities(warehouse);
          await activities.appendConsentLog([
            consentRecord({ source: 'marketo-poll' }),
            consentRecord({ personHash: kim.personHash, activityAtMs: MORNING_MS + 60_000 }),
          ]);
          return start({ taskQueue: 'warehouse', activities: { ...activities } });
        },
      }),
    ];
  });
  afterAll(async () => {
    await Promise.all(workers.map(({ stop }) => stop()));
    await env.teardown();
    await file.remove();
  });

  const recipes = async (...args: readonly string[]): Promise<CommandRun> => {
    const run = await runRecipes(['consent', ...args], {
      PATH: process.env['PATH'] ?? '',
      TEMPORAL_ADDRESS: env.address,
      DEPLOY_ENVIRONMENT: 'test',
      PERSON_HASH_KEY,
      PAYLOAD_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`, // those of testConverter
    });
    expect(run.stdout + run.stderr).not.toMatch(/robin|kim|unheard/i); // who the addresses are of
    return run;
  };
  const json = <T>(schema: z.ZodType<T>, { stdout }: CommandRun): T => schema.parse(JSON.parse(stdout));

  it('reports a span of time as a table, as CSV and as JSON', async () => {
    const span = ['--since', '2026-03-03', '--until', '2026-03-04T00:00:00Z'];
    const [asTable, asCsv, asJson] = await Promise.all([
      recipes('report', ...span),
      recipes('report', ...span, '--format', 'csv'),
      recipes('report', ...span, '--json'),
    ]);
    expect([asTable, asCsv, asJson].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(asTable.stdout).toMatch(/from the activity to verified\s+│ 2\s+│ 63\.0 s/);
    expect(asTable.stdout).toMatch(/no webhook told of them\s+│ 1/);
    const lines: unknown = parse(asCsv.stdout, { columns: true });
    expect(lines).toContainEqual({
      ...{ since: '2026-03-03T00:00:00.000Z', until: '2026-03-04T00:00:00.000Z' },
      ...{ measure: 'decided', outcome: 'opted-out', source: 'marketo-poll', reason: '', value: '1' },
    });
    expect(lines).toContainEqual(
      expect.objectContaining({ measure: 'receipt_to_verified_p95_ms', value: '62000' }),
    );
    expect(json(Report, asJson)).toMatchObject({ missedByPush: 1 });
  });

  it('opts somebody out by hand, and shows their entries beside what is under way', async () => {
    const waited = await recipes('opt-out', ` ${kim.email.toUpperCase()} `, '--wait', '--json');
    expect(waited.exitCode).toBe(0);
    const { record, workflowId, reference } = json(OptedOut, waited);
    expect(record).toEqual({ outcome: 'opted-out', source: 'operator' });
    expect(workflowId).toBe(`personConsent/${kim.personHash}`);
    expect(kim.isSubscribed).toBe(false);

    const [asJson, asTable] = await Promise.all([
      recipes('show', kim.email, '--json'),
      recipes('show', kim.email),
    ]);
    const shown = json(Shown, asJson);
    expect(shown.live).toMatchObject({ standing: 'opted-out' });
    expect(shown.log[0]).toMatchObject({ source: 'marketo-webhook', reference: 'activity-1' });
    expect(reference).toMatch(/^operator-/);
    expect(asTable.stdout).toContain(`person ${kim.personHash}`);
    expect(asTable.stdout).toContain('now: opted-out; 0 under way');
  });

  it('says of a stranger that they are not in Iterable, and that it goes on', async () => {
    const [started, waited, unheardOf] = await Promise.all([
      recipes('opt-out', nobody.email),
      recipes('opt-out', nobody.email, '--wait', '60'),
      recipes('show', 'unheard-of@example.com', '--json'),
    ]);
    expect(started).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('started personConsent/') });
    expect(waited).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^not-in-iterable in /) });
    expect(json(Shown, unheardOf)).toMatchObject({ log: [], live: null });
  });

  it('says what is wrong with its arguments, with exit code 2', async () => {
    const [backwards, noAddress] = await Promise.all([
      recipes('report', '--since', '2026-03-04', '--until', '2026-03-03'),
      recipes('opt-out', 'kim at example.com'),
    ]);
    expect(backwards).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--since') });
    expect(noAddress).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('name@example.com') });
  });
});
