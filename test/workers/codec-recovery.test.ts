import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { HiddenPayloadKey, type PayloadKeyRing } from '../../config/payload-keys.js';
import { createDataConverter } from '../../workers/codec/data-converter.js';
import { PAYLOAD_FAILURES } from '../../workers/codec/payload-codec.js';
import { discardUpdate, PARKED_EVENT, type ParkedEventInput } from '../../workflows/parked-event/messages.js';
import { acceptedEvent } from '../support/events.js';
import { timeSkippingEnv, workflowBundlePath } from '../support/temporal.js';

const TASK_QUEUE = 'codec-recovery';
const oldKey = new HiddenPayloadKey('2025', randomBytes(32));
const newKey = new HiddenPayloadKey('2026', randomBytes(32));

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await timeSkippingEnv();
});
afterAll(() => env.teardown());

const clientWith = (keys: PayloadKeyRing): Client =>
  new Client({ connection: env.connection, dataConverter: createDataConverter(keys) });

const workerWith = (keys: PayloadKeyRing): Promise<Worker> =>
  Worker.create({
    connection: env.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: workflowBundlePath() },
    dataConverter: createDataConverter(keys),
  });

async function start(keys: PayloadKeyRing): Promise<string> {
  const input: ParkedEventInput = {
    event: acceptedEvent(1, { first_name: 'Canary' }),
    reason: 'gave-up',
    class: 'unavailable',
    environment: 'test',
  };
  const workflowId = `parked/${randomBytes(4).toString('hex')}`;
  // A task that failed is tried again after its timeout; ten seconds would be spent waiting.
  const options = { workflowId, taskQueue: TASK_QUEUE, workflowTaskTimeout: '1s', args: [input] } as const;
  await clientWith(keys).workflow.start(PARKED_EVENT, options);
  return workflowId;
}

/** The types of the failures with which tasks of a workflow have failed; waits for the first. */
async function failedTasks(workflowId: string): Promise<(string | null | undefined)[]> {
  for (;;) {
    const { events } = await clientWith('none').workflow.getHandle(workflowId).fetchHistory();
    const failures =
      events?.flatMap(({ workflowTaskFailedEventAttributes: failed }) => failed?.failure ?? []) ?? [];
    if (failures.length > 0) return failures.map((failure) => failure.applicationFailureInfo?.type);
    await sleep(50);
  }
}

describe('a key that was dropped while workflows still needed it', () => {
  it('stops their tasks with a failure that names the trouble; with the key back they go on', async () => {
    const workflowId = await start([oldKey]);
    const hasty = await workerWith([newKey]);
    expect(await hasty.runUntil(() => failedTasks(workflowId))).toContain(PAYLOAD_FAILURES.unknownKey);

    const handle = clientWith([newKey, oldKey]).workflow.getHandle(workflowId);
    const mended = await workerWith([newKey, oldKey]);
    const settled = mended.runUntil(() => handle.executeUpdate(discardUpdate, { args: ['test'] }));
    await expect(settled).resolves.toMatchObject({ status: 'discarded', discardReason: 'test' });
  });

  it('a key with other bytes under the same id stops them as damage, and mending it lets them go on', async () => {
    const workflowId = await start([newKey]);
    const mistaken = await workerWith([new HiddenPayloadKey(newKey.id, randomBytes(32))]);
    expect(await mistaken.runUntil(() => failedTasks(workflowId))).toContain(PAYLOAD_FAILURES.damaged);

    const handle = clientWith([newKey]).workflow.getHandle(workflowId);
    const mended = await workerWith([newKey]);
    const settled = mended.runUntil(() => handle.executeUpdate(discardUpdate, { args: ['test'] }));
    await expect(settled).resolves.toMatchObject({ status: 'discarded' });
  });
});

describe('what the server stores', () => {
  const storedText = async (keys: PayloadKeyRing): Promise<string> => {
    const history = await clientWith(keys)
      .workflow.getHandle(await start(keys))
      .fetchHistory();
    return Buffer.from(proto.temporal.api.history.v1.History.encode(history).finish()).toString('latin1');
  };

  it('holds no personal data', async () => {
    expect(await storedText([newKey])).not.toMatch(/person-1@example\.com|Canary/);
  });

  it('holds it when encryption is off: this test can fail', async () => {
    expect(await storedText('none')).toMatch(/person-1@example\.com/);
  });
});
