/** From a request to its answer, without sockets: sizes, faults, the token, limits, then the endpoint itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { faultDraw } from '../shared/fault-draw.js';
import type { FaultPlan } from '../shared/fault-draw.js';
import { Instead, Refusal, envelopeError, isSuccess, text } from './answers.js';
import type { Answer } from './answers.js';
import { ExportDesk } from './exports.js';
import { FAULTS, answerInstead, messageOf, spoiled } from './faults.js';
import type { Fault } from './faults.js';
import { AccessTokens, answerIdentity, notFoundPage } from './identity.js';
import type { Credentials } from './identity.js';
import type { Call, Instance } from './route.js';
import { IDENTITY_PATH, match } from './routes/index.js';
import type { Match } from './routes/index.js';
import type { MarketoSettings } from './settings.js';
import { GENERATIONS } from './tokens.js';
import { Usage } from './usage.js';
import { Webhooks } from './webhooks.js';
import { World } from './world.js';

export interface Incoming {
  readonly method: string;
  readonly path: string;
  /** Of the URL. */
  readonly query: URLSearchParams;
  readonly form: URLSearchParams | undefined;
  readonly body: unknown;
  readonly bodyBytes: number;
  readonly uriBytes: number;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export interface Outcome {
  readonly route: string | undefined;
  readonly answer: Answer;
  /** What happens to the connection instead of the answer, or in the middle of it. */
  readonly instead: 'hang' | 'cut' | 'cut-midway' | undefined;
  /** It takes one of the places for calls under way, to be given back when it is over. */
  readonly tookPlace: boolean;
}

const NOTHING = text(0, '');

export class Service {
  readonly #credentials: Credentials;
  readonly webhooks: Webhooks;
  #settings: MarketoSettings;
  #instance: Instance;
  #tokens = new AccessTokens();
  #draw: (path: string, route: string) => Fault | undefined = () => undefined;
  #next = new Map<string, Fault[]>();

  constructor(settings: MarketoSettings, credentials: Credentials) {
    this.#credentials = credentials;
    this.#settings = settings;
    this.webhooks = new Webhooks(() => this.world, settings.webhookConcurrency);
    this.#instance = this.#makeInstance();
  }

