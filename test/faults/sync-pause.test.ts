/** An operator's pause is the workflow's, not the worker's. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { approveUpdate, pauseUpdate, resumeUpdate } from '../../workflows/sync-model/messages.js';
import { people, startSyncApp, type SyncApp } from '../support/sync-app.js';
import { startDuckDb, type RunningWarehouse } from '../support/sync-scene.js';
import { localEnv } from '../support/temporal.js';

const COUNT = 200;

describe('a sync that is paused', () => {
  let running: RunningWarehouse;
  let app: SyncApp;
  beforeAll(async () => {
    running = await startDuckDb();
    app = await startSyncApp(await localEnv(), running.warehouse);
  });
  afterAll(async () => {
    await app.stop();
    await running.close();
  });

  it('stays paused however often its workers come and go, and then sends every row once', async () => {
    for (let n = 1; n <= COUNT; n += 1) app.iterable.addUser(`person-${String(n)}@example.com`);
    await app.scene.source(people(COUNT));
    await app.run();
    await app.scene.source(people(COUNT).map((row) => ({ ...row, visits: Number(row.visits) + 1 })));
    app.sent();
    const run = await app.start();
    await app.reach(run, 'awaiting-approval'); // of so many changes
    await run.executeUpdate(pauseUpdate);
    await run.executeUpdate(approveUpdate, { args: ['jo'] });
    for (const _ of ['once', 'twice']) {
      await app.reach(run, 'paused');
      await app.restart();
    }
    await app.reach(run, 'paused');
    expect(app.sent()).toEqual([]);
    await run.executeUpdate(resumeUpdate);
    expect((await run.result()).run.totals).toMatchObject({ verdicts: { delivered: COUNT } });
    expect(app.sent()).toHaveLength(COUNT);
  });
});
