/** A sync whose worker is killed while it loads, at an Iterable on a bad day: every row ends right, and is accounted for. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { loadConfig } from '../../config/load.js';
import { syncUnderFire } from '../../scripts/bench/conserve/under-fire.js';
import { connectClient, type ConnectedClient } from '../../workers/connect.js';
import { startTestStage, type TestStage } from '../support/stage.js';

/** A worker is missed after ten seconds, and rows in doubt are read back one by one, 80 a second. */
const TIMEOUT_MS = 150_000;

/** `npm run bench -- conserve` runs many larger ones. */
describe('a sync whose worker is killed', () => {
  let stage: TestStage;
  let connected: ConnectedClient;
  beforeAll(async () => {
    stage = await startTestStage({ url: 'http://127.0.0.1:9', apiKey: 'of the sandbox' });
    const config = loadConfig(stage.env, { gateway: false, worker: false });
    connected = await connectClient(config, stage.temporal.address);
  });
  afterAll(async () => {
    await connected.close();
    await stage.close();
  });

  it(
    'ends with the model at Iterable, one verdict per row, and every bad row listed with its reason',
    async () => {
      const path = join(stage.dataDir, 'models.duckdb');
      const report = await syncUnderFire(
        { seed: 7, rows: 1_500, bad: 20, kills: 1, killEveryMs: 100 },
        {
          path,
          client: connected.client.workflow,
          startWorker: ({ url, apiKey }) =>
            stage.start('worker', {
              ITERABLE_BASE_URL: url,
              ITERABLE_API_KEY: apiKey,
              ITERABLE_BULK_UPDATE_ONLY: 'true',
              WAREHOUSE_URL: `duckdb:${path}`,
              CONSENT_SETTLE_SECONDS: '1',
            }),
        },
      );
      expect(report).toMatchObject({ kills: 1, problems: [] });
    },
    TIMEOUT_MS,
  );
});
