/** What goes wrong between a worker and Snowflake, and that it is never taken for something else. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { randomUUID } from 'node:crypto';
import type { Cell, Result, Warehouse } from '../../../activities/warehouse/engine.js';
import type { Endpoint, Fault, FaultPlan } from '../../../sandbox/snowflake/index.js';
import { startScriptedServer } from '../../support/scripted-server.js';
import { createSnowflake } from '../../../activities/warehouse/snowflake/snowflake.js';
import { startSnowflakeStage, type SnowflakeStage } from '../../support/snowflake.js';

const always = (endpoint: Endpoint, fault: Fault): FaultPlan => ({
  seed: 1,
  rates: { [endpoint]: { [fault]: 1 } },
});
const { signal } = new AbortController();
const INSERT = 'insert into people (k) select ?';

let stage: SnowflakeStage;
let warehouse: Warehouse;
beforeEach(async () => {
  stage = await startSnowflakeStage({ rowsInFirstPartition: 2, rowsPerPartition: 2 });
  warehouse = stage.connect();
  await stage.sandbox.sql(
    "create table people (k varchar); insert into people values ('a'), ('b'), ('c'), ('d'), ('e')",
  );
});
afterEach(() => stage.close());

async function rows(sql = 'select k from people order by k'): Promise<(readonly Cell[])[]> {
  const { batches } = await warehouse.read({ sql }, signal);
  return collected(batches);
}
async function collected(batches: Result['batches']): Promise<(readonly Cell[])[]> {
  const all: (readonly Cell[])[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
const count = async (): Promise<number> =>
  Number((await stage.sandbox.sql('select count(*) from people'))[0]?.[0]);
const submissions = (): number => stage.sandbox.received('/api/v2/statements').length;

describe('between a worker and Snowflake', () => {
  it('a partition that is short is no result', async () => {
    stage.sandbox.setFaults(always('status', 'short-partition'));
    await expect(rows()).rejects.toMatchObject({ type: 'short-result', nonRetryable: false });
  });

  it('a result that is short beyond what its partitions say is none', async () => {
    const handle = randomUUID();
    const meta = { numRows: 3, rowType: [{ name: 'K', type: 'text' }], partitionInfo: [{ rowCount: 1 }] };
    const server = await startScriptedServer(() => ({
      status: 200,
      body: { sqlState: '00000', statementHandle: handle, resultSetMetaData: meta, data: [['a']] },
    }));
    const scripted = createSnowflake({ ...stage.config, baseUrl: server.url });
    const { batches, rowCount } = await scripted.read({ sql: 'select k from people' }, signal);
    expect(rowCount).toBe(3);
    await expect(collected(batches)).rejects.toMatchObject({
      type: 'short-result',
      message: '1 rows came of 3',
    });
    await scripted.close();
    await server.close();
  });

  it('a partition that is cut is read again by another attempt', async () => {
    const reading = await warehouse.read({ sql: 'select k from people order by k' }, signal);
    stage.sandbox.setFaults(always('status', 'cut-partition'));
    await expect(collected(reading.batches)).rejects.toMatchObject({ type: 'unavailable' });
    stage.sandbox.setFaults(undefined);
    expect(await rows()).toEqual([['a'], ['b'], ['c'], ['d'], ['e']]);
  });

  it.each<Fault>(['executed-then-cut', 'executed-then-503'])(
    'work whose answer is lost (%s) is done once, by whichever worker repeats it',
    async (fault) => {
      const work = { sql: INSERT, binds: ['f'], requestId: randomUUID() };
      stage.sandbox.setFaults(always('submit', fault));
      await expect(warehouse.execute(work, signal)).rejects.toMatchObject({ type: 'unavailable' });
      stage.sandbox.setFaults(undefined);
      expect(await warehouse.execute(work, signal)).toBe(1);
      expect(await count()).toBe(6);

      // Another process knows by the activity's attempt. What a repeat answers is not documented.
      stage.sandbox.configure({ retryAnswers: 'one-row' });
      const other = stage.connect();
      const env = new MockActivityEnvironment({ attempt: 2 });
      expect(await env.run(() => other.execute(work, signal))).toBeUndefined();
      await env.run(() => other.transact([`insert into people (k) values ('g')`], signal, work.requestId));
      expect(await count()).toBe(6);
    },
  );

  it('a query is asked anew, whatever its repeat would answer', async () => {
    stage.sandbox.configure({ retryAnswers: 'one-row' });
    const query = { sql: 'select k from people order by k', requestId: randomUUID() };
    const env = new MockActivityEnvironment({ attempt: 2 });
    const ask = async (): Promise<number> => (await warehouse.read(query, signal)).rowCount;
    expect([await env.run(ask), await env.run(ask)]).toEqual([5, 5]);
  });

  it('a token that is refused is made anew, once', async () => {
    let nowMs = Date.now();
    warehouse = stage.connect({ now: () => nowMs });
    stage.sandbox.configure({ now: () => nowMs });
    await rows();
    nowMs += 54 * 60_000;
    stage.sandbox.configure({ strictIssueTime: true });
    expect(await rows()).toHaveLength(5);
    stage.sandbox.setFaults(always('submit', 'expired-token'));
    const before = submissions();
    await expect(rows()).rejects.toMatchObject({
      type: 'auth',
      nonRetryable: false,
      nextRetryDelay: 300_000,
    });
    expect(submissions() - before).toBe(2);
  });

  it('long work outlives its token, looks that fail, and the connection', async () => {
    let nowMs = Date.now();
    const now = (): number => (nowMs += 600_000);
    warehouse = stage.connect({ now, statementTimeoutSeconds: 8 * 3_600 });
    stage.sandbox.configure({ now: () => nowMs, statementMs: 2 * 3_600_000 });
    stage.sandbox.setFaults({ seed: 5, rates: { status: { '503': 0.1, cut: 0.1, '429': 0.1 } } });
    expect((await warehouse.read({ sql: 'select k from people' }, signal)).rowCount).toBe(5);
  });

  it('a poll that always fails ends the attempt', async () => {
    stage.sandbox.setFaults(always('status', 'cut'));
    await expect(rows()).rejects.toMatchObject({ type: 'unavailable', nonRetryable: false });
    expect(stage.sandbox.received('/api/v2/statements/{handle}')).toHaveLength(5);
  });

  it('a result that has expired is asked for again by another attempt', async () => {
    let nowMs = Date.now();
    stage.sandbox.configure({ now: () => nowMs });
    warehouse = stage.connect({ now: () => nowMs });
    const reading = await warehouse.read({ sql: 'select k from people' }, signal);
    nowMs += 86_400_000;
    await expect(collected(reading.batches)).rejects.toMatchObject({
      type: 'unavailable',
      nonRetryable: false,
      details: [{ reason: 'result-gone', code: '000709' }],
    });
  });

  it('a statement is cancelled at Snowflake, also while it is being submitted', async () => {
    stage.sandbox.configure({ statementMs: 3_600_000 });
    const reason = new Error('enough');
    for (const afterMs of [0, 60]) {
      const abort = new AbortController();
      const executing = warehouse.execute({ sql: 'delete from people' }, abort.signal);
      setTimeout(() => {
        abort.abort(reason);
      }, afterMs);
      await expect(executing).rejects.toBe(reason);
    }
    expect(stage.sandbox.received('/api/v2/statements/{handle}/cancel').map(({ status }) => status)).toEqual([
      200, 200,
    ]);
    expect(await count()).toBe(5);
  });

  it('a transaction of which one part is said to have failed is no success', async () => {
    const parts = [randomUUID(), randomUUID()];
    const server = await startScriptedServer(({ url }) => {
      const isPart = parts.findIndex((handle) => url.includes(handle));
      if (isPart === 1) return { status: 422, body: { code: '002003', sqlState: '42S02', message: 'x' } };
      const meta = { numRows: 0, rowType: [], partitionInfo: [] };
      const body = { statementHandle: randomUUID(), resultSetMetaData: meta, data: [] };
      return { status: 200, body: isPart === 0 ? body : { ...body, statementHandles: parts } };
    });
    const scripted = createSnowflake({ ...stage.config, baseUrl: server.url });
    await expect(scripted.transact(['delete from people'], signal)).rejects.toMatchObject({
      type: 'rejected',
    });
    await scripted.close();
    await server.close();
  });

  it('an answer of an unknown shape is none', async () => {
    const server = await startScriptedServer(() => ({ status: 200, body: { anything: 'else' } }));
    const scripted = createSnowflake({ ...stage.config, baseUrl: server.url });
    await expect(scripted.execute({ sql: 'delete from people' }, signal)).rejects.toMatchObject({
      type: 'unavailable',
    });
    await scripted.close();
    await server.close();
  });
});
