/** What runs by the clock, on a real Temporal server: the time-skipping one has no schedules. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ScheduleClient } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { loadConfig } from '../../config/load.js';
import type { SyncModel } from '../../domain/sync-model.js';
import { usersNamespaces } from '../../recipes/models/users-namespaces.js';
import { applySchedules, planSchedules } from '../../workers/schedules/apply.js';
import { wantedSchedules, type WantedSchedule } from '../../workers/schedules/wanted.js';
import { runRecipes } from '../support/run-command.js';
import { localEnv } from '../support/temporal.js';

const SETTINGS = {
  PERSON_HASH_KEY: 'a key for tests only',
  PAYLOAD_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
  DEPLOY_ENVIRONMENT: 'test',
};
const MARKETO = {
  MARKETO_BASE_URL: 'https://123-ABC-456.mktorest.com',
  MARKETO_CLIENT_ID: 'id',
  MARKETO_CLIENT_SECRET: 'secret',
  MARKETO_WEBHOOK_TOKEN: 'token',
  MARKETO_POLL_SECONDS: '120',
};
const POLL = 'iterable-recipes/poll-unsubscribes';
const ALL = [POLL, 'iterable-recipes/reconcile-recent', 'iterable-recipes/reconcile-all'];
const SYNC = 'iterable-recipes/sync-users-namespaces';
const CLOCKS = [
  ['0 5 * * *', 'UTC'],
  ['*/15 * * * *', 'UTC'],
  ['30 0-12/4 1,15 1-6 *', 'Asia/Kolkata'],
  ['0 6,18 * * 1-5', 'Europe/Berlin'],
] as const;

function wantedWith(env: Readonly<Record<string, string>>): readonly WantedSchedule[] {
  return wantedSchedules(loadConfig({ ...SETTINGS, ...env }, { gateway: false, worker: false }));
}

