/** What a run plans, and what a commit makes of its verdicts: the same over both engines. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Warehouse } from '../../../../activities/warehouse/engine.js';
import { defineModel, text } from '../../../../domain/define-model.js';
import type { Outgoing } from '../../../../domain/sync/outgoing.js';
import type { SyncModel } from '../../../../domain/sync-model.js';
import { neverAborted } from '../../../support/warehouse-file.js';
import {
  createScene,
  deliverAll,
  ENGINES,
  PEOPLE,
  person,
  startDuckDb,
  type RunningWarehouse,
  type Settle,
  type SyncScene,
} from '../../../support/sync-scene.js';

const HOUR_MS = 3_600_000;
const NOTHING = { add: 0, change: 0, remove: 0, retry: 0 };

const MODELS: readonly SyncModel[] = [
  PEOPLE,
  { ...PEOPLE, name: 'mirrored', mode: { kind: 'mirror', onRemoval: 'unset-fields' } },
  { ...PEOPLE, name: 'new-only', mode: { kind: 'insert-only' } },
  { ...PEOPLE, name: 'composite', key: ['NAME', 'EMAIL'] },
];

const fieldsOf = (sent: Outgoing | undefined): unknown => (sent?.kind === 'user' ? sent.fields : sent?.kind);

/** A scene that is empty before each test. */
function stage(start: () => Promise<RunningWarehouse>): {
  scene: () => SyncScene;
  warehouse: () => Warehouse;
} {
  let open: { readonly running: RunningWarehouse; readonly scene: SyncScene } | undefined;
  const opened = (): NonNullable<typeof open> => {
    if (open === undefined) throw new Error('the warehouse is not open yet');
    return open;
  };
  beforeAll(async () => {
    const running = await start();
    open = { running, scene: createScene(running.warehouse, MODELS) };
  });
  afterAll(() => open?.running.close());
  beforeEach(() => opened().scene.reset());
  return { scene: () => opened().scene, warehouse: () => opened().running.warehouse };
}

