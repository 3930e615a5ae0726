/** Everything that can happen to an event, happening to people made of canaries, in real processes. */
import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { got, type Got } from 'got';
import { z } from 'zod';
import type { PayloadKeyRing } from '../../config/payload-keys.js';
import { connectGateway } from '../../scripts/recipes/gateway-client.js';
import { discard, release, replace, type CommandResult } from '../../scripts/recipes/parked-events.js';
import { createEncryptionCodec } from '../../workers/codec/payload-codec.js';
import { FORWARD_EVENTS } from '../../workflows/forward-events/messages.js';
import { acceptedEvent } from '../support/events.js';
import type { ScriptedServer } from '../support/scripted-server.js';
import { CLIENT, type TestStage } from '../support/stage.js';
import { sendBadRequests } from './bad-requests.js';
import { PERSONAL, placeOf, type Place } from './canaries.js';
import { bodyOf, storyOf } from './people.js';

const UNMAPPED = { product_interaction: PERSONAL.product_interaction };

/** What is posted on its own, under the name of its story, and what becomes of it. */
const ALONE: Readonly<Record<string, { readonly ends: string; readonly more?: Record<string, unknown> }>> = {
  delivered: { ends: 'delivered' },
  limited: { ends: 'delivered' },
  'cut-off': { ends: 'delivered' },
  rejected: { ends: 'parked' },
  forgotten: { ends: 'parked' },
  mistyped: { ends: 'parked', more: { existing_plan: PERSONAL.company } },
  conflicting: { ends: 'parked' },
  'refused-oddly': { ends: 'parked' },
  unmapped: { ends: 'parked', more: UNMAPPED },
  replaced: { ends: 'delivered', more: UNMAPPED },
  discarded: { ends: 'discarded', more: UNMAPPED },
  down: { ends: 'accepted' },
  unreadable: { ends: 'accepted' },
  'key-refused': { ends: 'accepted' },
  redirected: { ends: 'accepted' },
};
const GROUP = ['first-of-three', 'second-of-three', 'third-of-three'];

const Taken = z.object({ eventId: z.string(), location: z.string() });
type Taken = z.infer<typeof Taken>;
const Items = z.array(z.union([Taken, z.object({ status: z.literal('invalid') })]));
const Status = z.object({ status: z.string() });

export interface Scene {
  readonly stage: TestStage;
  readonly iterable: ScriptedServer;
  readonly client: Client;
  readonly keys: PayloadKeyRing;
}

/** @returns what the gateway answered and what operators' commands said */
export async function tellStory(scene: Scene, { killing }: { readonly killing: boolean }): Promise<Place[]> {
  const { stage, client } = scene;
  const gateway = await stage.start('gateway');
  const http = await connectGateway({ url: stage.gatewayUrl, ...CLIENT });
  const [worker, taken] = await Promise.all([stage.start('worker'), sendAll(http)]);
  const heard: Place[] = [];

  const ends = Object.fromEntries(Object.entries(ALONE).map(([story, { ends: end }]) => [story, end]));
  for (const story of GROUP) ends[story] = 'delivered';

  const { statuses, answers } = await sendBadRequests(http, stage.gatewayUrl);
  heard.push(placeOf("the gateway's answers", answers));
  expect(statuses).toMatchObject({ 'invalid fields': 422, 'broken JSON': 400, 'wrong secret': 401 });
  await startWhatCrashes(scene);
  heard.push(placeOf('what operators are told', JSON.stringify(await operate(http, client, taken))));

  if (killing) {
    const hanging = send(http, bodyOf('hanging'));
    await until(() => scene.iterable.seen.some(({ body }) => storyOf(body) === 'hanging'));
    heard.push(...(await metricPages(stage, 'before the kill')));
    taken.set('hanging', await hanging);
    const cutShort = send(http, bodyOf('gateway-killed')).catch(() => undefined);
    await Promise.all([worker.end('SIGKILL'), gateway.end('SIGKILL')]);
    await cutShort;
    await Promise.all([stage.start('gateway'), stage.start('worker')]);
    taken.set('gateway-killed', await send(http, bodyOf('gateway-killed')));
    ends['hanging'] = ends['gateway-killed'] = 'delivered';
  }
  await becomes(http, taken, ends);
  heard.push(...(await metricPages(stage, 'at the end')));
  return heard;
}

