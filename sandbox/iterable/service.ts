/** From a request to its answer, without sockets: the key, faults, limits, size, then the endpoint itself. */
import { Refusal, actionNotFound, refused, text } from './answers.js';
import type { Answer } from './answers.js';
import { DailyCap, TokenBucket } from './buckets.js';
import type { Meter, Refill } from './buckets.js';
import { faultsOf } from './faults.js';
import type { Fault, FaultPlan } from './faults.js';
import type { Route } from './route.js';
import { match } from './routes/index.js';
import type { Match } from './routes/index.js';
import type { SandboxSettings } from './settings.js';
import { World } from './world.js';

export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly apiKey: string | undefined;
  readonly ip: string;
  readonly body: unknown;
  readonly bodyBytes: number;
}

export interface Outcome {
  readonly route: string | undefined;
  readonly answer: Answer;
  /** What happens to the connection instead of the answer. */
  readonly instead?: 'hang' | 'cut';
}

const FAULT_ANSWERS: Readonly<Partial<Record<Fault, Answer>>> = {
  '500': refused(500, 'GenericError', 'An internal error occurred'),
  '503': text(503, 'Service Unavailable'),
};
const NOTHING: Answer = { status: 0, type: 'none', body: undefined, applied: false };

export class Service {
  readonly #apiKey: string;
  #settings: SandboxSettings;
  #world: World;
  #meters = new Map<string, readonly Meter[]>();
  #draw: ReturnType<typeof faultsOf> = () => undefined;

  constructor(settings: SandboxSettings, apiKey: string) {
    this.#apiKey = apiKey;
    this.#settings = settings;
    this.#world = new World(settings);
  }

  get world(): World {
    return this.#world;
  }

  get settings(): SandboxSettings {
    return this.#settings;
  }

  configure(changes: Partial<SandboxSettings>): void {
    this.#settings = Object.freeze({ ...this.#settings, ...changes });
    this.#world.settings = this.#settings;
    if (changes.limits !== undefined || changes.forgetsPerDay !== undefined) this.#meters.clear();
  }

  setFaults(plan: FaultPlan | undefined): void {
    this.#draw = plan === undefined ? () => undefined : faultsOf(plan);
  }

  reset(): void {
    this.#world = new World(this.#settings);
    this.#meters.clear();
  }

  handle(request: Incoming): Outcome {
    const found = matchOrNothing(request);
    if (found === undefined) {
      return { route: undefined, answer: actionNotFound(request.path, this.#settings.htmlNotFound) };
    }
    const { route } = found;
    const refusal = this.#checkKey(request);
    if (refusal !== undefined) return { route: route.path, answer: this.#finish(refusal) };
    const fault = this.#draw(request.path, route.path);
    if (fault === 'hang' || fault === 'cut') return { route: route.path, answer: NOTHING, instead: fault };
    const answer = this.#finish(this.#faulty(fault, request, route) ?? this.#serve(request, found));
    return { route: route.path, answer, ...(fault === 'applied-then-cut' ? { instead: 'cut' } : {}) };
  }

  /** @see https://support.iterable.com/hc/en-us/articles/39629320560148 */
  #checkKey({ apiKey, ip, path }: Incoming): Answer | undefined {
    const params = { ip, endpoint: path };
    if (apiKey !== this.#apiKey) return refused(401, 'BadApiKey', 'Invalid API key', params);
    if (this.#settings.apiKeyState === 'enabled') return undefined;
    return refused(401, 'Unauthorized', 'Disabled API key or insufficient privileges', params);
  }

  #faulty(fault: Fault | undefined, request: Incoming, route: Route): Answer | undefined {
    if (fault === undefined) return undefined;
    const refill = { limit: this.#limitOf(route)?.burst ?? 1, remaining: 0, resetSeconds: 1 };
    if (fault === '429') return this.#rateLimited(request.path, route, refill);
    if (fault === '429-text') return tooMany();
    return FAULT_ANSWERS[fault];
  }

  #serve(request: Incoming, { route, params }: Match): Answer {
    const refill = this.#take(route);
    if (refill !== undefined) return this.#rateLimited(request.path, route, refill);
    if (request.bodyBytes > this.#settings.maxBodyBytes) return text(413, 'Request Entity Too Large');
    try {
      return route.handle(this.#world, { ...request, params });
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    }
  }

  #limitOf(route: Route): Route['limit'] {
    const { limits } = this.#settings;
    if (limits === 'off') return undefined;
    return limits === 'documented' ? route.limit : (limits[route.path] ?? route.limit);
  }

  #take(route: Route): Refill | undefined {
    const key = `${route.method} ${route.path}`;
    let meters = this.#meters.get(key);
    if (meters === undefined) {
      const limit = this.#limitOf(route);
      const daily = route.daily === true && this.#settings.limits !== 'off';
      meters = [
        ...(limit === undefined ? [] : [new TokenBucket(limit)]),
        ...(daily ? [new DailyCap(this.#settings.forgetsPerDay)] : []),
      ];
      this.#meters.set(key, meters);
    }
    const nowMs = this.#settings.now();
    return meters.reduce<Refill | undefined>((refused, meter) => refused ?? meter.take(nowMs), undefined);
  }

  #rateLimited(path: string, route: Route, refill: Refill): Answer {
    const { rateLimitAnswer, rateLimitParamsAs, projectId } = this.#settings;
    if (rateLimitAnswer === 'text') return tooMany();
    const { limit, remaining, resetSeconds } = refill;
    const as = (value: number): number | string => (rateLimitParamsAs === 'numbers' ? value : String(value));
    const wait = {
      rateLimitLimit: as(limit),
      rateLimitRemaining: as(remaining),
      rateLimitReset: as(resetSeconds),
    };
    const params = rateLimitAnswer === 'json-params' && route.tellsWait === true ? wait : {};
    const msg = `Exceeded rate limit for endpoint: ${path}, project: ${projectId} `;
    const answer = refused(429, 'RateLimitExceeded', msg, params);
    return rateLimitAnswer === 'retry-after'
      ? { ...answer, headers: { 'retry-after': String(resetSeconds) } }
      : answer;
  }

  /** Some of Iterable's refusals carry the code of a success. */
  #finish(answer: Answer): Answer {
    const refusal = answer.status === 400 || answer.status === 401;
    if (!this.#settings.successCodeOnRefusal || !refusal || !isStandard(answer.body)) return answer;
    return { ...answer, body: { ...answer.body, code: 'Success' } };
  }
}

const tooMany = (): Answer => text(429, 'Rate limit exceeded. Please try again later.');

function isStandard(body: unknown): body is { msg: unknown; code: unknown } {
  return typeof body === 'object' && body !== null && 'msg' in body && 'code' in body;
}

/** A path with a broken percent-encoding is none that exists. */
function matchOrNothing({ method, path }: Incoming): Match | undefined {
  try {
    return match(method, path);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
