/** The activities of `reconcileConsent`: a finished extract is streamed and compared, a handful of people at a time. */
import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { endOfSecond } from '../../domain/marketo-date.js';
import type { ExtractRow } from '../marketo/extract-rows.js';
import { beating } from '../shared/heartbeats.js';
import { compareSome, peopleOf, requestsOf, type Candidate, type ComparingDeps } from './comparing.js';
import type { Comparison, ReconcileActivities } from './contract.js';

export type { ComparingDeps } from './comparing.js';

/** People compared together: what Marketo looks up in one call. */
const TOGETHER = 300;
/** Rows about nobody that are read before they count as dealt with. */
const SETTLED_EVERY = 1_000;
const SAMPLE_SIZE = 10;

const count = z.int().nonnegative();
/** What one attempt tells the next: how far it has come, and what it has found until there. */
const Progress = z.object({
  nextByte: count,
  found: z.object({
    rows: count,
    unsubscribed: count,
    missedByPush: count,
    missedByPoll: count,
    drifted: count,
    noEmail: count,
    invalidEmail: count,
    leadGone: count,
    toStart: count,
    leads: z.array(z.object({ leadId: count, by: z.enum(['event', 'flag']), sinceMs: z.number() })),
    sample: z.array(z.string()),
    started: count,
  }),
});
type Progress = z.infer<typeof Progress>;
type Totals = Progress['found'];

const NOTHING: Totals = {
  rows: 0,
  unsubscribed: 0,
  missedByPush: 0,
  missedByPoll: 0,
  drifted: 0,
  noEmail: 0,
  invalidEmail: 0,
  leadGone: 0,
  toStart: 0,
  leads: [],
  sample: [],
  started: 0,
};

export function createReconcileActivities(deps: ComparingDeps): ReconcileActivities {
  return {
    compareExtract: (job, exportId, options) =>
      withProgress(async (progress) => {
        let some: Candidate[] = [];
        let rows = 0;
        /** Rows count once what they say is settled: an attempt that goes on from here reads none of them again. */
        const settle = async (nextByte: number): Promise<void> => {
          const found =
            some.length === 0 ? progress.found : await addSome(progress.found, some, options, deps);
          progress.found = { ...found, rows: found.rows + rows };
          progress.nextByte = nextByte;
          some = [];
          rows = 0;
        };
        let lastByte = progress.nextByte;
        const fromByte = progress.nextByte;
        for await (const { row, nextByte } of deps.marketo.readExtract(job, exportId, { fromByte })) {
          rows += 1;
          lastByte = nextByte;
          const candidate = candidateOf(row, deps.now());
          if (candidate !== undefined) some.push(candidate);
          if (some.length >= TOGETHER || (some.length === 0 && rows >= SETTLED_EVERY)) await settle(nextByte);
        }
        await settle(lastByte);
        return progress.found;
      }),
    startLeads: (leads) =>
      beating(async () => {
        const { people } = await peopleOf(leads, deps);
        const wanted = people.filter(({ by, isFlagged }) => by === 'event' || isFlagged);
        await deps.starter.start(requestsOf(wanted, currentRun(), deps.now()));
        return wanted.length;
      }),
  };
}

/** Goes on where the attempt before was, and tells the next one how far this one comes. */
async function withProgress(work: (progress: Progress) => Promise<Comparison>): Promise<Comparison> {
  const context = Context.current();
  const told = Progress.safeParse(context.info.heartbeatDetails);
  const progress = told.success ? told.data : { nextByte: 0, found: { ...NOTHING } };
  return beating(async () => {
    try {
      return await work(progress);
    } catch (error) {
      context.heartbeat(progress);
      throw error;
    }
  }, progress);
}

function candidateOf(row: ExtractRow, nowMs: number): Candidate | undefined {
  if (row.kind === 'lead') {
    const { id: leadId, email, isUnsubscribed } = row.lead;
    return isUnsubscribed ? { leadId, by: 'flag', sinceMs: nowMs, email } : undefined;
  }
  if (row.kind === 'unreadable' || (row.says !== 'unsubscribed' && row.says !== 'look')) return undefined;
  return {
    leadId: row.leadId,
    by: 'event',
    sinceMs: endOfSecond(row.atMs),
    onlyIfFlagged: row.says === 'look',
  };
}

async function addSome(
  totals: Totals,
  candidates: readonly Candidate[],
  { mode, mostLeads }: { readonly mode: 'count' | 'start'; readonly mostLeads: number },
  deps: ComparingDeps,
): Promise<Totals> {
  const found = await compareSome(candidates, deps);
  if (mode === 'start') await deps.starter.start(requestsOf(found.people, currentRun(), deps.now()));
  const leads = found.people.map(({ leadId, by, sinceMs }) => ({ leadId, by, sinceMs }));
  return {
    rows: totals.rows, // counted as they are read
    unsubscribed: totals.unsubscribed + found.unsubscribed,
    missedByPush: totals.missedByPush + found.missedByPush,
    missedByPoll: totals.missedByPoll + found.missedByPoll,
    drifted: totals.drifted + found.drifted,
    noEmail: totals.noEmail + found.noEmail,
    invalidEmail: totals.invalidEmail + found.invalidEmail,
    leadGone: totals.leadGone + found.leadGone,
    toStart: totals.toStart + found.toStart,
    leads: [...totals.leads, ...leads].slice(0, mostLeads),
    sample: [...totals.sample, ...found.people.map(({ personHash }) => personHash)].slice(0, SAMPLE_SIZE),
    started: totals.started + (mode === 'start' ? found.people.length : 0),
  };
}

function currentRun(): string {
  const { workflowExecution } = Context.current().info;
  return workflowExecution?.runId ?? 'none';
}
