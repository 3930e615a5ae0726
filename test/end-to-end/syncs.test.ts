/** Syncs from a table in the warehouse to users at Iterable, by the released workflow and activities, in virtual time. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { approveUpdate, progressQuery, rejectUpdate } from '../../workflows/sync-model/messages.js';
import { people, startSyncApp, type SyncApp } from '../support/sync-app.js';
import { timeSkippingEnv } from '../support/temporal.js';
import {
  person,
  sourceColumns,
  startDuckDb,
  type Person,
  type RunningWarehouse,
} from '../support/sync-scene.js';

const COUNT = 200;
const addressOf = (n: number): string => `person-${String(n)}@example.com`;
/** Every person but some. */
const without = (gone: number): Person[] => people(COUNT).slice(gone);

describe('a sync of two hundred people', () => {
  let running: RunningWarehouse;
  let app: SyncApp;
  beforeAll(async () => {
    running = await startDuckDb();
    app = await startSyncApp(await timeSkippingEnv(), running.warehouse);
  });
  afterAll(async () => {
    await app.stop();
    await running.close();
  });
  beforeEach(async () => {
    app.sent(); // what the story before has left
    await app.scene.reset();
    for (let n = 1; n <= COUNT; n += 1) app.iterable.addUser(addressOf(n));
    await app.scene.source(people(COUNT));
    expect(await app.run()).toMatchObject({ outcome: 'done', totals: { verdicts: { delivered: COUNT } } });
    expect(app.sent()).toHaveLength(COUNT);
  });
  const columns = (visits?: string): string => sourceColumns(running.warehouse.dialect.types, visits);
  const fieldsOf = (n: number): Readonly<Record<string, unknown>> | undefined =>
    app.iterable.user(addressOf(n))?.dataFields;

  it('sends nothing the second time, nor for other spellings of the same', async () => {
    expect(await app.run()).toMatchObject({ outcome: 'done', plan: { plannedRows: 0 } });
    await app.scene.source(
      people(COUNT).map((row, n) => ({
        ...row,
        email: String(row.email).toUpperCase(),
        namespaces: `[{"NAMESPACE_ID":7},{"NAMESPACE_ID":${String(n + 1)},"LIST_OF_STAGES":["create","verify"]}]`,
      })),
    );
    expect(await app.run()).toMatchObject({ outcome: 'done', plan: { plannedRows: 0 } });
    // The warehouse sorts the array itself; what is inside its elements is compared on the way out.
    const stages = `[{"LIST_OF_STAGES":["verify","create"],"NAMESPACE_ID":3},{"NAMESPACE_ID":7}]`;
    await app.scene.source(people(COUNT).map((row) => (row.id === 3 ? { ...row, namespaces: stages } : row)));
    expect(await app.run()).toMatchObject({
      outcome: 'done',
      plan: { plannedRows: 1 },
      totals: { verdicts: { unchanged: 1 } },
    });
    expect(app.sent()).toEqual([]);
  });

  it('does what the mapping says with another address, a NULL, and a row that is gone', async () => {
    const rows = people(COUNT).slice(0, COUNT - 1);
    rows[0] = person(1, { email: 'moved@example.com' });
    rows[1] = person(2, { trial_start: null, score: null, name: null });
    await app.scene.source(rows);
    expect(await app.run()).toMatchObject({
      outcome: 'done',
      plan: { operations: { change: 2, remove: 1 } },
      totals: { verdicts: { delivered: 2, unchanged: 1 } },
    });
    expect(app.iterable.user(addressOf(1))).toBeUndefined();
    expect(app.iterable.user('moved@example.com')?.dataFields).toMatchObject({ name: 'Person 1' });
    // Sent as null, kept as it was, left out: each field has its own policy.
    expect(fieldsOf(2)?.['trialStart'] ?? null).toBeNull();
    expect(fieldsOf(2)).toMatchObject({ score: 1.5 });
    expect(fieldsOf(COUNT)).toMatchObject({ name: `Person ${String(COUNT)}` }); // update-only leaves who is gone
  });

  const guarded: readonly (readonly [string, string, () => Promise<void>])[] = [
    ['an empty source', 'empty-source', () => app.scene.source([])],
    ['60 % removals', 'removals', () => app.scene.source(without(COUNT * 0.6))],
    ['a key that is there twice', 'duplicate-keys', () => app.scene.source([...people(COUNT), person(7)])],
    [
      'a new column',
      'new-columns',
      () => app.scene.source(people(COUNT), `${columns()}, favourite_colour text`),
    ],
    ['a column of another type', 'retyped-columns', () => app.scene.source(people(COUNT), columns('text'))],
  ];

  it.each(guarded)('waits at %s; rejected, or never decided, it changes nothing', async (_, code, spoil) => {
    const before = await app.scene.rows('SELECT * FROM iterable_recipes.snapshot_people ORDER BY row_key');
    await spoil();
    const rejected = await app.start();
    await app.reach(rejected, 'awaiting-approval');
    const { guards } = await rejected.query(progressQuery);
    expect(guards.map((guard) => guard.split(':')[0])).toContain(code);
    await rejected.executeUpdate(rejectUpdate, { args: ['it is a mistake'] });
    expect((await rejected.result()).run).toMatchObject({ outcome: 'rejected', problem: 'it is a mistake' });
    expect((await app.run()).outcome).toBe('timed-out'); // a day later
    expect(app.sent()).toEqual([]);
    expect(await app.scene.rows('SELECT * FROM iterable_recipes.snapshot_people ORDER BY row_key')).toEqual(
      before,
    );
  });

  it('goes on where a guard has stopped it once somebody approves, and is not asked again', async () => {
    await app.scene.source(without(COUNT * 0.6));
    const run = await app.start();
    await app.reach(run, 'awaiting-approval');
    await run.executeUpdate(approveUpdate, { args: ['jo'] });
    expect((await run.result()).run).toMatchObject({ outcome: 'done', totals: { planned: COUNT * 0.6 } });
    expect(await app.run()).toMatchObject({ outcome: 'done', plan: { plannedRows: 0 } });
  });

  it('plans again when somebody has dropped its plan while it was paused', async () => {
    await app.scene.source(people(COUNT).map((row) => ({ ...row, visits: 1_000 })));
    const run = await app.start();
    await app.reach(run, 'awaiting-approval'); // all rows have changed
    const [table = ['']] = await app.scene.rows(
      `SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'plan\\_people%' ESCAPE '\\'`,
    );
    await running.warehouse.execute(
      { sql: `DROP TABLE iterable_recipes.${String(table[0])}` },
      new AbortController().signal,
    );
    await run.executeUpdate(approveUpdate, { args: ['jo'] });
    const { run: record } = await run.result();
    expect(record).toMatchObject({
      outcome: 'done',
      problem: 'the plan was lost 1 times',
      totals: { verdicts: { delivered: COUNT } },
    });
    expect(app.sent()).toHaveLength(COUNT);
  });
});
