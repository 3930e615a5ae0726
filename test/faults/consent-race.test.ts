import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { raceConsent } from '../../scripts/bench/race/run.js';
import { testConverter } from '../support/converter.js';
import { localEnv, workflowBundlePath } from '../support/temporal.js';

/** `npm run bench -- race --seeds 1000` runs many more of the same. */
const SEEDS = 6;

describe('twenty changes to one person at once, some from outside', () => {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    env = await localEnv();
  });
  afterAll(() => env.teardown());

  it.each([true, false])(
    'leave GitLab Marketing where the last decision put it, and undo no opt-out: targeted %s',
    async (targeted) => {
      const result = await raceConsent(
        {
          seeds: SEEDS,
          firstSeed: targeted ? 1 : 1_001,
          changes: 20,
          longestMs: 3_000,
          targeted,
          atOnce: SEEDS,
        },
        {
          client: env.client,
          connection: env.nativeConnection,
          dataConverter: testConverter,
          workflowBundle: { codePath: workflowBundlePath() },
        },
      );
      expect(result).toMatchObject({ wrong: [], undone: 0, created: 0 });
      // Without the targeted endpoints, what somebody else changes within a round trip may be lost.
      if (targeted) expect(result.lost).toBe(0);
    },
  );
});
