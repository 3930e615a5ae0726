import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BulkJudgement } from '../../../activities/iterable/bulk-answers.js';
import { rejected } from '../../../activities/iterable/bulk-lists.js';
import { sendBulk, type BulkRow, type BulkTally, type Told } from '../../../activities/iterable/send-bulk.js';

type Row = BulkRow<{ readonly isBad: boolean }>;

function rowsOf(count: number, bad: ReadonlySet<number> = new Set()): Row[] {
  return Array.from({ length: count }, (_, n) => ({ n, body: { isBad: bad.has(n) } }));
}

const answered = (rows: readonly Row[]): BulkJudgement => ({
  kind: 'answered',
  outcomes: rows.map(() => ({ kind: 'delivered' })),
});

/** Refuses a request whole as soon as one row in it is bad. */
const strict =
  (pointing: boolean) =>
  (rows: readonly Row[]): BulkJudgement => {
    const culprits = rows.flatMap(({ body }, index) => (body.isBad ? [index] : []));
    if (culprits.length === 0) return answered(rows);
    return {
      kind: 'refused',
      reason: 'field-type-mismatch',
      class: 'rejected',
      culprits: pointing ? culprits.slice(0, 1) : [],
    };
  };

function cut(rows: readonly Row[], size: number): Row[][] {
  const count = Math.ceil(rows.length / size);
  return Array.from({ length: count }, (_, at) => rows.slice(at * size, (at + 1) * size));
}

async function send(
  rows: readonly Row[],
  answer: (rows: readonly Row[], call: number) => BulkJudgement,
  rowsPerCall = 1_000,
): Promise<{ tally: BulkTally; told: Told[]; requests: number[] }> {
  const told: Told[] = [];
  const requests: number[] = [];
  const tally = await sendBulk(cut(rows, rowsPerCall), {
    send: (batch) => Promise.resolve(answer(batch, requests.push(batch.length))),
    tell: (more) => Promise.resolve(void told.push(...more)),
  });
  return { tally, told, requests };
}

const kinds = (told: readonly Told[]): Record<string, number[]> => {
  const by: Record<string, number[]> = {};
  for (const { n, outcome } of told) (by[outcome.kind] ??= []).push(n);
  return by;
};

describe('bulk requests', () => {
  it('are one where one is enough', async () => {
    const { tally, requests } = await send(rowsOf(1_000), answered);
    expect(requests).toEqual([1_000]);
    expect(tally).toEqual({ calls: 1, acceptedRows: 1_000, tooLargeRows: undefined, stopped: undefined });
  });

  it.each([0, 1, 499, 500, 998, 999])('find the bad row %i of 1,000 in at most 12 calls', async (n) => {
    const { told, requests } = await send(rowsOf(1_000, new Set([n])), strict(false));
    expect(requests.length).toBeLessThanOrEqual(12);
    expect(kinds(told)['rejected']).toEqual([n]);
    expect(kinds(told)['delivered']).toHaveLength(999);
  });

  it('follow the pointers of the answer', async () => {
    const { told, requests } = await send(rowsOf(1_000, new Set([3, 700])), strict(true));
    expect(requests).toEqual([1_000, 999, 998]);
    expect(kinds(told)['rejected']).toEqual([3, 700]);
  });

  it('are halved where there are too many rows, and say how many that was', async () => {
    const { tally, requests } = await send(rowsOf(1_000), (rows) =>
      rows.length > 300 ? { kind: 'too-large' } : answered(rows),
    );
    expect(requests).toEqual([1_000, 500, 250, 250, 500, 250, 250]);
    expect(tally).toMatchObject({ acceptedRows: 250, tooLargeRows: 500 });
  });

  it('blame a huge row, not the number of rows', async () => {
    const { tally, told } = await send(rowsOf(8, new Set([5])), (rows) =>
      rows.some(({ body }) => body.isBad) ? { kind: 'too-large' } : answered(rows),
    );
    expect(told.find(({ n }) => n === 5)?.outcome).toEqual(rejected('body-too-large'));
    expect(tally).toMatchObject({ acceptedRows: 4, tooLargeRows: 8 });
  });

  it('do not take a row for bad by elimination when the refusal named no rule', async () => {
    const { told } = await send(rowsOf(8), (rows) =>
      rows.length > 4
        ? { kind: 'refused', reason: 'request-refused', class: 'rejected', culprits: [] }
        : answered(rows),
    );
    expect(kinds(told)['delivered']).toHaveLength(8);
  });

  it('end at once when Iterable turns them away, and leave the rest unsaid', async () => {
    const stop = { kind: 'retry', reason: 'rate-limited', class: 'rate-limited', afterMs: 7 } as const;
    const { tally, told } = await send(rowsOf(30), (rows, call) => (call > 1 ? stop : answered(rows)), 10);
    expect(told).toHaveLength(10);
    expect(tally).toMatchObject({ calls: 1, stopped: stop });
  });

  it('leave rows in doubt when no answer comes', async () => {
    const { tally, told } = await send(
      rowsOf(30),
      (rows, call) => (call > 1 ? { kind: 'lost', class: 'unavailable' } : answered(rows)),
      10,
    );
    expect(kinds(told)).toEqual({
      delivered: expect.any(Array),
      unknown: [10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
    });
    expect(tally).toMatchObject({ calls: 2, stopped: { class: 'unavailable' } });
  });

  it('say one thing of each row, whatever Iterable does, and reject exactly the bad ones', async () => {
    const scene = fc.record({
      count: fc.integer({ min: 1, max: 300 }),
      bad: fc.uniqueArray(fc.integer({ min: 0, max: 299 }), { maxLength: 6 }),
      rowsPerCall: fc.integer({ min: 1, max: 400 }),
      mostRows: fc.integer({ min: 1, max: 400 }),
      points: fc.boolean(),
      stopsAtCall: fc.option(fc.integer({ min: 1, max: 30 })),
      loses: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(scene, async ({ count, bad, rowsPerCall, mostRows, points, stopsAtCall, loses }) => {
        const rows = rowsOf(count, new Set(bad));
        const away = { kind: 'retry', reason: 'unavailable', class: 'unavailable', afterMs: 1 } as const;
        const { tally, told } = await send(
          rows,
          (batch, call) => {
            if (call === stopsAtCall) return loses ? { kind: 'lost', class: 'unavailable' } : away;
            return batch.length > mostRows ? { kind: 'too-large' } : strict(points)(batch);
          },
          rowsPerCall,
        );
        const said = told.map(({ n }) => n);
        expect(new Set(said).size).toBe(said.length);
        if (tally.stopped === undefined) expect(said).toHaveLength(count);
        for (const { n, outcome } of told)
          if (outcome.kind !== 'unknown') expect(outcome.kind === 'rejected').toBe(bad.includes(n));
      }),
      { numRuns: 100 },
    );
  });
});
