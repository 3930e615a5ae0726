import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { existsSync } from 'node:fs';
import { duckDbFailure } from '../../../activities/warehouse/duckdb-failures.js';
import { openDuckDb } from '../../../activities/warehouse/duckdb.js';
import {
  neverAborted,
  openWarehouseFile,
  readAll,
  type WarehouseFile,
} from '../../support/warehouse-file.js';

describe('a DuckDB warehouse', () => {
  let file: WarehouseFile;
  beforeAll(async () => {
    file = await openWarehouseFile();
  });
  afterAll(() => file.remove());

  const execute = (sql: string, binds: readonly (string | null)[] = []): Promise<number | undefined> =>
    file.warehouse.execute({ sql, binds }, neverAborted());
  const cellsOf = async (sql: string): Promise<unknown> =>
    (await readAll(file.warehouse, `SELECT ${sql}`)).rows[0];
  const failureOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'no failure',
      (error: unknown) => error,
    );

  it('makes the file and its folders', () => {
    expect(existsSync(file.path)).toBe(true);
  });

  it.each([
    ['NULL::BIGINT', null, 'fixed'],
    ['9223372036854775807::BIGINT', '9223372036854775807', 'fixed'],
    [`${'9'.repeat(38)}::HUGEINT`, '9'.repeat(38), 'fixed'],
    ['12345678901234567890.120::DECIMAL(38,3)', '12345678901234567890.120', 'fixed'],
    ['0.1::FLOAT', '0.1', 'real'],
    ['1e25::DOUBLE', '10000000000000000000000000', 'real'],
    ['-1.5e-9::DOUBLE', '-0.0000000015', 'real'],
    ['1 = 1', 'true', 'boolean'],
    ["DATE '2026-02-03'", '2026-02-03', 'date'],
    ["TIME '01:02:03'", '01:02:03', 'time'],
    ["TIMESTAMP '2026-02-03 04:05:06'", '2026-02-03T04:05:06.000Z', 'timestamp'],
    ["TIMESTAMP '1969-12-31 23:59:59.5'", '1969-12-31T23:59:59.500Z', 'timestamp'],
    ["TIMESTAMP '2026-02-03 04:05:06.123456'", '2026-02-03T04:05:06.123456Z', 'timestamp'],
    ["TIMESTAMP_NS '2026-02-03 04:05:06.000000001'", '2026-02-03T04:05:06.000000001Z', 'timestamp'],
    ["TIMESTAMPTZ '2026-02-03 04:05:06.7+02'", '2026-02-03T02:05:06.700Z', 'timestamp'],
    [`'{"b": 1, "a": 12345678901234567890}'::JSON`, '{"b": 1, "a": 12345678901234567890}', 'json'],
    [`[1.50, NULL]`, '[1.50,null]', 'json'],
    [
      `{'id': 9223372036854775807, 'at': TIMESTAMP '2026-02-03 04:05:06', 'say': 'a "b"', 'x': MAP {'k': 0.5::DOUBLE}}`,
      String.raw`{"id":9223372036854775807,"at":"2026-02-03T04:05:06.000Z","say":"a \"b\"","x":{"k":0.5}}`,
      'json',
    ],
    [String.raw`'\x00\xAF'::BLOB`, '00AF', 'binary'],
    ["'é ''quoted'' 🙂'", "é 'quoted' 🙂", 'text'],
  ])('reads %s as text', async (sql, cell, type) => {
    const { rows, columns } = await readAll(file.warehouse, `SELECT ${sql} AS it`);
    expect({ rows, columns }).toEqual({ rows: [[cell]], columns: [{ name: 'it', type }] });
  });

  it('binds values as text, and says how many rows changed', async () => {
    expect(await execute('CREATE TABLE binds (id BIGINT, name VARCHAR)')).toBeUndefined();
    expect(await execute('INSERT INTO binds VALUES (?, ?), (2, NULL)', ['1', "it's"])).toBe(2);
    expect(await execute('UPDATE binds SET name = ? WHERE id = ?', [null, '1'])).toBe(1);
    const { rows } = await readAll(file.warehouse, { sql: 'SELECT * FROM binds WHERE id < ?', binds: ['2'] });
    expect(rows).toEqual([['1', null]]);
    expect(await execute('DELETE FROM binds')).toBe(2);
  });

  it('does all statements of a transaction or none', async () => {
    await execute('CREATE TABLE accounts (id BIGINT PRIMARY KEY)');
    await file.warehouse.transact(
      ['INSERT INTO accounts VALUES (1)', 'INSERT INTO accounts VALUES (2)'],
      neverAborted(),
    );
    const refused = file.warehouse.transact(
      ['INSERT INTO accounts VALUES (3)', 'INSERT INTO accounts VALUES (1)'],
      neverAborted(),
    );
    expect(await failureOf(refused)).toMatchObject({ type: 'rejected', nonRetryable: true });
    expect((await readAll(file.warehouse, 'SELECT id FROM accounts ORDER BY id')).rows).toEqual([
      ['1'],
      ['2'],
    ]);
  });

  it('writes side by side without losing one', async () => {
    await execute('CREATE TABLE counter (n BIGINT)');
    await execute('INSERT INTO counter VALUES (0)');
    await Promise.all(Array.from({ length: 20 }, () => execute('UPDATE counter SET n = n + 1')));
    expect(await cellsOf('n FROM counter')).toEqual(['20']);
  });

  it('declares how many rows come, and gives a large result in its order, some at a time', async () => {
    const rows = 50_000;
    const result = await file.warehouse.read(
      { sql: 'SELECT range AS n FROM range(CAST(? AS BIGINT)) ORDER BY n DESC', binds: [String(rows)] },
      neverAborted(),
    );
    expect(result.rowCount).toBe(rows);
    let next = rows - 1;
    let batches = 0;
    for await (const batch of result.batches) {
      batches += 1;
      expect(batch.length).toBeLessThan(5_000);
      for (const [cell] of batch)
        if (cell !== String(next--)) throw new Error(`out of order: ${String(cell)}`);
    }
    expect({ next, several: batches > 5 }).toEqual({ next: -1, several: true });
  });

  it.each([1_000, 15_000, 45_000])('fails as a whole when row %d fails', async (at) => {
    const sql = `SELECT CAST(CASE WHEN range = ${String(at)} THEN 'jo@example.com' ELSE '1' END AS BIGINT) FROM range(50000)`;
    expect(await failureOf(readAll(file.warehouse, sql))).toMatchObject({
      message: 'DuckDB: Conversion Error',
    });
  });

  it('lets a large result be left in the middle', async () => {
    const result = await file.warehouse.read({ sql: 'FROM range(50000)' }, neverAborted());
    for await (const _ of result.batches) break;
    expect(await cellsOf('1')).toEqual(['1']);
  });

  it.each(['read', 'execute', 'transact'] as const)('interrupts %s when it is cancelled', async (how) => {
    const abort = new AbortController();
    const endless =
      'SELECT count(*) FROM range(1000000000) a, range(100000) b WHERE (a.range * b.range) % 7 = 3';
    const statement = `CREATE OR REPLACE TABLE endless AS ${endless}`;
    const running = {
      read: () => file.warehouse.read({ sql: endless }, abort.signal),
      execute: () => file.warehouse.execute({ sql: statement }, abort.signal),
      transact: () => file.warehouse.transact([statement], abort.signal),
    }[how]();
    setTimeout(() => {
      abort.abort(new Error('cancelled by the test'));
    }, 50);
    await expect(running).rejects.toThrow('cancelled by the test');
    await expect(file.warehouse.read({ sql: 'SELECT 1' }, abort.signal)).rejects.toThrow(
      'cancelled by the test',
    );
    expect(await execute('CREATE TABLE IF NOT EXISTS after_it (n BIGINT)')).toBeUndefined();
  });

  it('leaves no transaction open, at whatever moment it is cancelled', async () => {
    for (let turn = 0; turn < 40; turn += 1) {
      const abort = new AbortController();
      const running = file.warehouse.transact(
        ['CREATE OR REPLACE TABLE cut AS SELECT 1 AS n', 'INSERT INTO cut SELECT range FROM range(300000)'],
        abort.signal,
      );
      setTimeout(() => {
        abort.abort(new Error('cancelled by the test'));
      }, turn % 12);
      await running.catch((error: unknown) => {
        expect(error).toEqual(new Error('cancelled by the test'));
      });
      await execute('CREATE TABLE IF NOT EXISTS after_it (n BIGINT)');
    }
  });

  it.each([
    ["SELECT CAST('jo@example.com' AS BIGINT)", 'rejected', 'DuckDB: Conversion Error'],
    ["SELECT jo('jo@example.com')", 'rejected', 'DuckDB: Catalog Error at jo'],
    ['SELECT nickname FROM people', 'rejected', 'DuckDB: Catalog Error at people'],
    [
      "SELECT nickname FROM (SELECT 'jo@example.com' AS email)",
      'rejected',
      'DuckDB: Binder Error at nickname',
    ],
    ["SELECT 'jo@example.com", 'rejected', 'DuckDB: Parser Error'],
  ])('says what is wrong with %s, without its values', async (sql, type, message) => {
    const failure = await failureOf(file.warehouse.read({ sql }, neverAborted()));
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type, message, nonRetryable: true, cause: undefined });
  });

  it('tries again what a repeat may mend', () => {
    const messages = [
      'IO Error: No space left on "jo"',
      'TransactionContext Error: Conflict',
      'nobody knows',
    ];
    for (const message of messages) {
      expect(duckDbFailure(new Error(message))).toMatchObject({ type: 'unavailable', nonRetryable: false });
    }
    expect(duckDbFailure(new Error(messages[0])).message).toBe('DuckDB: IO Error');
  });

  it('spells JSON rows, times and literals', async () => {
    const { dialect } = file.warehouse;
    const rows = dialect.jsonRows('?');
    const sql = `SELECT ${rows.field('a b')}, ${rows.field('n')}, ${dialect.isoText(dialect.timestamp(rows.field('at')))},
      ${dialect.hash(rows.field('n'))} IS NOT NULL, ${dialect.text("it's")} FROM ${rows.from}`;
    const items = [
      { 'a b': 'é"', n: '1', at: '2026-02-03T04:05:06.789+01:00' },
      { n: null, at: '2026-02-03T04:05:06' },
    ];
    const { rows: found } = await readAll(file.warehouse, { sql, binds: [JSON.stringify(items)] });
    expect(found).toEqual([
      ['é"', '1', '2026-02-03T03:05:06.789Z', 'true', "it's"],
      [null, null, '2026-02-03T04:05:06.000Z', 'false', "it's"],
    ]);
  });

  it('keeps what was written when it is closed and opened again', async () => {
    const mine = await openWarehouseFile();
    await mine.warehouse.execute({ sql: 'CREATE TABLE kept AS SELECT 7 AS n' }, neverAborted());
    await mine.warehouse.close();
    const again = await openDuckDb({ path: mine.path });
    expect((await readAll(again, 'SELECT n FROM kept')).rows).toEqual([['7']]);
    await again.close();
    await mine.remove();
  });
});
