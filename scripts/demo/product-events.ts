/** The tour's first part: what a product backend sends on its good and bad days, and what becomes of it. */
import type { Got } from 'got';
import PQueue from 'p-queue';
import { z } from 'zod';
import { mapProductEvent } from '../../recipes/map-product-event.js';
import { PRODUCT_EVENTS } from '../../recipes/product-events.js';
import { PROJECT } from '../../recipes/project.js';
import { burstOf, SAMPLE_EVENTS, UNANNOUNCED_EVENT } from '../../sandbox/samples/product-events.js';
import { connectGateway } from '../recipes/gateway-client.js';
import { forEachParked, listParked, release } from '../recipes/parked-events.js';
import type { Count } from './report.js';
import type { Stage } from './stage.js';
import { until } from './until.js';

const BURST_EVENTS = 1_000;
const RESENDS = 20;
const AT_ONCE = 100;

/** Bodies that no sender should send, and the status that each is answered with. */
const BROKEN: readonly { readonly body: string; readonly status: number }[] = [
  { body: '{"work_email": ', status: 400 },
  { body: '{"product_interaction": "SaaS Trial"}', status: 422 },
  { body: '{"work_email": "not an address", "product_interaction": "SaaS Trial"}', status: 422 },
  { body: '{"work_email": "robin@example.com", "uid": "abc"}', status: 422 },
];

const Accepted = z.object({ status: z.enum(['accepted', 'duplicate']), location: z.string() });
type Accepted = z.infer<typeof Accepted>;
const Status = z.object({ status: z.string() });

export async function playProductEvents(stage: Stage, say: (line: string) => void): Promise<Count[]> {
  const gateway = await connectGateway(stage.gateway);
  const send = (body: unknown): Promise<Accepted> => post(gateway, body);

  say(`sending ${String(SAMPLE_EVENTS.length)} events: 16 kinds, old and new shapes ...`);
  const samples = await Promise.all(SAMPLE_EVENTS.map(({ body }) => send(body)));
  const again = SAMPLE_EVENTS[0]?.body;
  say(`sending one of them ${String(RESENDS)} more times, at once ...`);
  const resends = await Promise.all(Array.from({ length: RESENDS }, () => send(again)));
  say('sending a value that no recipe knows, and broken bodies ...');
  const unannounced = await send(UNANNOUNCED_EVENT.body);
  const refused = await Promise.all(BROKEN.map(({ body }) => statusOf(gateway, body)));
  say(`sending a burst of ${String(BURST_EVENTS)} ...`);
  const queue = new PQueue({ concurrency: AT_ONCE });
  const burst = await Promise.all(burstOf(BURST_EVENTS).map((body) => queue.add(() => send(body))));

  const sent = [...samples, ...resends, unannounced, ...burst];
  const distinct = SAMPLE_EVENTS.length + BURST_EVENTS;
  await until(() => Promise.resolve(stage.iterable.events().length >= distinct));
  await until(async () => (await became(gateway, unannounced)) === 'parked');
  const parked = await parkedIds(stage);
  say('adding the unknown value to the recipes, and releasing what is parked ...');
  stage.deploy((event) => mapProductEvent(event, PROJECT, WITH_THE_NEW_VALUE));
  await forEachParked(
    listParked(stage.client, {}),
    (id) => release(stage.client, id),
    () => undefined,
  );

  const events = stage.iterable.events();
  const outcomes = await Promise.all(sent.map((each) => queue.add(() => became(gateway, each))));
  const withStatus = (status: string): number => sent.filter((each) => each.status === status).length;
  return [
    { what: 'accepted', expected: distinct + 1, counted: withStatus('accepted') },
    { what: 'duplicates recognised', expected: RESENDS, counted: withStatus('duplicate') },
    {
      what: 'refused with the field and the fix',
      expected: BROKEN.length,
      counted: refused.filter(Boolean).length,
    },
    { what: 'parked, then released', expected: 1, counted: parked.length },
    {
      what: 'delivered, says Location',
      expected: sent.length,
      counted: outcomes.filter((is) => is === 'delivered').length,
    },
    { what: 'events at Iterable', expected: distinct + 1, counted: events.length },
    {
      what: 'of these written more than once',
      expected: 0,
      counted: events.filter(({ writes }) => writes > 1).length,
    },
    { what: 'users at Iterable', expected: distinct + 1, counted: stage.iterable.users().length },
  ];
}

/** The recipes as they would be after somebody has added one entry to recipes/product-events.ts. */
const WITH_THE_NEW_VALUE = {
  ...PRODUCT_EVENTS,
  [String(UNANNOUNCED_EVENT.body['product_interaction'])]: {
    slug: 'lightweight-trial',
    event: 'SaaS Lightweight Trial',
    key: ['person'],
    eventFields: 'all',
  },
} as const;

async function post(gateway: Got, json: unknown): Promise<Accepted> {
  const reply = await gateway.post('v1/product-events', { json });
  if (reply.statusCode !== 202)
    throw new Error(`the gateway answered ${String(reply.statusCode)}: ${reply.body}`);
  return Accepted.parse(JSON.parse(reply.body));
}

/** Whether a broken body is refused with the status it deserves. */
async function statusOf(gateway: Got, body: string): Promise<boolean> {
  const reply = await gateway.post('v1/product-events', {
    body,
    headers: { 'content-type': 'application/json' },
  });
  return reply.statusCode === BROKEN.find((broken) => broken.body === body)?.status;
}

async function became(gateway: Got, { location }: Accepted): Promise<string> {
  const reply = await gateway.get(location.slice(1));
  return reply.statusCode === 200
    ? Status.parse(JSON.parse(reply.body)).status
    : `HTTP ${String(reply.statusCode)}`;
}

async function parkedIds({ client }: Stage): Promise<string[]> {
  const ids: string[] = [];
  for await (const { eventId } of listParked(client, { reason: 'unknown-product-interaction' }))
    ids.push(eventId);
  return ids;
}
