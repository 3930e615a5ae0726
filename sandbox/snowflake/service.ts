/** From a request to its answer, without sockets: headers, token, faults, then the endpoint itself. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  cancelledAnswer,
  failed,
  laterPartition,
  refused,
  resultSet,
  running,
  type Answer,
} from './answers.js';
import { Bindings, boundValues } from './bindings.js';
import type { Database } from './database.js';
import type { Endpoint, Fault } from './faults.js';
import { loginFailure, type Account, type LoginFailure } from './key-pair.js';
import { textResult } from './results.js';
import type { SnowflakeSettings } from './settings.js';
import { spoilt } from './spoil.js';
import { SqlFailure } from './sql-errors.js';
import { statementsOf } from './sql-tokens.js';
import { Statements, type Order, type Statement } from './statements.js';

export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: ReadonlyMap<string, string | undefined>;
  /** Parsed JSON; nothing where there was none or it was broken. */
  readonly body: unknown;
}

export interface Outcome {
  /** Path of the endpoint; nothing for an unknown URL. */
  readonly route: string | undefined;
  readonly answer: Answer;
  /** What happens to the connection instead of, or in the middle of, the answer. */
  readonly instead?: 'hang' | 'cut' | 'cut-midway';
  /** Whether a statement was run. */
  readonly applied: boolean;
}

interface Found {
  readonly endpoint: Endpoint;
  readonly route: string;
  readonly method: string;
  readonly handle: string;
}

const ROUTES: readonly (readonly [Endpoint, string, string, RegExp])[] = [
  ['submit', 'POST', '/api/v2/statements', /^\/api\/v2\/statements\/?$/],
  ['status', 'GET', '/api/v2/statements/{handle}', /^\/api\/v2\/statements\/([^/]+)$/],
  ['cancel', 'POST', '/api/v2/statements/{handle}/cancel', /^\/api\/v2\/statements\/([^/]+)\/cancel$/],
];

/** Parameters may come in either case, numbers as text. */
const Parameters = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .transform(
    (given) => new Map(Object.entries(given).map(([key, value]) => [key.toLowerCase(), String(value)])),
  );
const Body = z.object({
  statement: z.string(),
  timeout: z.number().int().nonnegative().optional(),
  database: z.string().optional(),
  schema: z.string().optional(),
  warehouse: z.string().optional(),
  role: z.string().optional(),
  bindings: Bindings.default({}),
  parameters: Parameters.default(new Map()),
});
type Body = z.infer<typeof Body>;

const BAD_PAYLOAD = refused(400, '390142', 'Incoming request does not contain a valid payload.');
const FAULT_ANSWERS: Readonly<Partial<Record<Fault, Answer>>> = {
  '500': refused(500, '390100', 'Internal server error.'),
  '503': { status: 503 },
};

export class Service {
  settings: SnowflakeSettings;
  account: Account;
  readonly loginFailures = new Map<string, LoginFailure>();
  readonly #statements: Statements;
  readonly #draw: (endpoint: Endpoint) => Fault | undefined;
  readonly #takesDeferral: () => boolean;

  constructor(parts: {
    readonly settings: SnowflakeSettings;
    readonly account: Account;
    readonly database: Database;
    readonly draw: (endpoint: Endpoint) => Fault | undefined;
    readonly takesDeferral: () => boolean;
  }) {
    this.settings = parts.settings;
    this.account = parts.account;
    this.#statements = new Statements(parts.database, () => this.settings);
    this.#draw = parts.draw;
    this.#takesDeferral = parts.takesDeferral;
  }

  close(): Promise<void> {
    return this.#statements.close();
  }