/** @returns what was taken, by story */
async function sendAll(gateway: Got): Promise<Map<string, Taken>> {
  const taken = new Map(await sendGroup(gateway));
  // One after another: what arrives at the same time would travel together.
  for (const [story, { more }] of Object.entries(ALONE)) {
    taken.set(story, await send(gateway, bodyOf(story, more)));
  }
  return taken;
}

async function send(gateway: Got, body: unknown): Promise<Taken> {
  const { statusCode, body: answer } = await gateway.post('v1/product-events', { json: body });
  expect(statusCode).toBe(202);
  return Taken.parse(JSON.parse(answer));
}

/** Three events and one that is none, in one request. */
async function sendGroup(gateway: Got): Promise<[string, Taken][]> {
  const bodies = [...GROUP.map((story) => bodyOf(story)), bodyOf('invalid', { work_email: 'Wombatine' })];
  const answer = await gateway.post('v1/product-events', { json: bodies });
  const items = Items.parse(JSON.parse(answer.body));
  expect(items.map((item) => 'eventId' in item)).toEqual([true, true, true, false]);
  return items.flatMap((item, index) => ('eventId' in item ? [[GROUP[index] ?? '', item]] : []));
}

export const CRASHING = { activity: 'event/crashes-the-activity', workflow: 'event/crashes-the-workflow' };

/** As a release with a defect would behave: the activity throws a plain error, the workflow chokes on its input. */
async function startWhatCrashes({ client, keys }: Scene): Promise<void> {
  const event = acceptedEvent(1, bodyOf('crashing'), Date.now());
  const defective = { ...event, fields: { ...event.fields, role: { [PERSONAL.role]: PERSONAL.role } } };
  await client.workflow.start(FORWARD_EVENTS, {
    workflowId: CRASHING.activity,
    taskQueue: 'recipes',
    args: [{ events: [defective], environment: 'test' }],
  });
  const brokenJson = {
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from(PERSONAL['first name']),
  };
  await client.workflowService.startWorkflowExecution({
    namespace: client.options.namespace,
    requestId: randomUUID(),
    workflowId: CRASHING.workflow,
    workflowType: { name: FORWARD_EVENTS },
    taskQueue: { name: 'recipes' },
    input: { payloads: await createEncryptionCodec(keys).encode([brokenJson]) },
  });
}

/** An operator's work on parked events, mistakes included. */
async function operate(
  gateway: Got,
  client: Client,
  taken: ReadonlyMap<string, Taken>,
): Promise<readonly string[]> {
  const idOf = (story: string): string => taken.get(story)?.eventId ?? '';
  await becomes(gateway, taken, { replaced: 'parked', discarded: 'parked', unmapped: 'parked' });
  const replaced = idOf('replaced');
  const discarded = idOf('discarded');
  const wrong = { work_email: PERSONAL['first name'], opt_in: PERSONAL['last name'], uid: PERSONAL.comment };
  const right = { product_interaction: 'SaaS Trial', first_name: `${PERSONAL['first name']} once more` };
  const because = PERSONAL["operator's reason"];
  const results = [
    await replace(client, replaced, wrong),
    await replace(client, replaced, right),
    await release(client, replaced),
    await release(client, discarded),
    await discard(client, discarded, because.repeat(50)),
    await discard(client, discarded, because),
    await discard(client, discarded, because),
  ];
  expect(results.map((result) => result.ok)).toEqual([false, true, true, true, false, true, false]);
  return results.map(said);
}

/** Without the operator's own words. */
function said(result: CommandResult): string {
  if (!result.ok) return result.error;
  const { discardReason: _ownWords, ...state } = result.state;
  return JSON.stringify(state);
}

export async function metricPages({ metricsPorts }: TestStage, when: string): Promise<Place[]> {
  return Promise.all(
    (['gateway', 'worker'] as const).map(async (part) => {
      const page = await got(`http://127.0.0.1:${String(metricsPorts[part])}/metrics`).text();
      expect(page).toContain(part === 'gateway' ? 'gateway_answers_total' : 'iterable_calls_total');
      return placeOf(`metrics of the ${part} ${when}`, page);
    }),
  );
}

/** Waits until all of these stories have come so far. */
async function becomes(
  gateway: Got,
  taken: ReadonlyMap<string, Taken>,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [story, status] of Object.entries(wanted)) {
    const location = taken.get(story)?.location.slice(1) ?? '';
    const now = async (): Promise<string> =>
      Status.parse(JSON.parse((await gateway.get(location)).body)).status;
    while ((await now()) !== status) await delay(100);
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(20);
}