describe('schedules', () => {
  let env: TestWorkflowEnvironment;
  let client: ScheduleClient;
  beforeAll(async () => {
    env = await localEnv();
    client = env.client.schedule;
  });
  afterAll(() => env.teardown());
  beforeEach(async () => {
    for (const id of [...ALL, SYNC])
      await client
        .getHandle(id)
        .delete()
        .catch(() => undefined);
  });

  const actions = async (wanted: readonly WantedSchedule[]): Promise<string[]> =>
    (await planSchedules(client, wanted)).map(({ action }) => action);
  const pollState = async (): Promise<{ paused: boolean; note?: string }> =>
    (await client.getHandle(POLL).describe()).state;

  it('are created once, also by several workers that start together', async () => {
    const wanted = wantedWith(MARKETO);
    expect(wanted.map(({ scheduleId }) => scheduleId)).toEqual(ALL);
    expect(await actions(wanted)).toEqual(['create', 'create', 'create']);
    await Promise.all([1, 2, 3].map(() => applySchedules(client, wanted)));
    expect(await actions(wanted)).toEqual(['unchanged', 'unchanged', 'unchanged']);

    const { spec, policies, action, info } = await client.getHandle(POLL).describe();
    expect(spec.intervals).toMatchObject([{ every: 120_000 }]);
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 120_000 });
    expect(action).toMatchObject({ workflowType: 'pollUnsubscribes', args: [{ environment: 'test' }] });
    expect(info.nextActionTimes.length).toBeGreaterThan(0);
    const weekly = await client.getHandle('iterable-recipes/reconcile-all').describe();
    const [next] = weekly.info.nextActionTimes;
    expect([next?.getUTCDay(), next?.getUTCHours(), next?.getUTCMinutes()]).toEqual([
      0,
      5,
      expect.any(Number),
    ]);
  });

  it('run each model by its own clock, in its own time zone', async () => {
    const settings = loadConfig(
      { ...SETTINGS, WAREHOUSE_URL: 'duckdb:/tmp/none.duckdb' },
      { gateway: false, worker: false },
    );
    const modelAt = (cron: string, timeZone: string): SyncModel => ({
      ...usersNamespaces,
      schedule: { cron, timeZone },
    });
    for (const [cron, zone] of CLOCKS) {
      const wanted = wantedSchedules(settings, [modelAt(cron, zone)]);
      await applySchedules(client, wanted);
      expect(await actions(wanted)).toEqual(['unchanged']);
    }
    const last = await client.getHandle(SYNC).describe();
    expect(last.action).toMatchObject({
      workflowType: 'scheduledSync',
      args: [{ model: 'users-namespaces', environment: 'test' }],
    });
    expect(last.policies).toMatchObject({ overlap: 'SKIP' });
    const hourInBerlin = new Intl.DateTimeFormat('en', {
      timeZone: 'Europe/Berlin',
      hour: 'numeric',
      hour12: false,
    });
    for (const next of last.info.nextActionTimes)
      expect([6, 18]).toContain(Number(hourInBerlin.format(next)));
    const summer = wantedSchedules(settings, [modelAt('0 6,18 * * 1-5', 'America/New_York')]);
    expect(await planSchedules(client, summer)).toMatchObject([{ action: 'update', differs: ['when'] }]);
  });

  it('follow the settings, and lose what somebody changed by hand', async () => {
    await applySchedules(client, wantedWith(MARKETO));
    const faster = wantedWith({ ...MARKETO, MARKETO_POLL_SECONDS: '60' });
    const [poll] = await applySchedules(client, faster);
    expect(poll).toMatchObject({ action: 'update', differs: ['when', 'policy'] });
    expect(await actions(faster)).toEqual(['unchanged', 'unchanged', 'unchanged']);

    await client.getHandle(POLL).update((previous) => ({
      ...previous,
      spec: { calendars: [{ hour: [{ start: 1, end: 23, step: 2 }], dayOfWeek: 'FRIDAY' }] },
    }));
    expect((await planSchedules(client, faster))[0]?.differs).toContain('when');
    await applySchedules(client, faster);
    expect((await client.getHandle(POLL).describe()).spec.calendars).toEqual([]);
  });

  it('stay paused when an operator has paused them', async () => {
    await applySchedules(client, wantedWith(MARKETO));
    await client.getHandle(POLL).pause('Marketo is being migrated');
    await applySchedules(client, wantedWith({ ...MARKETO, MARKETO_POLL_SECONDS: '60' }));
    expect(await pollState()).toMatchObject({ paused: true, note: 'Marketo is being migrated' });
  });

  it('are paused while the settings do not ask for them, and go on when they do', async () => {
    await applySchedules(client, wantedWith(MARKETO));
    await client.create({
      scheduleId: 'of-somebody-else',
      spec: { intervals: [{ every: '1 day' }] },
      action: { type: 'startWorkflow', workflowType: 'other', taskQueue: 'other', args: [] },
    });
    const isListed = async (): Promise<boolean> => (await actions([])).length === ALL.length;
    while (!(await isListed())); // lists lag behind
    const changes = await applySchedules(client, []);
    expect(changes.map(({ scheduleId }) => scheduleId).sort()).toEqual([...ALL].sort());
    expect((await pollState()).paused).toBe(true);
    expect((await client.getHandle('of-somebody-else').describe()).state.paused).toBe(false);
    expect(await actions([])).toEqual(['unchanged', 'unchanged', 'unchanged']);

    const [poll] = await applySchedules(client, wantedWith(MARKETO));
    expect(poll).toMatchObject({ action: 'update', differs: ['pause'] });
    expect((await pollState()).paused).toBe(false);
  });

  it('are listed and rehearsed by commands', async () => {
    const shell = {
      PATH: process.env['PATH'] ?? '',
      ...SETTINGS,
      ...MARKETO,
      TEMPORAL_ADDRESS: env.address,
    };
    const rehearsed = await runRecipes(['schedules', 'apply', '--dry-run', '--json'], shell);
    expect(JSON.parse(rehearsed.stdout)).toMatchObject([{ schedule: POLL, would: 'create' }, {}, {}]);
    await applySchedules(client, wantedWith(MARKETO));
    const listed = await runRecipes(['schedules', 'list'], shell);
    expect(listed.exitCode).toBe(0);
    expect(listed.stdout).toMatch(/poll-unsubscribes\s+│ every 120 s\s+│ runs\s+│ 20\d\d-/);
    expect(listed.stdout).toMatch(/reconcile-all\s+│ 05:40:00 SUNDAY\s+│ runs/);
  });
});
