/** A sync whose worker is killed while it loads, at an Iterable on a bad day: every row ends right, and is accounted for. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openDuckDb } from '../../activities/warehouse/duckdb.js';
import type { Cell, Warehouse } from '../../activities/warehouse/engine.js';
import { loadConfig } from '../../config/load.js';
import { usersNamespaces } from '../../recipes/models/users-namespaces.js';
import {
  startSandboxIterable,
  type RecordedRequest,
  type SandboxIterable,
} from '../../sandbox/iterable/index.js';
import {
  BAD_ROWS,
  CONTACTS,
  sampleAddresses,
  writeSampleWarehouse,
} from '../../sandbox/samples/warehouse/index.js';
import { connectClient, type ConnectedClient } from '../../workers/connect.js';
import {
  SYNC_MODEL,
  syncWorkflowId,
  type SyncModelInput,
  type SyncResult,
} from '../../workflows/sync-model/messages.js';
import { neverAborted } from '../support/warehouse-file.js';
import { startTestStage, type TestStage } from '../support/stage.js';

const ROWS = 1_500;
const BAD = 20;
const SEED = 7;
const KILLS = 1;
/** Ranges under way at a time, 1,000 rows each: what a kill can have sent again. */
const ROWS_IN_FLIGHT = 8_000;
/** A worker is missed after ten seconds, and rows in doubt are read back one by one, 80 a second. */
const TIMEOUT_MS = 150_000;
const BULK = '/api/users/bulkUpdate';

describe('a sync whose worker is killed', () => {
  let iterable: SandboxIterable;
  let stage: TestStage;
  let connected: ConnectedClient;
  let path: string;
  beforeAll(async () => {
    const rates = { '503': 0.1, '429': 0.1 };
    iterable = await startSandboxIterable({
      answerAfterMs: 200,
      faults: { seed: 4, rates: { [BULK]: rates } },
    });
    stage = await startTestStage(iterable);
    path = join(stage.dataDir, 'models.duckdb');
    await writeSampleWarehouse({ path, rows: ROWS, seed: SEED, bad: BAD });
    for await (const address of sampleAddresses({ rows: ROWS, seed: SEED })) iterable.addUser(address);
    const config = loadConfig(stage.env, { gateway: false, worker: false });
    connected = await connectClient(config, stage.temporal.address);
  });
  afterAll(async () => {
    await connected.close();
    await stage.close();
    await iterable.close();
  });

  type Rows = (sql: string) => Promise<readonly (readonly Cell[])[]>;
  async function withWarehouse<T>(work: (rows: Rows) => Promise<T>): Promise<T> {
    const warehouse: Warehouse = await openDuckDb({ path });
    try {
      return await work(async (sql) => {
        const found: (readonly Cell[])[] = [];
        const { batches } = await warehouse.read({ sql }, neverAborted());
        for await (const batch of batches) found.push(...batch);
        return found;
      });
    } finally {
      await warehouse.close();
    }
  }
  const startWorker = (): ReturnType<TestStage['start']> =>
    stage.start('worker', {
      WAREHOUSE_URL: `duckdb:${path}`,
      ITERABLE_BULK_UPDATE_ONLY: 'true',
      CONSENT_SETTLE_SECONDS: '1',
    });
  const sentRows = (requests: readonly RecordedRequest[]): number =>
    requests.reduce((sum, { body }) => sum + usersIn(body), 0);

  it(
    'ends with the model at Iterable, one verdict per row, and every bad row listed with its reason',
    async () => {
      let worker = await startWorker();
      const run = await connected.client.workflow.start<(input: SyncModelInput) => Promise<SyncResult>>(
        SYNC_MODEL,
        {
          taskQueue: 'recipes',
          workflowId: syncWorkflowId(usersNamespaces.name),
          args: [{ model: usersNamespaces.name, environment: 'test', dryRun: false }],
        },
      );
      for (let kill = 1; kill <= KILLS; kill += 1) {
        const before = iterable.received(BULK).length;
        while (iterable.received(BULK).length < before + 2) await delay(20);
        await worker.end('SIGKILL');
        worker = await startWorker();
      }
      const { run: record } = await run.result();
      await worker.end('SIGTERM');

      expect(record.outcome).toBe('done');
      expect(record.totals).toMatchObject({
        planned: ROWS,
        verdicts: { unknown: 0, retry: 0 },
      });
      const { delivered = 0, unchanged = 0, rejected = 0, skipped = 0 } = record.totals?.verdicts ?? {};
      expect([delivered + unchanged, rejected + skipped]).toEqual([ROWS - BAD, BAD]);

      await withWarehouse(async (rows) => {
        const bad = await rows(`SELECT dim_marketing_contact_id, reason FROM ${BAD_ROWS} ORDER BY 1`);
        const listed = await rows(
          `SELECT row_key, reason FROM iterable_recipes.sync_rows WHERE run_id = '${record.runId}' AND verdict IN ('rejected', 'skipped') ORDER BY 1`,
        );
        // Where an answer was lost, a read may say first that nobody has the wrong address.
        const allowed = bad.map(([id, reason]) => [
          id,
          expect.stringMatching(`^(${String(reason)}|not-in-iterable)$`),
        ]);
        expect(listed).toEqual(allowed);
        const model = await rows(
          `SELECT lower(email_address), first_name, gitlab_dotcom_user_id, json_array_length(namespaces_array)
         FROM ${CONTACTS} WHERE dim_marketing_contact_id NOT IN (SELECT dim_marketing_contact_id FROM ${BAD_ROWS})`,
        );
        const wrong = model.filter(([email, firstName, userId, namespaces]) => {
          const fields = iterable.user(email ?? '')?.dataFields ?? {};
          return (
            fields['firstName'] !== (firstName ?? undefined) ||
            fields['gitlabUserId'] !== Number(userId) ||
            !Array.isArray(fields['namespaces']) ||
            fields['namespaces'].length !== Number(namespaces)
          );
        });
        expect(wrong).toEqual([]);
        expect(model).toHaveLength(ROWS - BAD);
      });

      const requests = iterable.received(BULK);
      const applied = requests.filter(({ applied: isApplied }) => isApplied);
      const resent = sentRows(applied) - (ROWS - BAD);
      const lostAnswers = requests.filter(({ status }) => status === 'cut');
      process.stdout.write(
        `${String(KILLS)} kills, ${String(lostAnswers.length)} lost answers: ${String(Math.max(resent, 0))} of ${String(ROWS)} rows were applied again\n`,
      );
      expect(resent).toBeLessThanOrEqual(KILLS * ROWS_IN_FLIGHT + sentRows(lostAnswers));
    },
    TIMEOUT_MS,
  );
});

function usersIn(body: unknown): number {
  if (typeof body !== 'object' || body === null || !('users' in body)) return 0;
  return Array.isArray(body.users) ? body.users.length : 0;
}
