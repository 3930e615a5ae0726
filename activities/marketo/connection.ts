/** Calls to Marketo as everything else here makes them: with the shared token, in turn, judged, counted. */
import { setMaxListeners } from 'node:events';
import { Context } from '@temporalio/activity';
import type { Reason } from '../../domain/reasons.js';
import { throwIfCancelled } from '../shared/cancellation.js';
import { forOperators, judge, judgeFile, type Answered, type Moment, type Retry } from './answers.js';
import type { FileReply, MarketoClient, Reply } from './client.js';
import type { EndpointName, MarketoRequest } from './endpoints.js';
import { PRIORITY, type Limiter, type Priority } from './limits.js';
import { marketoMetrics, type CallOutcome } from './metrics.js';
import { createAccessTokens } from './token.js';

export type Settled = Exclude<Answered, { readonly kind: 'stale-token' }>;

export interface Asking {
  readonly priority: Priority;
  /** Ends the waiting and the call; that of the activity unless told. */
  readonly signal?: AbortSignal;
}

/** Only within an activity, whose context gives attempt, cancellation and metrics. */
export interface Connection {
  /** @throws CancelledFailure, or `interrupted`, when the activity has to end */
  readonly ask: (request: MarketoRequest, asking: Asking) => Promise<Settled>;
  /** Opens the file of an extract from this byte on. @throws as `ask` */
  readonly openFile: (
    request: MarketoRequest,
    options: { readonly fromByte: number; readonly signal?: AbortSignal },
  ) => Promise<FileReply | Settled>;
}

export interface ConnectionParts {
  readonly client: MarketoClient;
  readonly limiter: Limiter;
  /** ms since 1970 */
  readonly now: () => number;
  /** 0 to 1 */
  readonly random: () => number;
}

/** One way of calling: what is sent, and what comes back. */
interface Manner<R> {
  readonly send: (accessToken: string, signal: AbortSignal) => Promise<R>;
  readonly judge: (reply: R, moment: Moment) => Answered | FileReply;
}

interface Learning {
  readonly moment: (request: MarketoRequest) => Moment;
  readonly learn: (endpoint: EndpointName, answered: Answered | FileReply, waitedMs: number) => void;
}

/** What answers tell about the next calls. */
function createLearning({ limiter, now, random }: Omit<ConnectionParts, 'client'>): Learning {
  const internalErrors = new Map<EndpointName, number>();
  return {
    moment: ({ endpoint, query }) => ({
      attempt: Context.current().info.attempt,
      nowMs: now(),
      random: random(),
      hasPageToken: query?.['nextPageToken'] !== undefined,
      internalErrors: internalErrors.get(endpoint) ?? 0,
    }),
    learn: (endpoint, answered, waitedMs) => {
      marketoMetrics().countCall(endpoint, outcomeOf(answered), waitedMs);
      const problem = answered.kind === 'retry' ? answered : undefined;
      if (problem?.isInternal) internalErrors.set(endpoint, (internalErrors.get(endpoint) ?? 0) + 1);
      else internalErrors.delete(endpoint);
      // What asks everybody to wait. The limits of extracts are no limits of calls.
      if (problem !== undefined && PAUSING.has(problem.reason))
        limiter.pause(problem.afterMs, problem.reason);
    },
  };
}

export function createConnection({ client, ...parts }: ConnectionParts): Connection {
  const tokens = createAccessTokens(client, parts.now);
  const { limiter } = parts;
  const { moment, learn } = createLearning(parts);

  /** One call with a token, in turn. Whoever has to wait for a long pause asks for no token either. */
  const once = async <R>(
    request: MarketoRequest,
    { priority, signal }: Required<Asking>,
    { send, judge: judgeReply }: Manner<R>,
  ): Promise<{ answered: Answered | FileReply; accessToken?: string }> => {
    const call = async (waitedMs: number): ReturnType<typeof once> => {
      const token = await orAborted(tokens.current(moment(request)), signal);
      if (token.kind === 'retry') {
        learn(request.endpoint, token, waitedMs);
        return { answered: token };
      }
      const { accessToken } = token;
      const reply = await send(accessToken, signal);
      endIfAborted(signal);
      const answered = judgeReply(reply, moment(request));
      learn(request.endpoint, answered, waitedMs);
      return { answered, accessToken };
    };
    const turn = await limiter.run(call, { signal, priority });
    if (turn.kind === 'done') return turn.value;
    if (turn.kind === 'paused') return { answered: pausedFor(turn.remainingMs, limiter.pausedBecause()) };
    endIfAborted(signal);
    throw new Error('a call was abandoned that nobody has cancelled');
  };

  /** Once more with a fresh token where Marketo calls the first one over; twice over is no accident. */
  const insist = async <R>(
    request: MarketoRequest,
    asking: Required<Asking>,
    manner: Manner<R>,
  ): Promise<Settled | FileReply> => {
    for (let tries = 1; tries <= 2; tries += 1) {
      const { answered, accessToken } = await once(request, asking, manner);
      if (answered.kind !== 'stale-token') return answered;
      if (accessToken !== undefined) tokens.forget(accessToken);
    }
    return forOperators('marketo-credentials');
  };

  return {
    ask: async (request, { priority, signal = cancellation() }) => {
      const answered = await insist(request, { priority, signal }, calling(client, request));
      if (answered.kind === 'file') throw new Error('an answer that is no file was taken for one');
      return answered;
    },
    openFile: (request, { fromByte, signal = cancellation() }) =>
      insist(request, { priority: PRIORITY.background, signal }, opening(client, request, fromByte)),
  };
}

const calling = (client: MarketoClient, request: MarketoRequest): Manner<Reply> => ({
  send: (accessToken, signal) => client.call(request, accessToken, signal),
  judge: (reply, moment) => {
    if (reply.kind === 'answer' && reply.isRepaired) marketoMetrics().countRepair(request.endpoint);
    return judge(reply, moment);
  },
});

const opening = (
  client: MarketoClient,
  request: MarketoRequest,
  fromByte: number,
): Manner<Reply | FileReply> => ({
  send: (accessToken, signal) => client.openFile(request, accessToken, { fromByte, signal }),
  judge: (reply, moment) => (reply.kind === 'file' ? reply : judgeFile(reply, moment)),
});

const PAUSING: ReadonlySet<string> = new Set(['marketo-busy', 'marketo-quota']);

function pausedFor(remainingMs: number, reason: Reason): Retry {
  return { kind: 'retry', reason, class: 'rate-limited', afterMs: remainingMs };
}

function outcomeOf(answered: Answered | FileReply): CallOutcome {
  if (answered.kind === 'empty' || answered.kind === 'file') return 'ok';
  return 'class' in answered ? answered.class : answered.kind;
}

function cancellation(): AbortSignal {
  const { cancellationSignal } = Context.current();
  setMaxListeners(0, cancellationSignal); // one listener per call that waits or runs
  return cancellationSignal;
}

function endIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throwIfCancelled();
  signal.throwIfAborted();
}

/** The token is shared: who gives up waiting for it leaves it to the others. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => {
      resolve(undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    const first = signal.aborted ? undefined : await Promise.race([work, aborted]);
    if (first !== undefined) return first;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  endIfAborted(signal);
  return work;
}
