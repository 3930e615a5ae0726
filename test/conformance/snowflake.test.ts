import type { FaultPlan, Fault } from '../../sandbox/snowflake/index.js';
import { startSnowflakeStage } from '../support/snowflake.js';
import { describeWarehouse, type Behaviour } from './warehouse.js';

const always = (fault: Fault): FaultPlan => ({
  seed: 1,
  rates: { submit: { [fault]: 1 }, status: { [fault]: 1 } },
});

const FAULTS: Readonly<Record<Behaviour, Fault | undefined>> = {
  works: undefined,
  limits: '429',
  'limits-naming-a-wait': '429',
  fails: '503',
  cuts: 'cut',
  hangs: 'hang',
  'refuses-credentials': 'expired-token',
};

const WAIT_SECONDS = 7;

describeWarehouse({
  name: 'Snowflake',
  // Any token, any private key.
  secrets: [/eyJ[\w-]+\./, /PRIVATE KEY/, /Bearer/],
  namedWaitMs: WAIT_SECONDS * 1000,
  mostProbes: 2,
  start: async () => {
    const stage = await startSnowflakeStage();
    await stage.sandbox.sql(`create table people (k varchar)`);
    return {
      warehouse: stage.connect(),
      impatient: () => stage.connect({ callTimeoutMs: 100 }),
      behave: (behaviour) => {
        const fault = FAULTS[behaviour];
        const retryAfterSeconds = behaviour === 'limits-naming-a-wait' ? WAIT_SECONDS : undefined;
        stage.sandbox.configure({ retryAfterSeconds });
        stage.sandbox.setFaults(fault === undefined ? undefined : always(fault));
      },
      requests: () => stage.sandbox.received().length,
      close: stage.close,
    };
  },
});