describe.each(ENGINES)('a sync over %s', (_, start) => {
  const { scene } = stage(start);

  it('sends new rows whole, then nothing, then only what has changed', async () => {
    await scene().source([person(1), person(2), person(3)]);
    const first = await scene().sync();
    expect(first.summary).toMatchObject({
      sourceRows: 3,
      knownRows: 0,
      operations: { ...NOTHING, add: 3 },
      plannedRows: 3,
      unchangedRows: 0,
    });
    expect(
      fieldsOf(first.sent.find((sent) => sent.kind === 'user' && sent.email === 'person-2@example.com')),
    ).toEqual({
      name: 'Person 2',
      visits: 2,
      score: 1.5,
      lastSeen: '2026-02-03T04:05:06.789Z',
      trialStart: '2026-02-01',
      plan: { title: 'Premium', isPaid: true },
      namespaces: [{ LIST_OF_STAGES: ['create', 'verify'], NAMESPACE_ID: 2 }, { NAMESPACE_ID: 7 }],
    });
    expect(first.totals).toMatchObject({ planned: 3, verdicts: { delivered: 3 } });

    const second = await scene().sync();
    expect(second.summary).toMatchObject({
      knownRows: 3,
      operations: NOTHING,
      plannedRows: 0,
      unchangedRows: 3,
    });

    await scene().source([person(1), person(2, { visits: 20, plan_title: 'Ultimate' }), person(3)]);
    const third = await scene().sync();
    expect(third.summary.operations).toEqual({ ...NOTHING, change: 1 });
    expect(third.sent.map(fieldsOf)).toEqual([{ visits: 20, plan: { title: 'Ultimate', isPaid: true } }]);
  });

  it('keeps verdicts by row: repeats count once, and what is settled stays', async () => {
    await scene().source([person(1), person(2), person(3)]);
    const { run } = await scene().plan();
    const write = (rows: Parameters<SyncScene['store']['writeVerdicts']>[1]): Promise<void> =>
      scene().store.writeVerdicts(run, rows, neverAborted());
    await write([
      { n: 0, verdict: 'unknown', reason: 'unreachable' },
      { n: 1, verdict: 'unknown', reason: `it's "odd", [1]` },
    ]);
    expect((await scene().store.doubtfulRows(run, -1, 10, neverAborted())).map(({ n }) => n)).toEqual([0, 1]);
    scene().clock.nowMs += 1;
    await write([{ n: 0, verdict: 'delivered' }]);
    await write([{ n: 0, verdict: 'delivered' }]);
    scene().clock.nowMs += 1;
    await write([{ n: 0, verdict: 'unknown', reason: 'late' }]);
    expect(await scene().store.settledRows(run, 0, 3, neverAborted())).toEqual([
      { n: 0, verdict: 'delivered' },
      { n: 1, verdict: 'unknown', reason: `it's "odd", [1]` },
    ]);
    expect((await scene().store.doubtfulRows(run, 0, 10, neverAborted())).map(({ n }) => n)).toEqual([1]);
    expect((await scene().store.sampleRows(run, 5, neverAborted())).map(({ n }) => n)).toEqual([0]);
    const totals = await scene().inActivity(() => scene().activities.commitSync(run));
    expect(totals).toEqual({
      planned: 3,
      verdicts: { delivered: 1, unchanged: 0, skipped: 0, rejected: 0, retry: 1, unknown: 1 },
    });
    // Not sent: planned as if nothing had been. In doubt: due at once, and sent whole.
    const next = await scene().plan();
    expect(next.summary.operations).toEqual({ ...NOTHING, add: 1, retry: 1 });
    const doubtful = (await scene().planned(next.run)).find(({ row }) => row.operation === 'retry');
    expect(doubtful?.row.oldRow).toBeUndefined();
    expect(Object.keys(doubtful?.sent.kind === 'user' ? doubtful.sent.fields : {})).toHaveLength(7);
  });

  it('does with a NULL what the mapping says, also inside an object', async () => {
    await scene().source([person(1)]);
    await scene().sync();
    await scene().source([
      person(1, { name: null, score: null, trial_start: null, plan_title: null, is_paid: false }),
    ]);
    const nulls = await scene().sync();
    expect(nulls.sent.map(fieldsOf)).toEqual([
      { trialStart: null, plan: { title: 'Premium', isPaid: false } },
    ]);
    expect((await scene().sync()).totals.planned).toBe(0);
    await scene().source([
      person(1, { name: null, score: null, trial_start: null, plan_title: null, is_paid: true }),
    ]);
    expect((await scene().sync()).sent.map(fieldsOf)).toEqual([{ plan: { title: 'Premium', isPaid: true } }]);
    await scene().source([person(1)]);
    expect((await scene().sync()).sent.map(fieldsOf)).toEqual([{ trialStart: '2026-02-01' }]);
  });

  it('plans nothing for other spellings of the same row', async () => {
    await scene().source([person(1)]);
    await scene().sync();
    const reordered = '[{"NAMESPACE_ID":7},{"NAMESPACE_ID":1,"LIST_OF_STAGES":["create","verify"]}]';
    await scene().source([person(1, { namespaces: reordered, email: ' Person-1@Example.com ' })]);
    const spelled = await scene().sync();
    expect(spelled.summary).toMatchObject({ plannedRows: 0, unchangedRows: 1 });
    // Deeper inside, the row is looked at, and found to be the same.
    const deeper =
      '[{"LIST_OF_STAGES":["verify","create","create"],"GLM_SOURCE":null,"NAMESPACE_ID":1},{"NAMESPACE_ID":7}]';
    await scene().source([person(1, { namespaces: deeper })]);
    expect((await scene().sync()).totals.verdicts).toMatchObject({ unchanged: 1, delivered: 0 });
    expect((await scene().sync()).totals.planned).toBe(0);
  });
});

