import { afterEach, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { defineModel } from '../../../../domain/define-model.js';
import type { SyncModel } from '../../../../domain/sync-model.js';
import { expectValidRequest } from '../../../support/iterable-contract.js';
import { QUIET } from '../../../support/iterable-connector.js';
import { TEST_HASHER } from '../../../support/events.js';
import {
  emailOf,
  PEOPLE,
  planRow,
  planRows,
  startLoader,
  type Loader,
  type LoaderOptions,
} from '../../../support/sync-loader.js';

const EVENTS: SyncModel = defineModel({ ...PEOPLE, target: { kind: 'event', name: 'Seats Changed' } });
const with_ = (changes: Partial<SyncModel>): SyncModel => ({ ...PEOPLE, ...changes });
const fault = (path: string, name: string): NonNullable<LoaderOptions['sandbox']>['faults'] => ({
  seed: 1,
  rates: { [path]: { [name]: 1 } },
});
const BULK = '/api/users/bulkUpdate';

describe('loadRange', () => {
  let loader: Loader;
  const start = async (options: LoaderOptions): Promise<Loader> => (loader = await startLoader(options));
  afterEach(async () => {
    loader.sandbox
      .received()
      .filter(({ status }) => status !== 413)
      .forEach(expectValidRequest);
    await loader.sandbox.close();
  });
  const fieldsOf = (n: number): unknown => loader.sandbox.user(emailOf(n))?.dataFields;

  it('sends a range as one request, and says what became of each row', async () => {
    await start({ plan: planRows(40) });
    expect(await loader.load()).toEqual({
      verdicts: { delivered: 40, unchanged: 0, skipped: 0, rejected: 0, retry: 0, unknown: 0 },
      calls: 1,
      acceptedRows: 40,
      reasons: {},
    });
    expect(loader.paths()).toEqual(['users/bulkUpdate']);
    expect(fieldsOf(7)).toEqual({ seats: 7, plan: { title: 'premium' }, tags: ['a'] });
  });

  it('sends only fields that differ, and nothing of a row where none does', async () => {
    const same = { old: ['1', 'free', '["a"]'], new: ['01', 'free', '[ "a" ]'] };
    await start({
      plan: [
        planRow(0, 'change', { old: ['1', 'free', '["a"]'], new: ['2', 'free', null] }),
        planRow(1, 'change', same),
      ],
    });
    await loader.load();
    expect(loader.verdicts()).toEqual(['delivered', 'unchanged']);
    expect(loader.sandbox.received(BULK)[0]?.body).toEqual({
      users: [{ email: emailOf(0), dataFields: { seats: 2, tags: null } }],
    });
  });

  it('gives each bad row its reason, and the others their due', async () => {
    await start({
      plan: [
        ...planRows(5),
        planRow(5, 'add', { new: ['many', null, null] }),
        { ...planRow(6), newEmail: '' },
      ],
      sandbox: { invalidEmails: [emailOf(1)], forgottenEmails: [emailOf(3)] },
    });
    const { verdicts, reasons } = await loader.load();
    expect(loader.verdicts()).toEqual([
      'delivered',
      'rejected invalid-email',
      'delivered',
      'rejected forgotten-user',
      'delivered',
      'rejected not-a-whole-number',
      'rejected no-address',
    ]);
    expect(verdicts).toMatchObject({ delivered: 3, rejected: 4 });
    expect(reasons).toMatchObject({ 'invalid-email': 1, 'forgotten-user': 1 });
  });

  it('isolates a row whose type Iterable refuses, by the pointer of the answer', async () => {
    const plan = planRows(1_000).map((row) =>
      row.n === 617 ? planRow(617, 'add', { new: ['1', 'x', '{"a":1}'] }) : row,
    );
    await start({ plan });
    const { calls } = await loader.load();
    expect(calls).toBe(2);
    expect(loader.store.ledger().get(617)).toMatchObject({
      verdict: 'rejected',
      reason: 'field-type-mismatch',
    });
    expect(loader.sandbox.userCount()).toBe(999);
  });

  it('halves what is too large, and says from how many rows on it was', async () => {
    await start({ plan: planRows(40), sandbox: { maxBatchRows: 15 } });
    expect(await loader.load()).toMatchObject({
      acceptedRows: 10,
      tooLargeRows: 20,
      verdicts: { delivered: 40 },
    });
  });

  it('stays below the bytes that Iterable takes', async () => {
    const big = JSON.stringify(Array(90_000).fill('abcdefg'));
    await start({ plan: planRows(10).map(({ n }) => planRow(n, 'add', { new: ['1', null, big] })) });
    expect(await loader.load()).toMatchObject({ calls: 3, verdicts: { delivered: 10 } });
  });

  it('never has one person twice in a request', async () => {
    await start({
      plan: [0, 1, 2].map((n) =>
        planRow(n, 'add', { new: [String(n), null, null], newEmail: 'robin@example.com' }),
      ),
    });
    expect(await loader.load()).toMatchObject({ calls: 3, verdicts: { delivered: 3 } });
    expect(loader.sandbox.user('robin@example.com')?.dataFields).toMatchObject({ seats: 2 });
  });

  it.each([
    ['503', 'unavailable'],
    ['429', 'rate-limited'],
  ])('turned away with %s, it leaves the rows to the next attempt', async (name, type) => {
    await start({ plan: planRows(3), sandbox: { faults: fault(BULK, name) } });
    await expect(loader.load()).rejects.toMatchObject({ type, nonRetryable: false });
    expect(loader.verdicts()).toEqual([]);
    loader.sandbox.setFaults(undefined);
    expect(await loader.load()).toMatchObject({ verdicts: { delivered: 3 } });
  });

  it('stops for an operator when the project has no room for a field', async () => {
    await start({ plan: planRows(3), sandbox: { maxUserFields: 1 } });
    await expect(loader.load()).rejects.toMatchObject({ type: 'auth', nonRetryable: false });
  });

  it('after a lost answer it holds up until Iterable answers, and sends nothing twice', async () => {
    await start({ plan: planRows(3), sandbox: { faults: fault('*', 'applied-then-cut') } });
    await expect(loader.load()).rejects.toMatchObject({ type: 'unavailable' });
    expect(loader.verdicts()).toEqual(['unknown answer-lost', 'unknown answer-lost', 'unknown answer-lost']);
    await expect(loader.load({}, { attempt: 2 })).rejects.toMatchObject({ type: 'unavailable' });
    loader.sandbox.setFaults(undefined);
    expect(await loader.load({}, { attempt: 3 })).toMatchObject({ verdicts: { unknown: 3 } });
    expect(loader.sandbox.received(BULK)).toHaveLength(1);
    expect(await loader.verify()).toEqual({ settled: 3, sampled: 0, differing: 0 });
    expect(loader.verdicts()).toEqual(['delivered', 'delivered', 'delivered']);
    expect(loader.sandbox.received(BULK)).toHaveLength(1);
  });

  it('lets a request under way end when it is cancelled, and leaves the rest', async () => {
    await start({ plan: planRows(20), sandbox: { faults: fault(BULK, 'hang') } });
    const env = new MockActivityEnvironment({}, { logger: QUIET });
    const loading = loader.loadIn(env, { rowsPerCall: 10 });
    while (loader.sandbox.received(BULK).length === 0) await new Promise(setImmediate);
    env.cancel();
    await expect(loading).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect([...loader.store.ledger().values()].map(({ verdict }) => verdict)).toEqual(
      Array(10).fill('unknown'),
    );
    expect(loader.sandbox.received(BULK)).toHaveLength(1);
  });

  it('writes nothing of people whose consent is on its way', async () => {
    await start({
      plan: planRows(3),
      deps: { consentInFlight: () => Promise.resolve(new Set([TEST_HASHER.person(emailOf(1))])) },
    });
    expect(await loader.load()).toMatchObject({ verdicts: { delivered: 2, retry: 1 } });
    expect(loader.verdicts()[1]).toBe('retry consent-in-flight');
    expect(loader.sandbox.user(emailOf(1))).toBeUndefined();
  });

  it('refuses to run a model that maps a subscription field', async () => {
    const fields = { ...PEOPLE.fields, unsubscribedChannelIds: { ...PEOPLE.fields['seats'] } };
    const model = with_({ fields: Object.assign({}, PEOPLE.fields, fields) });
    await start({ plan: planRows(1), model });
    await expect(loader.load()).rejects.toMatchObject({ type: 'invalid-input', nonRetryable: true });
    expect(loader.paths()).toEqual([]);
  });

  describe('a model that only updates', () => {
    const model = with_({ mode: { kind: 'update-only' } });
    const plan = [...planRows(2), planRow(2, 'change')];
    const expected = ['delivered', 'skipped not-in-iterable', 'delivered'];

    it.each(['not-found', 'no-op'] as const)('goes by the flag of Iterable, told by %s', async (reports) => {
      await start({ plan, model, sandbox: { updateOnlyReports: reports } });
      loader.sandbox.addUser(emailOf(0));
      loader.sandbox.addUser(emailOf(2));
      await loader.load();
      expect(loader.verdicts()).toEqual(expected);
      expect(loader.sandbox.userCount()).toBe(2);
    });

    it('looks up, once, whom it does not know, where the project lacks the flag', async () => {
      await start({ plan, model, sandbox: { updateOnlyFlag: false }, deps: { updateOnlyFlag: false } });
      loader.sandbox.addUser(emailOf(0));
      loader.sandbox.addUser(emailOf(2));
      await loader.load();
      expect(loader.verdicts()).toEqual(expected);
      expect(loader.paths()).toEqual(['users/getByEmail', 'users/getByEmail', 'users/bulkUpdate']);
      expect(loader.sandbox.userCount()).toBe(2);
    });
  });

  it('of a model that only inserts, sends no changes', async () => {
    await start({
      plan: [planRow(0), planRow(1, 'change')],
      model: with_({ mode: { kind: 'insert-only' } }),
    });
    await loader.load();
    expect(loader.verdicts()).toEqual(['delivered', 'unchanged']);
    expect(loader.sandbox.userCount()).toBe(1);
  });

  describe('rows that are gone', () => {
    const plan = [planRow(0, 'remove'), planRow(1, 'remove')];

    it('are only forgotten, unless the model is a mirror', async () => {
      await start({ plan });
      await loader.load();
      expect(loader.verdicts()).toEqual(['unchanged', 'unchanged']);
      expect(loader.paths()).toEqual([]);
    });

    it('unset their fields, and create nobody', async () => {
      await start({ plan, model: with_({ mode: { kind: 'mirror', onRemoval: 'unset-fields' } }) });
      loader.sandbox.addUser(emailOf(0), { seats: 1, plan: { title: 'free' }, other: 'stays' });
      await loader.load();
      expect(loader.verdicts()).toEqual(['delivered', 'skipped not-in-iterable']);
      expect(fieldsOf(0)).toEqual({ other: 'stays' });
    });

    it('leave a list, and its channel alone', async () => {
      await start({
        plan,
        model: with_({ mode: { kind: 'mirror', onRemoval: { leaveListId: 9001 } } }),
        sandbox: { lists: [{ id: 9001, name: 'Synced', listType: 'Standard', createdAt: 0 }] },
      });
      loader.sandbox.addUser(emailOf(0), { emailListIds: [9001, 5] });
      await loader.load();
      expect(loader.verdicts()).toEqual(['delivered', 'skipped not-in-iterable']);
      expect(loader.sandbox.user(emailOf(0))).toMatchObject({
        emailListIds: [5],
        unsubscribedChannelIds: [],
      });
    });
  });

  it('tracks events under ids of their own, for people whom Iterable has', async () => {
    await start({ plan: planRows(2), model: EVENTS });
    loader.sandbox.addUser(emailOf(0));
    await loader.load();
    expect(loader.verdicts()).toEqual(['delivered', 'skipped not-in-iterable']);
    expect(loader.sandbox.events()).toMatchObject([{ eventName: 'Seats Changed', dataFields: { seats: 0 } }]);
  });

  describe('an address that changes under one key', () => {
    const change = (fields: readonly (string | null)[]): LoaderOptions['plan'] => [
      planRow(0, 'change', {
        old: ['1', 'free', null],
        new: fields,
        oldEmail: 'old@example.com',
        newEmail: 'new@example.com',
      }),
    ];
    const SAME = ['1', 'free', null] as const;

    it.each([
      ['is there under the old one: moved', ['old@example.com'], 'delivered'],
      ['is there under the new one: moved before', ['new@example.com'], 'delivered'],
      [
        'is there under both: somebody else has it',
        ['old@example.com', 'new@example.com'],
        'rejected identity-conflict',
      ],
      ['is there under neither: made anew', [], 'delivered'],
    ])('%s', async (_, there, verdict) => {
      await start({ plan: change(SAME) });
      for (const email of there) loader.sandbox.addUser(email, { seats: 1 });
      await loader.load();
      expect(loader.verdicts()).toEqual([verdict]);
      expect(loader.sandbox.user('new@example.com')?.dataFields).toMatchObject({ seats: 1 });
    });

    it('has its other changes sent once Iterable has had time', async () => {
      await start({ plan: change(['2', 'free', null]) });
      loader.sandbox.addUser('old@example.com', { seats: 1, history: 'kept' });
      await loader.load();
      expect(loader.verdicts()).toEqual(['unknown profile-not-visible']);
      await loader.verify();
      expect(loader.verdicts()).toEqual(['delivered']);
      expect(loader.sandbox.users()).toHaveLength(1);
      expect(loader.sandbox.user('new@example.com')?.dataFields).toMatchObject({ seats: 2, history: 'kept' });
    });
  });
});
