/** `POST /v1/product-events` takes events; `GET /v1/product-events/<eventId>` says what became of one. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Hasher } from '../domain/person-hash.js';
import { parseProductEvent } from '../domain/product-event.schema.js';
import type { FieldError } from '../domain/product-event.schema.js';
import { sized, toAcceptedEvent } from './accepted-event.js';
import type { SizedEvent } from './accepted-event.js';
import type { requireScope } from './auth.js';
import type { EventStatusReader } from './event-status.js';
import type { Intake } from './group-commit.js';
import { REQUEST_LIMITS } from './limits.js';
import type { HttpMetrics } from './metrics.js';
import { problem, PROBLEMS, Rejection, unavailable } from './problems.js';
import type { EventStatus, InvalidItem, TakenItem } from './schemas.js';
import type { AcceptResult } from './waiting-events.js';

export const PRODUCT_EVENTS_PATH = '/v1/product-events';

export interface ProductEventDeps {
  readonly intake: Intake;
  readonly statusReader: EventStatusReader;
  readonly hasher: Hasher;
  readonly metrics: HttpMetrics;
  readonly onStatusProblem: (problem: string) => void;
  readonly mayWrite: ReturnType<typeof requireScope>;
  readonly mayRead: ReturnType<typeof requireScope>;
}

export function productEventRoutes(app: FastifyInstance, deps: ProductEventDeps): void {
  app.post(PRODUCT_EVENTS_PATH, { onRequest: deps.mayWrite }, (request, reply) =>
    Array.isArray(request.body) ? takeMany(request.body, reply, deps) : takeOne(request.body, reply, deps),
  );
  app.get<{ Params: { eventId: string }; Querystring: { group?: unknown } }>(
    `${PRODUCT_EVENTS_PATH}/:eventId`,
    { onRequest: deps.mayRead },
    (request) => statusOf(request.params.eventId, request.query.group, deps),
  );
}

async function takeOne(body: unknown, reply: FastifyReply, deps: ProductEventDeps): Promise<TakenItem> {
  if (body === undefined) throw new Rejection(PROBLEMS.emptyBody);
  const read = readEvent(body, Date.now(), deps.hasher);
  if (!read.ok) throw new Rejection({ status: 422, reason: 'invalid-event', errors: read.errors });
  const [result] = await deps.intake.accept([read.event]);
  if (result === undefined) throw new Error('the intake answered fewer events than it was given');
  const taken = takenItem(result);
  void reply.code(202).header('location', taken.location);
  return taken;
}

/** Invalid items do not keep the others from being taken. */
async function takeMany(
  items: readonly unknown[],
  reply: FastifyReply,
  deps: ProductEventDeps,
): Promise<readonly (TakenItem | InvalidItem)[]> {
  if (items.length > REQUEST_LIMITS.arrayItems) throw new Rejection(PROBLEMS.tooManyItems);
  const receivedAtMs = Date.now();
  const reads = items.map((item) => readEvent(item, receivedAtMs, deps.hasher));
  const results = await deps.intake.accept(reads.flatMap((read) => (read.ok ? [read.event] : [])));
  const taken = results.values();
  void reply.code(202);
  return reads.map((read) => {
    if (read.ok) return takenItem(nextOf(taken));
    deps.metrics.rejected('invalid-item');
    return { status: 'invalid', errors: [...read.errors] };
  });
}

function nextOf(results: Iterator<AcceptResult, undefined>): AcceptResult {
  const { value } = results.next();
  if (value === undefined) throw new Error('the intake answered fewer events than it was given');
  return value;
}

type Read =
  | { readonly ok: true; readonly event: SizedEvent }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

const TOO_LARGE: FieldError = {
  field: '',
  message: `One event has at most ${REQUEST_LIMITS.eventBytes} bytes of JSON; leave out what no recipe reads.`,
};

function readEvent(body: unknown, receivedAtMs: number, hasher: Hasher): Read {
  const parsed = parseProductEvent(body);
  if (!parsed.ok) return parsed;
  const event = sized(toAcceptedEvent(parsed, receivedAtMs, hasher));
  return event.bytes <= REQUEST_LIMITS.eventBytes ? { ok: true, event } : { ok: false, errors: [TOO_LARGE] };
}

function takenItem({ eventId, status, group }: AcceptResult): TakenItem {
  const path = `${PRODUCT_EVENTS_PATH}/${eventId}`;
  return { eventId, status, location: group === undefined ? path : `${path}?group=${group}` };
}

const EVENT_ID = /^[a-z0-9][a-z0-9-]{0,63}-[a-z2-7]{16}$/;
const GROUP = /^[0-9a-f-]{36}$/;

export const UNKNOWN_EVENT = problem(
  404,
  'unknown-event',
  'No such event is known. Ask at the location that its acceptance named; finished events are forgotten after the retention of the Temporal namespace.',
);

async function statusOf(eventId: string, group: unknown, deps: ProductEventDeps): Promise<EventStatus> {
  const wellFormed =
    EVENT_ID.test(eventId) && (group === undefined || (typeof group === 'string' && GROUP.test(group)));
  if (!wellFormed) throw new Rejection(UNKNOWN_EVENT);
  const status = await readStatus(eventId, typeof group === 'string' ? group : undefined, deps);
  if (status === undefined) throw new Rejection(UNKNOWN_EVENT);
  return status;
}

async function readStatus(
  eventId: string,
  group: string | undefined,
  { statusReader, onStatusProblem }: ProductEventDeps,
): Promise<EventStatus | undefined> {
  try {
    return await statusReader.read(eventId, group);
  } catch (error) {
    onStatusProblem(error instanceof Error ? error.name : typeof error);
    throw new Rejection(unavailable('status-unavailable'));
  }
}
