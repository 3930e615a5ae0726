import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import {
  DEFAULT_SETTINGS,
  startSandboxSnowflake,
  type SandboxSnowflake,
} from '../../sandbox/snowflake/index.js';
import { sharedKeyPair } from '../support/snowflake.js';
import {
  CancelStatus,
  LaterPartition,
  QueryFailure,
  QueryStatus,
  ResultSet,
} from '../support/snowflake-contract.js';
import { ask, handleOf, submit, tokenFor, type Said } from './ask-snowflake.js';

let sandbox: SandboxSnowflake;
let nowMs: number;
beforeEach(async () => {
  nowMs = Date.now();
  const now = (): number => nowMs;
  sandbox = await startSandboxSnowflake({ publicKeys: [sharedKeyPair().publicKey], now });
  await sandbox.sql(
    'create table numbers (n number(38, 0)); insert into numbers values (1), (2), (3), (4), (5)',
  );
});
afterEach(() => sandbox.close());

const status = (handle: string, query: Record<string, string> = {}): Promise<Said> =>
  ask(sandbox, 'GET', `/api/v2/statements/${handle}`, { query, token: tokenFor(sandbox, times()) });
const cancel = (handle: string): Promise<Said> => ask(sandbox, 'POST', `/api/v2/statements/${handle}/cancel`);
const times = (): { iat: number; exp: number } => ({
  iat: Math.floor(nowMs / 1000),
  exp: Math.floor(nowMs / 1000) + 3_540,
});
const count = async (): Promise<unknown> => (await sandbox.sql('select count(*) from numbers'))[0]?.[0];