  #makeInstance(): Instance {
    const world = new World(this.#settings, (trigger, lead, atMs) => {
      this.webhooks.trigger(trigger, lead, atMs);
    });
    return { world, usage: new Usage(), exports: new ExportDesk(world) };
  }

  get world(): World {
    return this.#instance.world;
  }

  get usage(): Usage {
    return this.#instance.usage;
  }

  get settings(): MarketoSettings {
    return this.#settings;
  }

  configure(changes: Partial<MarketoSettings>): void {
    this.#settings = Object.freeze({ ...this.#settings, ...changes });
    this.world.settings = this.#settings;
    this.webhooks.concurrency = this.#settings.webhookConcurrency;
  }

  setFaults(plan: FaultPlan<Fault> | undefined): void {
    this.#draw = plan === undefined ? () => undefined : faultDraw(FAULTS, plan);
  }

  failNext(path: string, faults: readonly Fault[]): void {
    this.#next.set(path, [...(this.#next.get(path) ?? []), ...faults]);
  }

  expireAccessToken(): void {
    this.#tokens.expire();
  }

  refusePagingTokens(refusal: string): void {
    const { world } = this;
    world.tokens = { generation: (world.tokens.generation + 1) % GENERATIONS, refusal };
  }

  async reset(): Promise<void> {
    const { exports } = this.#instance;
    await this.webhooks.reset();
    this.#instance = this.#makeInstance();
    this.#tokens = new AccessTokens();
    this.#next.clear();
    await exports.close();
  }

  async close(): Promise<void> {
    await this.webhooks.close();
    await this.#instance.exports.close();
  }

  async handle(request: Incoming): Promise<Outcome> {
    const { path, uriBytes, bodyBytes } = request;
    const outside = (answer: Answer): Outcome => ({
      route: undefined,
      answer,
      instead: undefined,
      tookPlace: false,
    });
    if (uriBytes > this.#settings.maxUriBytes) return outside(text(414, 'Request-URI Too Large'));
    if (bodyBytes > this.#settings.maxBodyBytes) return outside(text(413, 'Request Entity Too Large'));
    if (path === IDENTITY_PATH) return this.#identity(request);
    if (!/^\/(rest|bulk)\/v1\//.test(path)) return outside(notFoundPage());
    const found = path.includes('//') ? undefined : match(methodOf(request), path);
    if (found === undefined) return outside(envelopeError('610', 'Requested resource not found'));
    if (found === 'other-method') return outside(envelopeError('605', 'Request method not supported'));
    return this.#call(request, found);
  }

  #fault(path: string, route: string): Fault | undefined {
    return this.#next.get(path)?.shift() ?? this.#next.get(route)?.shift() ?? this.#draw(path, route);
  }

  /** Uses neither quota nor rate. */
  #identity({ method, query, form }: Incoming): Outcome {
    const fault = this.#fault(IDENTITY_PATH, IDENTITY_PATH);
    const parameters = new URLSearchParams([...query, ...(form ?? [])]);
    const { now, accessTokenLastsMs: lastsMs } = this.#settings;
    const about = { parameters, nowMs: now(), lastsMs, expiresIn0: fault === 'expires-in-0' };
    const own = (): Answer =>
      method === 'GET' || method === 'POST'
        ? answerIdentity(this.#tokens, this.#credentials, about)
        : text(405, 'Method Not Allowed');
    const answer = (fault === undefined ? undefined : answerInstead(fault)) ?? spoiled(fault, own());
    return { route: IDENTITY_PATH, answer, instead: insteadOf(fault), tookPlace: false };
  }

  async #call(request: Incoming, found: Match): Promise<Outcome> {
    const { path: route } = found.route;
    const fault = this.#fault(request.path, route);
    const nowMs = this.#settings.now();
    const refusal = this.#access(request, nowMs) ?? this.usage.refusal(nowMs, this.#settings);
    if (refusal !== undefined) {
      this.usage.countError(refusal, nowMs, this.#settings);
      const answer = envelopeError(refusal, messageOf(refusal));
      return { route, answer, instead: undefined, tookPlace: false };
    }
    const { usage } = this;
    const takeBack = usage.enter(nowMs, this.#settings);
    if (this.#settings.latencyMs > 0) await sleep(this.#settings.latencyMs, undefined, { ref: false });
    const own = fault === undefined ? undefined : answerInstead(fault);
    const isSilent = fault === 'hang' || fault === 'cut';
    const answer = isSilent ? NOTHING : (own ?? (await this.#serve(request, found, fault)));
    if (!isSuccess(answer)) takeBack();
    for (const code of codesOf(answer)) usage.countError(code, nowMs, this.#settings);
    return { route, answer: spoiled(fault, answer), instead: insteadOf(fault), tookPlace: true };
  }

  /** @returns the code of the refusal; a token in the query is no token */
  #access({ authorization, query }: Incoming, nowMs: number): '601' | '602' | '603' | undefined {
    const [, token] = /^bearer (\S+)$/i.exec(authorization ?? '') ?? [];
    if (token === undefined || query.has('access_token')) return '603';
    return this.#tokens.check(token, nowMs);
  }

  async #serve(request: Incoming, { route, params }: Match, fault: Fault | undefined): Promise<Answer> {
    const { query, form, body, range } = request;
    if (request.method === 'POST' && request.bodyBytes > 0 && form === undefined && body === undefined) {
      return envelopeError('609', 'Invalid JSON');
    }
    const parameters = new URLSearchParams([...query, ...(form ?? [])]);
    const call: Call = { params, query: parameters, body, range, fault };
    try {
      return await route.handle(this.#instance, call);
    } catch (error) {
      if (error instanceof Refusal) return envelopeError(error.code, error.message);
      if (error instanceof Instead) return error.answer;
      throw error;
    }
  }
}

/** A POST with `_method=GET` and a form is a GET whose query is in its body. */
function methodOf({ method, query, form }: Incoming): string {
  const overrides = method === 'POST' && query.get('_method')?.toUpperCase() === 'GET';
  return overrides && form !== undefined ? 'GET' : method;
}

function insteadOf(fault: Fault | undefined): Outcome['instead'] {
  return fault === 'hang' || fault === 'cut' || fault === 'cut-midway' ? fault : undefined;
}

/** Codes of the errors in an envelope. */
export function codesOf({ body }: Answer): readonly string[] {
  if (typeof body !== 'object' || body === null || !('errors' in body) || !Array.isArray(body.errors)) {
    return [];
  }
  const errors: readonly unknown[] = body.errors;
  return errors.flatMap((error) =>
    typeof error === 'object' && error !== null && 'code' in error ? [String(error.code)] : [],
  );
}
