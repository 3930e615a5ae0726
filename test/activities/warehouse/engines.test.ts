/** One suite over both engines: what a caller of `engine.ts` may count on, whichever is behind it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { openDuckDb } from '../../../activities/warehouse/duckdb.js';
import type { Cell, Warehouse } from '../../../activities/warehouse/engine.js';
import { startSnowflakeStage } from '../../support/snowflake.js';

interface Running {
  readonly warehouse: Warehouse;
  readonly close: () => Promise<void>;
}

const ENGINES: readonly (readonly [string, () => Promise<Running>])[] = [
  [
    'DuckDB',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'engines-'));
      const warehouse = await openDuckDb({ path: join(folder, 'warehouse.duckdb') });
      return {
        warehouse,
        close: async () => {
          await warehouse.close();
          await rm(folder, { recursive: true });
        },
      };
    },
  ],
  [
    'Snowflake',
    async () => {
      // Small partitions: most results have several.
      const stage = await startSnowflakeStage({ rowsInFirstPartition: 3, rowsPerPartition: 50 });
      return { warehouse: stage.connect(), close: stage.close };
    },
  ],
];

const HUGE = '12345678901234567890123456789012345678';

describe.each(ENGINES)('a warehouse by %s', (_, start) => {
  let running: Running;
  let warehouse: Warehouse;
  const { signal } = new AbortController();

  beforeAll(async () => {
    running = await start();
    ({ warehouse } = running);
  });
  afterAll(() => running.close());
  beforeEach(async () => {
    const { types } = warehouse.dialect;
    await warehouse.execute({ sql: 'drop table if exists people' }, signal);
    await warehouse.execute(
      {
        sql:
          `create table people (k ${types.text} not null, n ${types.bigint}, made ${types.timestamp}, ` +
          `doc ${types.json})`,
      },
      signal,
    );
  });

  const execute = (sql: string, binds: readonly Cell[] = []): Promise<number | undefined> =>
    warehouse.execute({ sql, binds }, signal);

  async function rowsOf(sql: string, binds: readonly Cell[] = []): Promise<(readonly Cell[])[]> {
    const result = await warehouse.read({ sql, binds }, signal);
    const rows: (readonly Cell[])[] = [];
    for await (const batch of result.batches) rows.push(...batch);
    expect(rows).toHaveLength(result.rowCount);
    return rows;
  }

  /** As batches of rows are written: one text that holds them all. */
  function insert(people: readonly Readonly<Record<string, Cell>>[]): Promise<number | undefined> {
    const { jsonRows, timestamp, json, types } = warehouse.dialect;
    const { from, field } = jsonRows('?');
    return execute(
      `insert into people (k, n, made, doc) select ${field('k')}, cast(${field('n')} as ${types.bigint}), ` +
        `${timestamp(field('made'))}, ${json(field('doc'))} from ${from}`,
      [JSON.stringify(people)],
    );
  }

  it('says how many rows a change has met, and nothing of a definition', async () => {
    const people = ['a', 'b', 'c'].map((k) => ({ k, n: '1', made: null, doc: null }));
    expect(await insert(people)).toBe(3);
    expect(await execute('update people set n = 2 where k <> ?', ['a'])).toBe(2);
    expect(await execute('delete from people where n = 2')).toBe(2);
    expect(await execute('delete from people where n = 2')).toBe(0);
    expect(await execute('alter table people add column h varchar')).toBeUndefined();
  });

  it('gives cells back as they were written: digits, NULL, letters of all kinds, times, JSON', async () => {
    const doc = '{"names":["a",null],"big":12345678901234567890,"deep":{"x":1.50}}';
    await insert([
      {
        k: `o'brien \\ "quoted" \n ü 木 🦊`,
        n: '-9223372036854775808',
        made: '2026-03-01T12:00:00.125+02:00',
        doc,
      },
      { k: '', n: null, made: null, doc: null },
    ]);
    const rows = await rowsOf('select k, n, made, doc from people order by k');
    expect(rows).toEqual([
      ['', null, null, null],
      [`o'brien \\ "quoted" \n ü 木 🦊`, '-9223372036854775808', '2026-03-01T10:00:00.125Z', doc],
    ]);
  });

  it('names columns and types alike', async () => {
    const { columns } = await warehouse.read(
      { sql: 'select k, n, made, doc, 1 > 0 as yes from people' },
      signal,
    );
    expect(columns).toEqual([
      { name: 'k', type: 'text' },
      { name: 'n', type: 'fixed' },
      { name: 'made', type: 'timestamp' },
      { name: 'doc', type: 'json' },
      { name: 'yes', type: 'boolean' },
    ]);
  });

  it('keeps numbers of 38 digits, fractions and every other type exact', async () => {
    const sql =
      `select cast(? as decimal(38, 0)) as huge, cast('1.50' as decimal(10, 2)) as price, cast('0.1' as double) as part, ` +
      `cast('1e30' as double) as large, cast('1e-7' as double) as small, 1 = 1 as yes, 1 = 2 as no, ` +
      `cast('1969-12-31' as date) as day, cast('23:59:59.25' as time) as time_of_day, cast(null as varchar) as nothing`;
    expect(await rowsOf(sql, [HUGE])).toEqual([
      [
        HUGE,
        '1.50',
        '0.1',
        `1${'0'.repeat(30)}`,
        '0.0000001',
        'true',
        'false',
        '1969-12-31',
        '23:59:59.25',
        null,
      ],
    ]);
  });

  it('brings back any text, bound or quoted', async () => {
    const unit = fc.constantFrom(...Array.from(`ab'"\\%_;?-/$\n\t ü木🦊{}`));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 20 }), async (value) => {
        const sql = `select ? as bound, ${warehouse.dialect.text(value)} as quoted`;
        expect(await rowsOf(sql, [value])).toEqual([[value, value]]);
      }),
      { numRuns: 30 },
    );
  });

  it('has the same functions: hash and times', async () => {
    const { hash, timestamp, isoText, text } = warehouse.dialect;
    const made = timestamp(text('2026-11-24T23:30:00.1239-05:00'));
    const sql = `select ${hash(text('ü'))} as h, ${isoText(made)} as iso, ${made} < ${timestamp(text('2026-11-25T04:30:00.124Z'))} as earlier`;
    expect(await rowsOf(sql)).toEqual([
      ['c03410a5204b21cd8229ff754688d743', '2026-11-25T04:30:00.123Z', 'true'],
    ]);
  });

  it('reads rows in the order of the query, over all its batches', async () => {
    await insert(
      Array.from({ length: 260 }, (__, n) => ({ k: `k${n}`, n: String(n), made: null, doc: null })),
    );
    const rows = await rowsOf('select n from people order by n desc');
    expect(rows.map(([n]) => n)).toEqual(Array.from({ length: 260 }, (__, n) => String(259 - n)));
    expect(await rowsOf('select n from people where n < 0')).toEqual([]);
  });

  it('does all of a transaction, or nothing', async () => {
    const { text } = warehouse.dialect;
    await warehouse.transact(
      [`insert into people (k) values (${text('a;b')}) -- the first`, `insert into people (k) values ('c');`],
      signal,
      randomUUID(),
    );
    const failing = warehouse.transact([`delete from people`, `insert into nowhere values (1)`], signal);
    await expect(failing).rejects.toMatchObject({ type: 'rejected', nonRetryable: true });
    expect(await rowsOf('select k from people order by k')).toEqual([['a;b'], ['c']]);
  });

  it('ends a statement that is cancelled, and has changed nothing', async () => {
    await insert(
      Array.from({ length: 1_000 }, (__, n) => ({ k: String(n), n: String(n), made: null, doc: null })),
    );
    const abort = new AbortController();
    const reason = new Error('enough');
    // A thousand million rows, each looked at.
    const sql =
      'insert into people (k) select a.k from people a, people b, people c where a.n * b.n = c.n + 0.5';
    const executing = warehouse.execute({ sql }, abort.signal);
    setTimeout(() => {
      abort.abort(reason);
    }, 50);
    await expect(executing).rejects.toBe(reason);
    await expect(warehouse.read({ sql: 'select 1 as one' }, abort.signal)).rejects.toBe(reason);
    expect(await rowsOf('select count(*) as c from people')).toEqual([['1000']]);
  });

  it.each([
    ['no such table', 'select k from missing_table'],
    ['no such column', 'select canary from people'],
    ['no number', `select cast('canary' as integer) as n`],
  ])('fails for good, without a word of the statement or its values: %s', async (_name, sql) => {
    const failure: unknown = await rowsOf(sql, []).catch((error: unknown) => error);
    expect(failure).toMatchObject({ nonRetryable: true });
    expect(String(failure)).not.toContain("'canary'");
  });
});
