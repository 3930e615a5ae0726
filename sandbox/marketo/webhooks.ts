/**
 * The Call Webhook step of a trigger campaign: one call for each person, twenty at once, half a minute each, never
 * again after a failure. What it answers is kept as activity 110.
 */
import { setMaxListeners } from 'node:events';
import got, { TimeoutError } from 'got';
import PQueue from 'p-queue';
import { randomNumbers } from '../shared/fault-draw.js';
import type { SandboxLead, WebhookCall, WebhookTarget } from './interface.js';
import { payloadFor } from './webhook-payload.js';
import type { Trigger, World } from './world.js';

/** Real time for which calls wait for each other to be reordered. */
const GATHER_MS = 25;
const WEBHOOK_ID = 5001;
const WEBHOOK_NAME = 'Unsubscribes';

interface Prepared extends Pick<WebhookCall, 'leadId' | 'email' | 'body' | 'contentType' | 'triggeredAtMs'> {
  readonly target: WebhookTarget;
  readonly isRepeat: boolean;
}
type Answered = Pick<WebhookCall, 'outcome' | 'status' | 'answer'>;

export class Webhooks {
  readonly #world: () => World;
  readonly #queue: PQueue;
  readonly #end = new AbortController();
  #target: WebhookTarget | undefined;
  #random = randomNumbers(0);
  #calls: WebhookCall[] = [];
  /** Calls that wait to be reordered. */
  #gathered: Prepared[] = [];

  constructor(world: () => World, concurrency: number) {
    this.#world = world;
    this.#queue = new PQueue({ concurrency });
    setMaxListeners(0, this.#end.signal); // one listener per call under way
  }

  aim(target: WebhookTarget | undefined): void {
    this.#target = target;
    this.#random = randomNumbers(target?.faults?.seed ?? 0);
  }

  set concurrency(calls: number) {
    this.#queue.concurrency = calls;
  }

  calls(): readonly WebhookCall[] {
    return [...this.#calls];
  }

  trigger(trigger: Trigger, lead: SandboxLead, atMs: number): void {
    const target = this.#target;
    if (target === undefined || trigger !== (target.trigger ?? 'data-value-changes')) return;
    const { lossRate = 0, repeatRate = 0, reorder = false } = target.faults ?? {};
    const triggeredAtMs = this.#world().nowMs;
    const { id: leadId, email } = lead;
    const payload = payloadFor(lead, atMs, target);
    const call = { leadId, email, triggeredAtMs, target, isRepeat: false, ...payload };
    const [isLost, isRepeated] = [this.#random() < lossRate, this.#random() < repeatRate];
    if (isLost) this.#note(call, { outcome: 'lost', status: undefined, answer: undefined });
    else this.#gathered.push(call, ...(isRepeated ? [{ ...call, isRepeat: true }] : []));
    if (!reorder) this.#send();
    else {
      setTimeout(() => {
        this.#send();
      }, GATHER_MS).unref();
    }
  }

  /** Resolves when nothing waits and nothing is under way. */
  async settled(): Promise<void> {
    while (this.#gathered.length > 0 || this.#queue.size + this.#queue.pending > 0) {
      this.#send();
      await this.#queue.onIdle();
    }
  }

  async reset(): Promise<void> {
    await this.settled();
    this.#calls = [];
  }

  /** Ends what is under way, answered or not. */
  async close(): Promise<void> {
    this.#gathered = [];
    this.#queue.clear();
    this.#end.abort();
    await this.#queue.onIdle();
  }

  #send(): void {
    const waiting = this.#gathered.splice(0);
    const order = waiting.some(({ target }) => target.faults?.reorder === true)
      ? this.#shuffled(waiting)
      : waiting;
    for (const call of order) {
      void this.#queue.add(async () => {
        this.#note(call, await this.#call(call));
      });
    }
  }

  #shuffled(calls: readonly Prepared[]): readonly Prepared[] {
    const keyed = calls.map((call) => ({ call, key: this.#random() }));
    return keyed.sort((one, other) => one.key - other.key).map(({ call }) => call);
  }

  async #call({ target, body, contentType }: Prepared): Promise<Answered> {
    try {
      const response = await got.post(target.url, {
        body,
        headers: { 'X-Webhook-Token': target.token, 'content-type': contentType },
        retry: { limit: 0 },
        timeout: { request: this.#world().settings.webhookTimeoutMs },
        throwHttpErrors: false,
        followRedirect: false,
        signal: this.#end.signal,
      });
      const isGood = response.statusCode >= 200 && response.statusCode < 300;
      const outcome = !isGood ? 'refused' : response.body === '' ? 'empty-answer' : 'accepted';
      return { outcome, status: response.statusCode, answer: response.body };
    } catch (error) {
      const outcome = error instanceof TimeoutError ? 'timeout' : 'unreachable';
      return { outcome, status: undefined, answer: undefined };
    }
  }

  #note(prepared: Prepared, answered: Answered): void {
    const world = this.#world();
    const { leadId, email, body, contentType, isRepeat, triggeredAtMs } = prepared;
    const wasMade = answered.outcome !== 'lost';
    const answeredAtMs = wasMade ? world.nowMs : undefined;
    this.#calls.push({
      leadId,
      email,
      body,
      contentType,
      isRepeat,
      triggeredAtMs,
      answeredAtMs,
      ...answered,
    });
    if (wasMade) logCall(world, leadId, answered);
  }
}

const ERROR_TYPES: Readonly<Partial<Record<WebhookCall['outcome'], string>>> = {
  'empty-answer': '1001: empty response',
  refused: 'Refused',
  timeout: 'Read timed out',
  unreachable: 'Connection refused',
};

function logCall(world: World, leadId: number, { outcome, answer }: Answered): void {
  world.write(world.moment(), {
    leadId,
    typeId: 110,
    primaryId: WEBHOOK_ID,
    primary: WEBHOOK_NAME,
    attributes: {
      'Error Type': ERROR_TYPES[outcome] ?? null,
      Response: answer === undefined || answer === '' ? null : answer,
    },
  });
}
