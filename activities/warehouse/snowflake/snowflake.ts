/**
 * Snowflake as a warehouse. Statements are submitted, and asked for until they are done: so there is a handle to cancel
 * them by, and no connection has to last as long as they do.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { asyncLocalStorage } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import { LRUCache } from 'lru-cache';
import type { SnowflakeConfig } from '../../../config/config.js';
import type { Result, Statement, Warehouse } from '../engine.js';
import { shortResult } from '../short-result.js';
import { judge, type Moment, type Refusal } from './answers.js';
import { bindingsOf } from './bindings.js';
import { cellReader, columnOf } from './cells.js';
import { createSnowflakeClient, type Order, type Reply, type SnowflakeClient } from './client.js';
import { snowflakeDialect } from './dialect.js';
import { failureOf } from './failures.js';
import { createTokens } from './jwt.js';
import { resultSetOf, rowsChanged, rowsOf, type ResultSet, type Rows } from './outcome.js';

/** Everything has a default that suits production. */
export interface SnowflakeTuning {
  /** Of one HTTP request; partitions have some megabytes. */
  readonly callTimeoutMs?: number;
  /** Between two looks at a statement; doubles from the first to the longest. */
  readonly firstPollMs?: number;
  readonly longestPollMs?: number;
  /** How long a cancellation waits for the handle of a statement that is just being submitted. */
  readonly graceMs?: number;
  /** After which Snowflake itself ends a statement, whoever still waits for it. */
  readonly statementTimeoutSeconds?: number;
  /** ms since 1970 */
  readonly now?: () => number;
  readonly random?: () => number;
}

const DEFAULTS = {
  callTimeoutMs: 60_000,
  firstPollMs: 500,
  longestPollMs: 5_000,
  graceMs: 3_000,
  statementTimeoutSeconds: 3_600,
  now: Date.now,
  random: Math.random,
};
/** Looks that may fail in a row: the next one is due anyway. */
const MOST_FAILED_POLLS = 5;
const REMEMBERED_REQUESTS = 10_000;

interface Tools extends Required<SnowflakeTuning> {
  readonly config: SnowflakeConfig;
  readonly client: SnowflakeClient;
  /** Request ids that this process has submitted. */
  readonly submitted: LRUCache<string, true>;
}

interface Work {
  readonly sql: string;
  readonly binds?: Statement['binds'];
  readonly parameters?: Readonly<Record<string, string>>;
  /** Of work that must not be done twice. */
  readonly requestId?: string | undefined;
}