  async handle(request: Incoming): Promise<Outcome> {
    const found = find(request.path);
    if (found === undefined) return { route: undefined, answer: { status: 404 }, applied: false };
    const { route } = found;
    const refusal = this.#refusal(request, found);
    if (refusal !== undefined) return { route, answer: refusal, applied: false };
    const fault = this.#draw(found.endpoint);
    const instead = fault === 'hang' || fault === 'cut' ? fault : undefined;
    if (instead !== undefined) return { route, answer: { status: 503 }, instead, applied: false };
    const early = this.#faultAnswer(fault);
    if (early !== undefined) return { route, answer: early, applied: false };
    const answer = await this.#serve(request, found, fault);
    return { route, applied: found.endpoint === 'submit', ...spoilt(answer, fault) };
  }

  #refusal({ method, headers }: Incoming, found: Found): Answer | undefined {
    if (method !== found.method) return { status: 405 };
    if (headers.get('accept') === undefined)
      return refused(406, '391902', 'Unsupported Accept header null is specified.');
    if (headers.get('user-agent') === undefined)
      return refused(400, '391903', 'The User-Agent header is missing.');
    const type = headers.get('content-type');
    if (type !== undefined && !/^application\/json\b/.test(type)) return { status: 415 };
    return this.#loginRefusal(
      headers.get('authorization'),
      headers.get('x-snowflake-authorization-token-type'),
    );
  }

  #loginRefusal(authorization: string | undefined, type: string | undefined): Answer | undefined {
    // Without the header one document says that OAuth is assumed, another that the token is looked at.
    const isKeyPair =
      type === 'KEYPAIR_JWT' || (type === undefined && this.settings.tokenType === 'inspected');
    if (!isKeyPair) return refused(401, '390303', 'Invalid OAuth access token.');
    const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1] ?? '';
    const clock = { nowMs: this.settings.now(), strict: this.settings.strictIssueTime };
    const failure = loginFailure(token, this.account, clock);
    return failure === undefined ? undefined : this.#badToken(failure);
  }

  #badToken(failure: LoginFailure): Answer {
    const uuid = randomUUID();
    this.loginFailures.set(uuid, failure);
    return refused(401, '390144', `JWT token is invalid. [${uuid}]`);
  }

  #faultAnswer(fault: Fault | undefined): Answer | undefined {
    if (fault === 'expired-token') return this.#badToken('394303');
    if (fault !== '429') return fault === undefined ? undefined : FAULT_ANSWERS[fault];
    const { retryAfterSeconds } = this.settings;
    const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
    return { ...refused(429, '390505', 'Too many requests.'), headers };
  }

  #serve(request: Incoming, found: Found, fault: Fault | undefined): Answer | Promise<Answer> {
    if (found.endpoint === 'submit') return this.#submit(request, fault);
    const statement = this.#statements.find(found.handle);
    if (statement === undefined) {
      return refused(this.settings.unknownHandleStatus, '000709', `Statement ${found.handle} not found`);
    }
    return found.endpoint === 'status' ? this.#status(statement, request.query) : this.#cancel(statement);
  }

  async #submit({ query, body }: Incoming, fault: Fault | undefined): Promise<Answer> {
    const parsed = Body.safeParse(body);
    if (!parsed.success) return BAD_PAYLOAD;
    const requestId = query.get('requestId') ?? randomUUID();
    const earlier = query.get('retry') === 'true' ? this.#statements.earlier(requestId) : undefined;
    if (earlier !== undefined) return this.#repeated(earlier);
    const statement = this.#start(parsed.data, requestId, fault);
    if ('status' in statement) return statement;
    const atOnce = query.get('async') === 'true' || this.#takesDeferral();
    if (!atOnce) await this.#answerable(statement);
    const isLost = fault === 'executed-then-cut' || fault === 'executed-then-503';
    if (isLost) await statement.done;
    return atOnce ? running(statement) : this.#standing(statement);
  }

  #start(body: Body, requestId: string, fault: Fault | undefined): Statement | Answer {
    try {
      const waitMs = fault === 'slow' ? this.settings.slowMs : this.settings.statementMs;
      return this.#statements.start(this.#order(body, { requestId, waitMs }));
    } catch (error) {
      if (!(error instanceof SqlFailure)) throw error;
      const createdAtMs = this.settings.now();
      return failed({ handle: `01${randomUUID().slice(2)}`, requestId, createdAtMs }, error);
    }
  }

  /** @throws SqlFailure for what is wrong before anything runs */
  #order(body: Body, { requestId, waitMs }: { readonly requestId: string; readonly waitMs: number }): Order {
    const { statement, bindings, parameters, timeout = 0, database, schema } = body;
    const statements = statementsOf(statement);
    checkCount(statements.length, Number(parameters.get('multi_statement_count') ?? 1));
    if (statements.length > 1 && Object.keys(bindings).length > 0) {
      throw new SqlFailure('391913', '0A000', 'Bindings are not supported for multiple statements.');
    }
    this.#checkMay(body);
    const place = {
      ...(database === undefined ? {} : { database }),
      ...(schema === undefined ? {} : { schema }),
    };
    return {
      statements,
      values: boundValues(bindings),
      place,
      timeZone: parameters.get('timezone') ?? 'America/Los_Angeles', // Snowflake's default
      requestId,
      timeoutMs: timeout === 0 ? undefined : timeout * 1000,
      waitMs,
    };
  }

  #checkMay({ warehouse, role }: Body): void {
    const { warehouses, roles } = this.settings;
    if (warehouse !== undefined && warehouses !== 'any' && !warehouses.includes(warehouse)) {
      throw new SqlFailure('000606', '57P03', 'No active warehouse selected in the current session.');
    }
    if (role !== undefined && roles !== 'any' && !roles.includes(role)) {
      throw new SqlFailure(
        '390186',
        '42501',
        'Role specified in the connect string is not granted to this user.',
      );
    }
  }

  /** Done, or running for longer than a request waits. */
  async #answerable(statement: Statement): Promise<void> {
    const waiting = new AbortController();
    const timeMs = statement.createdAtMs + this.settings.answerWithinMs;
    await Promise.race([statement.done, this.#statements.until(timeMs, waiting.signal)]);
    waiting.abort();
  }

  #repeated(earlier: Statement): Answer {
    const outcome = earlier.outcome();
    if (this.settings.retryAnswers === 'result' || outcome?.kind !== 'result') return this.#standing(earlier);
    return resultSet(earlier, textResult('status', '1'), this.settings);
  }

  #standing(statement: Statement): Answer {
    const outcome = statement.outcome();
    if (outcome === undefined) return running(statement);
    if (outcome.kind === 'failure') return failed(statement, outcome.failure);
    return resultSet(statement, outcome.result, this.settings, outcome.handles);
  }

  #status(statement: Statement, query: URLSearchParams): Answer {
    const outcome = statement.outcome();
    if (outcome === undefined) return running(statement, this.settings.runningStatus);
    const partition = Number(query.get('partition') ?? 0);
    if (outcome.kind === 'failure' || partition === 0) return this.#standing(statement);
    return laterPartition(statement, outcome.result, partition);
  }

  async #cancel(statement: Statement): Promise<Answer> {
    const isDone = statement.outcome() !== undefined;
    statement.cancel();
    await statement.done;
    if (!isDone || this.settings.cancelFinished === 'accepted') return cancelledAnswer(statement);
    return failed(
      statement,
      new SqlFailure('000605', '57014', 'Identified SQL statement is not currently executing.'),
    );
  }
}

function find(path: string): Found | undefined {
  for (const [endpoint, method, route, pattern] of ROUTES) {
    const match = pattern.exec(path);
    if (match !== null) return { endpoint, method, route, handle: match[1] ?? '' };
  }
  return undefined;
}

function checkCount(actual: number, desired: number): void {
  if (desired === 0 || actual === desired) return;
  const message = `Actual statement count ${actual} did not match the desired statement count ${desired}.`;
  throw new SqlFailure('000008', '0A000', message);
}