/** The SQL is one text for both engines: where nothing is spelled differently, one of them tells enough. */
describe('a sync', () => {
  const { scene, warehouse } = stage(startDuckDb);

  it('quarantines rows without a key and rows whose key is there twice, and lists them', async () => {
    await scene().source([person(1), person(2), person(3)]);
    await scene().sync();
    await scene().source([
      person(1),
      person(2, { visits: 5 }),
      person(2, { email: 'other-2@example.com' }),
      person(3, { id: null }),
      person(4),
    ]);
    const { run, summary } = await scene().sync();
    expect(summary).toMatchObject({
      sourceRows: 5,
      nullKeys: 1,
      duplicateKeys: 2,
      unchangedRows: 1,
      operations: { ...NOTHING, add: 1, remove: 1 }, // 2 is neither changed nor removed; 3 has no key any more
    });
    const listed = `SELECT problem, row_key, email FROM iterable_recipes.sync_quarantine WHERE run_id = '${run.runId}' ORDER BY email`;
    expect(await scene().rows(listed)).toEqual([
      ['duplicate-key', '2', 'other-2@example.com'],
      ['duplicate-key', '2', 'person-2@example.com'],
      ['null-key', null, 'person-3@example.com'],
    ]);
  });

  it('keeps the run log and the row log', async () => {
    await scene().source([person(1), person(2)]);
    const { run, summary, totals } = await scene().sync();
    const record = {
      ...run,
      startedAt: '2026-03-01T12:00:00.000Z',
      endedAt: '2026-03-01T12:00:09.000Z',
      outcome: 'done',
      plan: summary,
      totals,
      calls: 1,
      seconds: 9,
      problem: "it's all right",
    } as const;
    await scene().inActivity(() => scene().activities.recordRun(record));
    await scene().inActivity(() => scene().activities.recordRun(record));
    const history = await scene().inActivity(() =>
      scene().activities.syncHistory({ model: 'people', limit: 5 }),
    );
    expect(history.filter(({ runId }) => runId === run.runId)).toEqual([record]);
    const rows = await scene().inActivity(() =>
      scene().activities.syncRows({ model: 'people', runId: run.runId, limit: 10 }),
    );
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({ verdict: 'delivered', operation: 'add', at: '2026-03-01T12:00:00.000Z' });
    expect(JSON.stringify(rows)).not.toContain('example.com');
  });

  it('returns the same plan again, knows whether it is whole, and refuses one that is lost', async () => {
    await scene().source([person(1), person(2)]);
    const { run, summary } = await scene().plan();
    await scene().source([]);
    expect(await scene().inActivity(() => scene().activities.planSync(run))).toEqual(summary);
    expect(await scene().inActivity(() => scene().activities.hasPlan(run))).toBe(true);
    await expect(scene().store.readPlanRows(run, 0, 3, neverAborted())).rejects.toMatchObject({
      type: 'plan-lost',
    });
    await scene().inActivity(() => scene().activities.dropPlans(run, HOUR_MS));
    expect(await scene().inActivity(() => scene().activities.hasPlan(run))).toBe(false);
    await expect(scene().store.readPlanRows(run, 0, 2, neverAborted())).rejects.toMatchObject({
      type: 'plan-lost',
      nonRetryable: true,
    });
    await expect(scene().inActivity(() => scene().activities.commitSync(run))).rejects.toMatchObject({
      type: 'plan-lost',
    });
  });

  it('drops abandoned plans by age', async () => {
    await scene().source([person(1)]);
    const abandoned = await scene().plan();
    scene().clock.nowMs += 48 * HOUR_MS;
    const present = await scene().plan();
    await scene().inActivity(() =>
      scene().activities.dropPlans({ runId: 'another', model: 'people' }, 24 * HOUR_MS),
    );
    expect(await scene().inActivity(() => scene().activities.hasPlan(abandoned.run))).toBe(false);
    expect(await scene().inActivity(() => scene().activities.hasPlan(present.run))).toBe(true);
    await scene().inActivity(() => scene().activities.dropPlans(present.run, 24 * HOUR_MS));
  });

  it('commits once: a repeat answers the same and changes nothing', async () => {
    await scene().source([person(1)]);
    const { run, totals } = await scene().sync();
    expect(await scene().inActivity(() => scene().activities.commitSync(run))).toEqual(totals);
    expect(
      await scene().rows(`SELECT count(*) FROM iterable_recipes.sync_rows WHERE run_id = '${run.runId}'`),
    ).toEqual([['1']]);
  });

  it('tries refused rows again when they are due, gives up after the last wait, and starts over when told', async () => {
    const refuse: Settle = () => ({ verdict: 'rejected', reason: 'field-type-mismatch' });
    await scene().source([person(1)]);
    await scene().sync(refuse);
    const plannedAfter = async (hours: number): Promise<number> => {
      scene().clock.nowMs += hours * HOUR_MS;
      return (await scene().sync(refuse)).totals.planned;
    };
    expect(await plannedAfter(0.5)).toBe(0);
    expect(await plannedAfter(0.6)).toBe(1); // the second refusal: ten hours
    expect(await plannedAfter(9)).toBe(0);
    expect(await plannedAfter(1.1)).toBe(1); // the third: given up
    expect(await plannedAfter(10_000)).toBe(0);
    const [view] = await scene().inActivity(() =>
      scene().activities.syncRows({ model: 'people', verdict: 'rejected', limit: 10 }),
    );
    expect(view).toMatchObject({ verdict: 'rejected', reason: 'field-type-mismatch', attempts: 3 });
    expect(view?.keyHash).toMatch(/^[a-z2-7]{16}$/);
    expect(view?.nextEligible).toBeUndefined();
    expect(await scene().inActivity(() => scene().activities.retryFailed('people'))).toBe(1);
    const again = await scene().sync();
    expect(again.summary.operations).toEqual({ ...NOTHING, retry: 1 });
    expect((await scene().sync()).totals.planned).toBe(0);
  });

  it('tries a refused row at once when its content has changed, and keeps what Iterable has', async () => {
    await scene().source([person(1)]);
    await scene().sync();
    await scene().source([person(1, { visits: 50 })]);
    await scene().sync(() => ({ verdict: 'rejected', reason: 'field-type-mismatch' }));
    await scene().source([person(1, { visits: 60 })]);
    const changed = await scene().sync();
    expect(changed.summary.operations).toEqual({ ...NOTHING, change: 1 });
    expect(changed.sent.map(fieldsOf)).toEqual([{ visits: 60 }]);
  });

  it('remembers whom Iterable does not have, and sends them whole when they are due', async () => {
    const absent: Settle = () => ({ verdict: 'skipped', reason: 'not-in-iterable' });
    await scene().source([person(1)]);
    await scene().sync(absent);
    await scene().source([person(1, { visits: 99 })]);
    expect((await scene().sync()).totals.planned).toBe(0);
    scene().clock.nowMs += 2 * HOUR_MS;
    await scene().sync(absent);
    scene().clock.nowMs += 9 * HOUR_MS;
    expect((await scene().sync()).totals.planned).toBe(0);
    scene().clock.nowMs += 2 * HOUR_MS;
    const found = await scene().sync();
    expect(found.totals.verdicts.delivered).toBe(1);
    expect(fieldsOf(found.sent[0])).toMatchObject({ name: 'Person 1', visits: 99 });
  });

  it('tells an address that changes under one key', async () => {
    await scene().source([person(1)]);
    await scene().sync();
    await scene().source([person(1, { email: 'new-1@example.com' })]);
    const moved = await scene().sync();
    expect(moved.sent).toMatchObject([
      { kind: 'user', email: 'new-1@example.com', previousEmail: 'person-1@example.com', fields: {} },
    ]);
    expect((await scene().sync()).totals.planned).toBe(0);
  });

  it('unsets the fields of a removed row that was sent, and forgets one that never was', async () => {
    await scene().source([person(1), person(2)]);
    await scene().sync(
      (row, sent) =>
        row.newEmail === 'person-2@example.com'
          ? { verdict: 'rejected', reason: 'invalid-email' }
          : deliverAll(row, sent),
      'mirrored',
    );
    await scene().source([]);
    const removal = await scene().sync(
      () => ({ verdict: 'rejected', reason: 'request-refused' }),
      'mirrored',
    );
    expect(removal.summary).toMatchObject({
      sourceRows: 0,
      knownRows: 2,
      operations: { ...NOTHING, remove: 1 },
    });
    expect(removal.sent).toMatchObject([
      { kind: 'user', email: 'person-1@example.com', fields: { name: null, plan: null, namespaces: null } },
    ]);
    expect((await scene().sync(deliverAll, 'mirrored')).totals.planned).toBe(0); // not due yet
    scene().clock.nowMs += 2 * HOUR_MS;
    expect((await scene().sync(deliverAll, 'mirrored')).totals.verdicts.delivered).toBe(1);
    expect(await scene().rows('SELECT count(*) FROM iterable_recipes.snapshot_mirrored')).toEqual([['0']]);
  });

  it('leaves Iterable alone when a row is removed and the mode does not say more', async () => {
    await scene().source([person(1)]);
    await scene().sync();
    await scene().source([]);
    const gone = await scene().sync();
    expect(gone.summary.operations).toEqual({ ...NOTHING, remove: 1 });
    expect(gone.sent).toEqual([{ kind: 'nothing' }]);
    await scene().source([person(1)]);
    expect((await scene().sync()).summary.operations).toEqual({ ...NOTHING, add: 1 });
  });

  it('sends only new rows in the mode insert-only', async () => {
    await scene().source([person(1)]);
    await scene().sync(deliverAll, 'new-only');
    await scene().source([person(1, { visits: 9 }), person(2)]);
    expect((await scene().sync(deliverAll, 'new-only')).summary.operations).toEqual({ ...NOTHING, add: 1 });
  });

  it('joins composite keys without mixing their parts up', async () => {
    await scene().source([
      person(1, { name: 'ab', email: 'c@example.com' }),
      person(2, { name: 'a', email: 'bc@example.com' }),
    ]);
    expect((await scene().sync(deliverAll, 'composite')).totals.verdicts.delivered).toBe(2);
    expect((await scene().sync(deliverAll, 'composite')).totals.planned).toBe(0);
  });

  it('reports columns that are new, gone or of another type since the last commit, and types that Iterable has not', async () => {
    const { types } = warehouse().dialect;
    await scene().source([person(1)]);
    const first = await scene().sync();
    expect(first.summary).toMatchObject({ newColumns: [], goneColumns: [], retypedColumns: [] });
    const { id = 1, email = null, name = null } = person(1);
    await scene().source(
      [{ id, email, name }],
      `id ${types.bigint}, email ${types.text}, name ${types.text}, visits ${types.text}, score decimal(10, 2), ` +
        `last_seen ${types.timestamp}, trial_start date, plan_title ${types.text}, is_paid boolean, namespaces ${types.text}, extra ${types.text}`,
    );
    scene().fieldTypes['visits'] = 'string';
    scene().fieldTypes['plan.isPaid'] = 'string';
    scene().fieldTypes['score'] = 'double';
    const { run, summary } = await scene().plan();
    expect(summary).toMatchObject({
      newColumns: ['EXTRA'],
      goneColumns: [],
      retypedColumns: ['VISITS (text, was fixed)'],
      typeConflicts: ['visits (integer into string)', 'plan.isPaid (boolean into string)'],
    });
    await scene().inActivity(() => scene().activities.dropPlans(run, HOUR_MS));
  });

  it('sends a field that is mapped anew, and only that', async () => {
    await scene().source([person(1, { name: null }), person(2)]);
    const small = defineModel({ ...PEOPLE, fields: { visits: text('VISITS') } });
    const large = { ...small, fields: { ...small.fields, fullName: text('NAME') } };
    await createScene(warehouse(), [small]).sync();
    const wider = await createScene(warehouse(), [large]).sync();
    expect(wider.sent.map(fieldsOf)).toEqual(expect.arrayContaining(['nothing', { fullName: 'Person 2' }]));
    expect(wider.totals.verdicts).toMatchObject({ delivered: 1, unchanged: 1 });
  });

  it('refuses a model whose SQL or mapping is wrong, and says what', async () => {
    await scene().source([]);
    const planOf = (model: Partial<SyncModel>): Promise<unknown> =>
      createScene(warehouse(), [{ ...PEOPLE, ...model }]).plan();
    const refusal = (message: string): unknown =>
      expect.objectContaining({
        type: 'invalid-input',
        nonRetryable: true,
        message: expect.stringContaining(message),
      });
    await expect(planOf({ key: ['NO_SUCH'] })).rejects.toEqual(refusal('its SQL gives no column NO_SUCH'));
    await expect(planOf({ fields: { emailListIds: text('NAME') } })).rejects.toEqual(
      refusal('emailListIds is written by consent alone'),
    );
  });
});
