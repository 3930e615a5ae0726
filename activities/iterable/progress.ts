/**
 * What an attempt of `deliverEvents` has achieved, told to Temporal by heartbeats, so that the attempt after a crash
 * sends only what was under way. Entries name items by their place in the batch, which is the same in each attempt.
 */
import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { isReason, type Reason } from '../../domain/reasons.js';
import { FAILURE_CLASSES, type Settled } from '../../domain/verdict.js';

/** What is known of one item; `verdict` only once it is settled. */
export interface Known {
  readonly verdict?: Settled;
  readonly profileWrittenAtMs?: number;
}

export interface Progress {
  readonly known: (index: number) => Known;
  readonly learn: (index: number, known: Known) => void;
  /** Tells what is not told yet, before a failure. A result needs no heartbeat. */
  readonly tell: () => void;
  readonly end: () => void;
}

const TELL_EVERY_MS = 200;
/** Even without news: a call may hang for 30 s, and cancellations arrive with heartbeats only. */
const TELL_AT_LEAST_EVERY_MS = 5_000;

const reason = z.custom<Reason>((value) => typeof value === 'string' && isReason(value));
const failureClass = z.enum(FAILURE_CLASSES);
const SettledVerdict = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('delivered') }),
  z.object({ kind: z.literal('unchanged') }),
  z.object({ kind: z.literal('skipped'), reason }),
  z.object({ kind: z.literal('rejected'), reason, class: failureClass }),
  z.object({ kind: z.literal('unknown'), reason }),
]);
/** [place in the batch, when the profile was written or null, verdict or nothing] */
const Entry = z.tuple([z.int().nonnegative(), z.number().nullable(), SettledVerdict.optional()]);
const Details = z.array(z.unknown());

/** Starts from what the attempt before has told; details that cannot be read count as none. */
export function startProgress(): Progress {
  const context = Context.current();
  const all = read(context.info.heartbeatDetails);
  let news = false;
  let toldAtMs = performance.now();
  const heartbeat = (): void => {
    news = false;
    toldAtMs = performance.now();
    context.heartbeat(write(all));
  };
  const timer = setInterval(() => {
    if (news || performance.now() - toldAtMs >= TELL_AT_LEAST_EVERY_MS) heartbeat();
  }, TELL_EVERY_MS);
  return {
    known: (index) => all.get(index) ?? {},
    learn: (index, known) => {
      all.set(index, { ...all.get(index), ...known });
      news = true;
    },
    tell: () => {
      if (news) heartbeat();
    },
    end: () => {
      clearInterval(timer);
    },
  };
}

function write(all: ReadonlyMap<number, Known>): z.infer<typeof Entry>[] {
  return [...all].map(([index, { profileWrittenAtMs, verdict }]) =>
    verdict === undefined
      ? [index, profileWrittenAtMs ?? null]
      : [index, profileWrittenAtMs ?? null, verdict],
  );
}

function read(details: unknown): Map<number, Known> {
  const all = new Map<number, Known>();
  const entries = Details.safeParse(details);
  for (const entry of entries.success ? entries.data : []) {
    const parsed = Entry.safeParse(entry);
    if (!parsed.success) continue;
    const [index, writtenAtMs, verdict] = parsed.data;
    all.set(index, {
      ...(writtenAtMs === null ? {} : { profileWrittenAtMs: writtenAtMs }),
      ...(verdict === undefined ? {} : { verdict }),
    });
  }
  return all;
}