/** @throws Error for a private key that cannot be used */
export function createSnowflake(config: SnowflakeConfig, tuning: SnowflakeTuning = {}): Warehouse {
  const settings = { ...DEFAULTS, ...tuning };
  const tokens = createTokens(config, settings.now);
  const client = createSnowflakeClient({
    baseUrl: config.baseUrl,
    tokens,
    timeoutMs: settings.callTimeoutMs,
  });
  const tools: Tools = { ...settings, config, client, submitted: new LRUCache({ max: REMEMBERED_REQUESTS }) };
  return {
    engine: 'snowflake',
    dialect: snowflakeDialect,
    execute: async (statement, signal) => rowsChanged(await finish(tools, statement, signal)),
    transact: (statements, signal, requestId) => transact(tools, { statements, requestId }, signal),
    // A query is not repeated by its request id: what the repeat answers is not documented, and may be another result.
    read: async ({ sql, binds }, signal) => {
      const work = { sql, ...(binds === undefined ? {} : { binds }) };
      return resultOf(tools, await finish(tools, work, signal), signal);
    },
    close: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

/**
 * One request with several statements is one session, and the only place for a transaction.
 * @see https://docs.snowflake.com/en/developer-guide/sql-api/submitting-multiple-statements
 */
async function transact(
  tools: Tools,
  work: { readonly statements: readonly string[]; readonly requestId: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const all = ['begin', ...work.statements.map((sql) => sql.replace(/[\s;]+$/, '')), 'commit'];
  const result = await finish(
    tools,
    {
      // On a line of their own: a comment at the end of a statement does not swallow its end.
      sql: all.join('\n;\n'),
      parameters: { MULTI_STATEMENT_COUNT: String(all.length) },
      requestId: work.requestId,
    },
    signal,
  );
  // A repeat may answer without handles; that it is done is then all there is to know.
  for (const handle of result.statementHandles ?? []) await settled(tools, handle, signal);
}

/** Submits a statement and waits for its end; cancels it when told to. */
async function finish(tools: Tools, work: Work, signal: AbortSignal): Promise<ResultSet> {
  signal.throwIfAborted();
  const reply = await submit(tools, work, signal);
  const judgement = judge(reply, momentOf(tools));
  const handle = judgement.kind === 'running' ? judgement.handle : resultSetOf(reply)?.statementHandle;
  if (signal.aborted) await cancel(tools, handle, signal);
  if (judgement.kind === 'refused') throw failureOf(judgement);
  if (judgement.kind === 'done') return complete(tools, reply);
  if (handle === undefined) throw unreadable(tools);
  return settled(tools, handle, signal);
}

/** Not ended by the signal at once: without the handle in the answer, what was submitted could not be cancelled. */
async function submit(tools: Tools, work: Work, signal: AbortSignal): Promise<Reply> {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    timer = setTimeout(() => {
      ending.abort();
    }, tools.graceMs);
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    return await tools.client.submit(orderOf(tools, work), requestOf(tools, work), ending.signal);
  } finally {
    signal.removeEventListener('abort', end);
    clearTimeout(timer);
  }
}

function orderOf({ config, statementTimeoutSeconds }: Tools, work: Work): Order {
  const { database, schema, warehouse, role } = config;
  const bindings = bindingsOf(work.binds);
  return {
    statement: work.sql,
    timeoutSeconds: statementTimeoutSeconds,
    database,
    schema,
    ...(warehouse === undefined ? {} : { warehouse }),
    ...(role === undefined ? {} : { role }),
    ...(bindings === undefined ? {} : { bindings }),
    parameters: { TIMEZONE: 'UTC', QUERY_TAG: 'iterable-recipes', ...work.parameters },
  };
}

/** A repeat is one of this process or of an earlier attempt of the activity, which may have been another process. */
function requestOf({ submitted }: Tools, { requestId }: Work): { requestId: string; isRepeat: boolean } {
  if (requestId === undefined) return { requestId: randomUUID(), isRepeat: false };
  const isRepeat = submitted.has(requestId) || attempt() > 1;
  submitted.set(requestId, true);
  return { requestId, isRepeat };
}

/** Of the activity; 1 outside of any. */
const attempt = (): number => asyncLocalStorage.getStore()?.info.attempt ?? 1;

const momentOf = ({ now, random }: Tools): Moment => ({ attempt: attempt(), nowMs: now(), random: random() });

/** Asks for a statement until it is done. */
async function settled(tools: Tools, handle: string, signal: AbortSignal): Promise<ResultSet> {
  let waitMs = tools.firstPollMs;
  let failures = 0;
  for (;;) {
    const reply = await tools.client.status(handle, signal);
    if (signal.aborted) return cancel(tools, handle, signal);
    const judgement = judge(reply, momentOf(tools));
    if (judgement.kind === 'done') return complete(tools, reply);
    failures = judgement.kind === 'refused' ? failures + 1 : 0;
    if (judgement.kind === 'refused' && !isPassing(judgement, failures)) throw failureOf(judgement);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined); // cancelled: the next look does not go out
    waitMs = Math.min(waitMs * 2, tools.longestPollMs);
  }
}

/** The statement runs on, whatever becomes of one look at it. */
function isPassing(refusal: Refusal, failures: number): boolean {
  const isAboutTheLook = ['unreachable', 'unavailable', 'rate-limited'].includes(refusal.reason);
  return isAboutTheLook && refusal.sqlState === undefined && failures < MOST_FAILED_POLLS;
}

/** Also at Snowflake, where it would run on; what comes of that changes nothing for the caller. */
async function cancel({ client }: Tools, handle: string | undefined, signal: AbortSignal): Promise<never> {
  if (handle !== undefined) await client.cancel(handle);
  signal.throwIfAborted();
  throw new Error('only what is cancelled is cancelled');
}

function complete(tools: Tools, reply: Reply): ResultSet {
  const result = resultSetOf(reply);
  if (result === undefined) throw unreadable(tools);
  return result;
}

/** An answer of a shape that is not documented is none. */
function unreadable(tools: Tools): ApplicationFailure {
  const judgement = judge({ kind: 'answer', status: 200, body: '' }, momentOf(tools));
  if (judgement.kind !== 'refused') throw new Error('an empty answer is no success');
  return failureOf(judgement);
}

function resultOf(tools: Tools, result: ResultSet, signal: AbortSignal): Result {
  const columns = result.resultSetMetaData.rowType.map(columnOf);
  const readers = columns.map(cellReader);
  const converted = (rows: Rows): Rows =>
    rows.map((row) => row.map((cell, index) => readers[index]?.(cell) ?? null));
  return {
    columns,
    rowCount: result.resultSetMetaData.numRows,
    batches: (async function* () {
      for await (const rows of partitionsOf(tools, result, signal)) yield converted(rows);
    })(),
  };
}

/** One after the other, in order, each held against what was declared of it. */
async function* partitionsOf(tools: Tools, result: ResultSet, signal: AbortSignal): AsyncGenerator<Rows> {
  const { numRows, partitionInfo } = result.resultSetMetaData;
  let read = 0;
  for (const [index, { rowCount }] of partitionInfo.entries()) {
    const rows =
      index === 0 ? result.data : await partition(tools, result.statementHandle, { index, signal });
    if (rows.length !== rowCount) throw shortResult(rowCount, rows.length);
    read += rows.length;
    if (rows.length > 0) yield rows;
  }
  if (read !== numRows) throw shortResult(numRows, read);
}

async function partition(
  tools: Tools,
  handle: string,
  { index, signal }: { readonly index: number; readonly signal: AbortSignal },
): Promise<Rows> {
  const reply = await tools.client.partition(handle, index, signal);
  signal.throwIfAborted();
  const judgement = judge(reply, momentOf(tools));
  if (judgement.kind === 'refused') throw failureOf(judgement);
  const rows = rowsOf(reply);
  if (rows === undefined) throw unreadable(tools);
  return rows;
}
