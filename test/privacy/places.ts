/** Everything that a story leaves behind in Temporal, divided into what may hold personal data and what may not. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { PayloadKeyRing } from '../../config/payload-keys.js';
import { createEncryptionCodec } from '../../workers/codec/payload-codec.js';
import { placeOf, type Place } from './canaries.js';
import { CRASHING, type Scene } from './story.js';

const { History } = proto.temporal.api.history.v1;
const { DescribeWorkflowExecutionResponse } = proto.temporal.api.workflowservice.v1;

export interface Places {
  /** In the clear, or shown to every operator: no personal data, encrypted or not. */
  readonly shown: readonly Place[];
  /** Holds payloads, as Temporal stores them. */
  readonly stored: readonly Place[];
}

type Decode = (payload: Payload) => Promise<string>;

export async function placesOf({
  stage,
  client,
  keys,
}: Pick<Scene, 'stage' | 'client' | 'keys'>): Promise<Places> {
  const decode = decoderOf(keys);
  const ids = await workflowIds(client);
  if (ids.includes(CRASHING.workflow)) await allHaveFailed(client);
  const shown = [placeOf('output of the processes', stage.output())];
  const stored: Place[] = [];
  for (const workflowId of ids) {
    const handle = client.workflow.getHandle(workflowId);
    const history = await handle.fetchHistory();
    const { raw } = await handle.describe();
    const shownTexts = await textsShown([history, raw], workflowId === CRASHING.workflow ? leftOut : decode);
    shown.push(
      placeOf(
        `what is shown of ${workflowId}`,
        [workflowId, ...shownTexts, await detailsOf(client, workflowId)].join('\n'),
      ),
    );
    stored.push(placeOf(`history of ${workflowId}`, History.encode(history).finish()));
    stored.push(
      placeOf(`description of ${workflowId}`, DescribeWorkflowExecutionResponse.encode(raw).finish()),
    );
  }
  for (const file of await readdir(stage.dataDir)) {
    const place = placeOf(file, await readFile(join(stage.dataDir, file)));
    (file.startsWith('temporal.db') ? stored : shown).push(place);
  }
  return { shown, stored };
}

/** Histories as whoever has the keys can read them: arguments and results too. */
export async function historiesInTheClear({
  client,
  keys,
}: Pick<Scene, 'client' | 'keys'>): Promise<readonly Place[]> {
  const places: Place[] = [];
  for (const workflowId of await workflowIds(client)) {
    const history = await client.workflow.getHandle(workflowId).fetchHistory();
    const texts = await textsShown(history, decoderOf(keys), true);
    places.push({ name: workflowId, bytes: texts.join('\n') });
  }
  return places;
}

function decoderOf(keys: PayloadKeyRing): Decode {
  const codec = createEncryptionCodec(keys);
  return async (payload) => {
    const [decoded] = await codec.decode([payload]);
    return Buffer.from(decoded?.data ?? []).toString('latin1');
  };
}

/** What a foreign error says may quote what it choked on, which is why messages of failures are encrypted. */
const leftOut: Decode = () => Promise.resolve('');

async function workflowIds(client: Client): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list()) ids.push(workflowId);
  return ids;
}

/** The text of the Temporal UI's page about a workflow, which is computed on demand. */
async function detailsOf(client: Client, workflowId: string): Promise<string> {
  if (workflowId === CRASHING.workflow) return ''; // can answer nothing
  return JSON.stringify(await client.workflow.getHandle(workflowId).query('__temporal_workflow_metadata'));
}

/** Both crashes have left their failures. */
async function allHaveFailed(client: Client): Promise<void> {
  const hasFailed = async (): Promise<boolean> => {
    const { events } = await client.workflow.getHandle(CRASHING.workflow).fetchHistory();
    const { raw } = await client.workflow.getHandle(CRASHING.activity).describe();
    const activityFailed = raw.pendingActivities?.some(({ lastFailure }) => lastFailure != null) === true;
    return (
      activityFailed && events?.some((event) => event.workflowTaskFailedEventAttributes != null) === true
    );
  };
  while (!(await hasFailed())) await delay(50);
}

/** Payloads that stand for messages, summaries and the like. All others are arguments and results. */
const SHOWN = new Set([
  'encodedAttributes',
  'userMetadata',
  'memo',
  'searchAttributes',
  'header',
  'heartbeatDetails',
  'lastHeartbeatDetails',
  'applicationFailureInfo',
]);

/** All texts of messages of Temporal's API outside of arguments and results. */
async function textsShown(value: unknown, decode: Decode, isShown = false): Promise<string[]> {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('latin1')];
  if (typeof value !== 'object' || value === null) return [];
  if (isPayload(value)) return isShown ? [await decode(value)] : [];
  const parts = Object.entries(value).map(([name, part]) =>
    textsShown(part, decode, isShown || SHOWN.has(name)),
  );
  return (await Promise.all(parts)).flat();
}

function isPayload(value: object): value is Payload {
  return (
    'metadata' in value &&
    typeof value.metadata === 'object' &&
    value.metadata !== null &&
    'encoding' in value.metadata
  );
}
