import { describe, expect, it } from '@jest/globals';
import { Writable } from 'node:stream';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { toSdkLogger } from '../../workers/telemetry.js';
import { findCanaries, PERSONAL, placeOf } from './canaries.js';

/** All that the SDK logs through our logger while an activity fails like this. */
async function logOf(error: Error): Promise<string> {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const logger = toSdkLogger(pino({ level: 'trace' }, sink));
  const activity = (): Promise<void> => Promise.reject(error);
  await new MockActivityEnvironment({}, { logger }).run(activity).catch(() => undefined);
  logger.error(`Error while processing ActivityTask.start: ${error.message}`, { error });
  return lines.join('');
}

describe('the log of a worker', () => {
  it('says of a foreign error what it is and where it came from, never what it quotes', async () => {
    const cause = new Error(PERSONAL['last name']);
    const log = await logOf(new RangeError(`no list has ${PERSONAL.role}`, { cause }));
    expect(findCanaries([placeOf('log', log)])).toEqual([]);
    expect(log).toMatch(/"type":"RangeError","stack":\["at .*worker-log\.test/);
    expect(log).toContain('"msg":"Error while processing ActivityTask.start: RangeError"');
  });

  it('says of a failure of ours what we wrote', async () => {
    const log = await logOf(ApplicationFailure.retryable('none of 1 got through', 'unavailable'));
    expect(log).toContain('"message":"none of 1 got through"');
  });
});