describe('the sandbox of the SQL API', () => {
  it('answers at once with everything about the result', async () => {
    const said = await submit(sandbox, 'select n, null as nothing from numbers order by n', {
      query: { requestId: randomUUID() },
    });
    const { resultSetMetaData: meta, data, ...others } = ResultSet.parse(said.body);
    expect(meta.rowType.map(({ name, type }) => [name, type])).toEqual([
      ['N', 'fixed'],
      ['NOTHING', 'fixed'],
    ]);
    expect(data).toEqual(['1', '2', '3', '4', '5'].map((n) => [n, null]));
    expect(others).toMatchObject({ code: '090001', createdOn: nowMs });
  });

  it('hands a large result out in partitions, compressed and bare after the first', async () => {
    sandbox.configure({ rowsInFirstPartition: 2, rowsPerPartition: 2 });
    const first = await submit(sandbox, 'select n from numbers order by n');
    const { resultSetMetaData: meta, data } = ResultSet.parse(first.body);
    expect(meta.partitionInfo.map(({ rowCount }) => rowCount)).toEqual([2, 2, 1]);
    expect(meta.numRows).toBe(5);
    expect(first.headers['link']).toMatch(
      /partition=0>; rel="first",.*partition=2>; rel="last",.*partition=1>; rel="next"/,
    );
    const later = await Promise.all([2, 1].map((n) => status(handleOf(first), { partition: String(n) })));
    expect(later.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', 'gzip']);
    const rows = later.map(({ body }) => LaterPartition.parse(body).data);
    expect([data, rows[1], rows[0]]).toEqual([[['1'], ['2']], [['3'], ['4']], [['5']]]);
    expect((await status(handleOf(first), { partition: '3' })).status).toBe(400);
    expect(ResultSet.parse((await status(handleOf(first), { partition: '0' })).body).data).toEqual(data);
  });

  it('answers 202 after 45 s of its clock, at once when asked to, and for as many as it is told', async () => {
    sandbox.configure({ statementMs: 60_000 });
    const slow = submit(sandbox, 'select 1 as one');
    const asked = await submit(sandbox, 'select 1 as one', { query: { async: 'true' } });
    expect(asked.status).toBe(202);
    nowMs += 45_000;
    const said = await slow;
    expect(said.status).toBe(202);
    QueryStatus.parse(said.body);
    expect((await status(handleOf(said))).status).toBe(202);
    sandbox.configure({ runningStatus: 429 });
    expect(await status(handleOf(said))).toMatchObject({ status: 429, body: { code: '333334' } });
    nowMs += 20_000;
    await expect(finalStatus(handleOf(said))).resolves.toMatchObject({ status: 200 });
    sandbox.configure({ statementMs: 0 });
    sandbox.deferNext(1);
    const token = tokenFor(sandbox, times());
    const both = [0, 1].map(() =>
      ask(sandbox, 'POST', '/api/v2/statements', { token, json: { statement: 'select 1 as one' } }),
    );
    expect((await Promise.all(both)).map((each) => each.status).sort()).toEqual([200, 202]);
  });

  async function finalStatus(handle: string): Promise<Said> {
    for (;;) {
      const said = await status(handle);
      if (said.status !== 202 && said.status !== 429) return said;
    }
  }

  it('executes a repeat again, unless it says that it is one', async () => {
    const query = { requestId: randomUUID() };
    const insert = (more: Record<string, string> = {}): Promise<Said> =>
      submit(sandbox, 'insert into numbers values (6)', { query: { ...query, ...more } });
    const first = await insert();
    const repeat = await insert({ retry: 'true' });
    expect(handleOf(repeat)).toBe(handleOf(first));
    expect(await count()).toBe('6');
    sandbox.configure({ retryAnswers: 'one-row' });
    expect(ResultSet.parse((await insert({ retry: 'true' })).body).data).toEqual([['1']]);
    await insert();
    expect(await count()).toBe('7');
  });

  it('executes the repeat of what has failed', async () => {
    const query = { requestId: randomUUID(), retry: 'true' };
    expect((await submit(sandbox, 'insert into letters values (1)', { query })).status).toBe(422);
    await sandbox.sql('create table letters (n number)');
    expect((await submit(sandbox, 'insert into letters values (1)', { query })).status).toBe(200);
  });

  it('counts what DML did, beside the result or in its row', async () => {
    const stats = async (): Promise<[unknown, unknown]> => {
      const { stats: top, resultSetMetaData: meta } = ResultSet.parse(
        (await submit(sandbox, 'delete from numbers where n = 0')).body,
      );
      return [top?.numRowsDeleted, meta.stats?.numRowsDeleted];
    };
    expect(await stats()).toEqual([0, undefined]);
    sandbox.configure({ statsIn: 'metadata' });
    expect(await stats()).toEqual([undefined, 0]);
    const said = await submit(sandbox, 'update numbers set n = n + 10 where n > 3');
    const { data, resultSetMetaData: meta } = ResultSet.parse(said.body);
    expect(meta.rowType.map(({ name }) => name)).toEqual([
      'number of rows updated',
      'number of multi-joined rows updated',
    ]);
    expect(data).toEqual([['2', '0']]);
  });

  it.each([
    ['selec', '001003', '42000'],
    ['select nobody from numbers', '000904', '42000'],
    ['select n from nothing', '002003', '42S02'],
    ['select nothing(n) from numbers', '002140', '42601'],
    [`select cast('x' as integer) as n`, '100037', '22018'],
    [`select parse_json('{') as j`, '100069', '22P02'],
    ['insert into numbers values (parse_json(?))', '002014', '22000'],
    ['begin', '391911', '0A000'],
    ['select 1 as one; select 2 as two', '000008', '0A000'],
  ])('refuses with the code of the mistake: %s', async (statement, code, sqlState) => {
    const said = await submit(sandbox, statement);
    expect(said.status).toBe(422);
    expect(QueryFailure.parse(said.body)).toMatchObject({ code, sqlState });
  });

  it('refuses roles, warehouses, databases and values that there are not', async () => {
    sandbox.configure({ warehouses: ['SYNC_WH'], roles: ['SYNC_ROLE'] });
    const code = async (body: object): Promise<unknown> =>
      (await submit(sandbox, 'select ? as v', { bindings: { 1: { type: 'TEXT', value: 'x' } }, ...body }))
        .body;
    expect(await code({ warehouse: 'SYNC_WH', role: 'SYNC_ROLE' })).toMatchObject({ code: '090001' });
    expect(await code({ warehouse: 'sync_wh' })).toMatchObject({ code: '000606' });
    expect(await code({ role: 'OTHER' })).toMatchObject({ code: '390186' });
    expect(await code({ database: 'OTHER' })).toMatchObject({ code: '390201' });
    expect(await code({ bindings: { 1: { type: 'FIXED', value: 'x' } } })).toMatchObject({ code: '100037' });
  });

  it('runs several statements as one request, in a transaction if they say so', async () => {
    const many = (statement: string, n: string): Promise<Said> =>
      submit(sandbox, statement, { parameters: { MULTI_STATEMENT_COUNT: n } });
    const said = await many(
      'begin; insert into numbers values (6); delete from numbers where n = 1; commit',
      '4',
    );
    const { statementHandles = [], data } = ResultSet.parse(said.body);
    expect(data).toEqual([['Multiple statements executed successfully.']]);
    const parts = await Promise.all(statementHandles.map((handle) => status(handle)));
    expect(parts.map(({ body }) => ResultSet.parse(body).data)[1]).toEqual([['1']]);
    const failed = await many(
      'insert into numbers values (7); insert into nothing values (1); delete from numbers',
      '0',
    );
    expect(failed).toMatchObject({ status: 422, body: { code: '100132', sqlState: 'P0000' } });
    expect(await count()).toBe('6');
    await many('begin; delete from numbers; insert into nothing values (1); commit', '0');
    expect(await count()).toBe('6');
  });

  it('cancels what runs, which has then changed nothing', async () => {
    sandbox.configure({ statementMs: 60_000 });
    const said = await submit(sandbox, 'delete from numbers', { query: { async: 'true' } });
    CancelStatus.parse((await cancel(handleOf(said))).body);
    expect(await status(handleOf(said))).toMatchObject({
      status: 422,
      body: { code: '000604', sqlState: '57014' },
    });
    expect(await cancel(handleOf(said))).toMatchObject({ status: 422, body: { code: '000605' } });
    expect(await count()).toBe('5');
  });

  it('ends a statement by its own timeout, and a result by its age', async () => {
    sandbox.configure({ statementMs: 60_000 });
    const submitting = submit(sandbox, 'delete from numbers', { timeout: 10 });
    const waiting = setInterval(() => {
      nowMs += 10_000;
    }, 5);
    expect(await submitting).toMatchObject({ status: 408, body: { code: '000630' } });
    clearInterval(waiting);
    sandbox.configure({ statementMs: 0 });
    const token = tokenFor(sandbox, times());
    const done = await ask(sandbox, 'POST', '/api/v2/statements', {
      token,
      json: { statement: 'select 1 as one' },
    });
    nowMs += DEFAULT_SETTINGS.resultTtlMs - 1;
    expect((await status(handleOf(done))).status).toBe(200);
    nowMs += 1;
    expect(await status(handleOf(done))).toMatchObject({ status: 422, body: { code: '000709' } });
  });

  it('forgets its tables at a reset, and keeps its keys', async () => {
    await sandbox.reset();
    expect((await submit(sandbox, 'select n from numbers')).body).toMatchObject({ code: '002003' });
  });

  it('draws faults by their seed, and refuses rates beyond 1', async () => {
    const drawn = async (): Promise<readonly number[]> => {
      sandbox.setFaults({ seed: 7, rates: { submit: { '503': 0.4, '429': 0.3 } } });
      const statuses: number[] = [];
      for (let n = 0; n < 12; n += 1) statuses.push((await submit(sandbox, 'select 1 as one')).status);
      return statuses;
    };
    const once = await drawn();
    expect(new Set(once)).toEqual(new Set([200, 429, 503]));
    expect(await drawn()).toEqual(once);
    expect(() => {
      sandbox.setFaults({ seed: 1, rates: { status: { '500': 0.7, cut: 0.7 } } });
    }).toThrow(RangeError);
  });
});
