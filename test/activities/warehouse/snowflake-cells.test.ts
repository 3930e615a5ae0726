import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Cell, Warehouse } from '../../../activities/warehouse/engine.js';
import { bindingsOf } from '../../../activities/warehouse/snowflake/bindings.js';
import { cellReader, columnOf } from '../../../activities/warehouse/snowflake/cells.js';
import { DEFAULT_SETTINGS, type SnowflakeSettings } from '../../../sandbox/snowflake/index.js';
import { startSnowflakeStage, type SnowflakeStage } from '../../support/snowflake.js';

const read = (type: string, cell: Cell): Cell => cellReader(columnOf({ name: 'C', type }))(cell);

describe('cells of the SQL API', () => {
  it.each([
    ['fixed', '99999999999999999999999999999999999999', '99999999999999999999999999999999999999'],
    ['fixed', '-0.50', '-0.50'],
    [
      'decfloat',
      '1.2345678901234567890123456789012345678E+40',
      '1.2345678901234567890123456789012345678E+40',
    ],
    ['real', '1.5e-07', '0.00000015'],
    ['real', '-2E+21', '-2000000000000000000000'],
    ['real', 'inf', 'Infinity'],
    ['real', 'NaN', 'NaN'],
    ['boolean', 'true', 'true'],
    ['boolean', '0', 'false'],
    ['date', '18262', '2020-01-01'],
    ['date', '-1', '1969-12-31'],
    ['date', '2020-01-01', '2020-01-01'],
    ['time', '82919.000000000', '23:01:59'],
    ['time', '82919500000000', '23:01:59.5'],
    ['time', '0.000000001', '00:00:00.000000001'],
    ['timestamp_ntz', '1616173619.000000000', '2021-03-19T17:06:59.000Z'],
    ['timestamp_ntz', '1616173619', '2021-03-19T17:06:59.000Z'],
    ['timestamp_ntz', '1616173619000000001', '2021-03-19T17:06:59.000000001Z'],
    ['timestamp_ltz', '1616173619.120000000', '2021-03-19T17:06:59.120Z'],
    ['timestamp_ntz', '-1.500000000', '1969-12-31T23:59:58.500Z'],
    ['timestamp_tz', '1616173619.123456000 1500', '2021-03-19T17:06:59.123456Z'],
    ['timestamp_tz', '1616173619000000000 960', '2021-03-19T17:06:59.000Z'],
    ['binary', 'dEAD', 'DEAD'],
    ['variant', '{\n  "a b": [\n    1.50,\n    "x \\" y"\n  ]\n}', '{"a b":[1.50,"x \\" y"]}'],
    ['array', '[]', '[]'],
    ['variant', 'null', 'null'],
    ['text', ' null ', ' null '],
    ['geography', 'POINT(1 2)', 'POINT(1 2)'],
  ])('%s %j is %j', (type, cell, text) => {
    expect(read(type, cell)).toBe(text);
    expect(read(type, null)).toBeNull();
  });

  it('names unquoted columns in lower case, and types in the words of the engine', () => {
    expect(columnOf({ name: 'USER_ID', type: 'fixed' })).toEqual({ name: 'user_id', type: 'fixed' });
    expect(columnOf({ name: 'userId', type: 'timestamp_tz' })).toEqual({ name: 'userId', type: 'timestamp' });
  });

  it('binds everything as text', () => {
    expect(bindingsOf(['a', null])).toEqual({
      1: { type: 'TEXT', value: 'a' },
      2: { type: 'TEXT', value: null },
    });
    expect(bindingsOf([])).toBeUndefined();
  });
});

/** What nobody could confirm of the encodings, one way and the other. */
const WAYS: readonly Partial<SnowflakeSettings>[] = [
  {},
  { booleansAs: 'digits', timesAs: 'nanoseconds', typeNamesIn: 'upper-case', jsonText: 'compact' },
  { zonedType: 'timestamp_tz', zonedOffsetMinutes: -480 },
];

describe.each(WAYS)('a value that is bound and read with %j', (way) => {
  let stage: SnowflakeStage;
  let warehouse: Warehouse;
  beforeAll(async () => {
    stage = await startSnowflakeStage();
    warehouse = stage.connect();
  });
  afterAll(() => stage.close());
  beforeEach(() => {
    stage.sandbox.configure({ ...DEFAULT_SETTINGS, ...way });
  });

  async function back(cells: readonly Cell[]): Promise<readonly Cell[] | undefined> {
    const sql =
      'select ?::varchar as t, ?::number(38, 0) as n, ?::double as f, ?::boolean as b, ?::date as d, ?::time as h, ' +
      '?::timestamp_ntz as m, to_timestamp_tz(?) as z, parse_json(?) as j';
    const { batches } = await warehouse.read({ sql, binds: cells }, new AbortController().signal);
    for await (const [row] of batches) return row;
    return undefined;
  }

  const dates = fc.date({
    min: new Date('1700-01-01'),
    max: new Date('2200-01-01'),
    noInvalidDate: true,
  });
  // Whole numbers around 1970 may be seconds or nanoseconds: they are read as seconds.
  const moment = dates.filter((date) => Math.abs(date.getTime()) > 100_000).map((date) => date.toISOString());
  const cells = fc.tuple(
    fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
    fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }).map(String),
    fc.integer().map((n) => String(n / 1000)),
    fc.boolean().map(String),
    dates.map((date) => date.toISOString().slice(0, 10)),
    fc.integer({ min: 0, max: 86_399 }).map((n) => new Date(n * 1000).toISOString().slice(11, 19)),
    moment,
    moment,
    fc.json({ maxDepth: 2 }).map((text) => JSON.stringify(JSON.parse(text))),
  );

  it('is the same text', async () => {
    await fc.assert(
      fc.asyncProperty(cells, async (row) => {
        expect(await back(row)).toEqual(row);
      }),
      { numRuns: 25 },
    );
  });

  it('stays NULL', async () => {
    const nothing = Array.from({ length: 9 }, () => null);
    expect(await back(nothing)).toEqual(nothing);
  });
});
