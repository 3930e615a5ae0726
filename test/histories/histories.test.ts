import { beforeAll, describe, expect, it } from '@jest/globals';
import { JSONToPayload, type Payload } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import * as workflows from '../../workflows/index.js';
import { isEncrypted } from '../../workers/codec/payload-codec.js';
import { bundleWorkflows } from '../../workers/workflow-bundle.js';
import { testConverter } from '../support/converter.js';
import { quiet, workflowBundlePath } from '../support/temporal.js';
import { currentVersion, readHistories, replayAll, titleOf, type RecordedHistory } from './recorded.js';
import { stories } from './stories.js';

const WORKFLOW_TYPES = Object.keys(workflows);
const CURE = 'run: npm run histories';

describe('recorded histories', () => {
  let recorded: RecordedHistory[];
  let ofThisVersion: RecordedHistory[];
  let version: string;
  beforeAll(async () => {
    quiet();
    recorded = await readHistories();
    version = await currentVersion();
    ofThisVersion = recorded.filter((each) => each.version === version);
  });

  const holds = ({ text }: RecordedHistory, type: string): boolean => text.includes(`"EVENT_TYPE_${type}"`);

  it('has stories of every workflow type, and of nothing else', () => {
    expect(Object.keys(stories).sort()).toEqual([...WORKFLOW_TYPES].sort());
  });

  it('has a history of this version for every story, and a story for every history', () => {
    const told = Object.entries(stories).flatMap(([type, ofType]) =>
      Object.keys(ofType).map((story) => `${version}/${type}/${story}`),
    );
    const titles = ofThisVersion.map(titleOf);
    expect({ cure: CURE, titles: titles.sort() }).toEqual({ cure: CURE, titles: told.sort() });
  });

  it('holds in each history what its story is about', () => {
    for (const each of ofThisVersion) {
      const { shows = [] } = stories[each.workflowType]?.[each.story] ?? {};
      const lacking = shows.filter((type) => !holds(each, type));
      expect({ of: titleOf(each), lacking }).toEqual({ of: titleOf(each), lacking: [] });
    }
    for (const each of recorded) {
      const [started] = each.history.events;
      expect(started?.workflowExecutionStartedEventAttributes?.workflowType.name).toBe(each.workflowType);
    }
  });

  it('replays every history with the code of today', async () => {
    const replayed = await replayAll({ codePath: workflowBundlePath() }, recorded);
    expect(replayed.map(titleOf).sort()).toEqual(recorded.map(titleOf).sort());
    expect(failures(replayed)).toEqual([]);
  });

  describe('would notice in every workflow type', () => {
    const twin = (name: string): Promise<WorkflowBundleWithSourceMap> =>
      bundleWorkflows(fileURLToPath(new URL(`./twins/${name}.ts`, import.meta.url)));

    it('a step too many before the first one, in every story', async () => {
      expect(noticed(await replayAll(await twin('extra-first-step'), recorded))).toEqual(
        titlesByType(recorded),
      );
    });

    it('a step too many after the last one, in every story that ends', async () => {
      const ending = recorded.filter((each) => holds(each, 'WORKFLOW_EXECUTION_COMPLETED'));
      expect(noticed(await replayAll(await twin('extra-last-step'), recorded))).toEqual(titlesByType(ending));
    });
  });

  it('holds encrypted payloads, invented people, and no trace of the machine that recorded it', async () => {
    for (const each of recorded) {
      const payloads = payloadsOf(each);
      expect(contents(payloads.filter((payload) => !isEncrypted(payload)))).not.toContain('@');
      const clear = contents((await codec?.decode(payloads.filter(isEncrypted))) ?? []);
      expect(clear).not.toBe('');
      expect(clear).not.toMatch(/@(?!example\.com)[\w-]+\.\w/);
      expect(clear).not.toMatch(/node_modules|\.ts:|\/home\/|\/Users\//); // stack traces
      expect(each.text).not.toMatch(/\d+@[\w-]+/); // the SDK's name for a process: pid@host
    }
  });
});

const failures = (replayed: Awaited<ReturnType<typeof replayAll>>): string[] =>
  replayed.flatMap((each) => (each.error === undefined ? [] : [`${titleOf(each)}: ${each.error.message}`]));

/** The histories whose replay ended as a change of steps should: not with any other error. */
const noticed = (replayed: Awaited<ReturnType<typeof replayAll>>): Record<string, string[]> =>
  titlesByType(replayed.filter(({ error }) => error instanceof DeterminismViolationError));

/** Every workflow type is a key, so that one without histories is seen. */
function titlesByType(histories: readonly RecordedHistory[]): Record<string, string[]> {
  return Object.fromEntries(
    WORKFLOW_TYPES.map((type) => [
      type,
      histories
        .filter(({ workflowType }) => workflowType === type)
        .map(titleOf)
        .sort(),
    ]),
  );
}

const [codec] = testConverter.payloadCodecs ?? [];
const PayloadJson = z.object({ metadata: z.record(z.string(), z.string()), data: z.string() });

function payloadsOf({ text }: RecordedHistory): Payload[] {
  const payloads: Payload[] = [];
  JSON.parse(text, (_key, value: unknown) => {
    const { success, data } = PayloadJson.safeParse(value);
    if (success) payloads.push(JSONToPayload(data));
    return value;
  });
  return payloads;
}

const contents = (payloads: readonly Payload[]): string =>
  payloads.map(({ data }) => Buffer.from(data ?? []).toString()).join('\n');
