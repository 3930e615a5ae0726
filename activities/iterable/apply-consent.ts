/** The activity `applyConsent`: makes Iterable agree with what people decided. Called again, it verifies. */
import { isSettled, type Verdict } from '../../domain/verdict.js';
import { OPT_IN_GRANTS, OPT_OUT_COVERS } from '../../recipes/subscriptions.js';
import { startHeartbeats } from '../shared/heartbeats.js';
import type { Rejected, Retry } from './answers.js';
import { startAttempt, type Attempt, type Tools } from './attempt.js';
import type {
  ConsentItem,
  ConsentSettings,
  ConsentVerdict,
  IterableConsentActivities,
} from './consent-contract.js';
import { nothingAchieved, throwIfCancelled } from './failures.js';
import { judgeSubscriber, type UnknownUser } from './subscription-answers.js';
import { createSubscriptionIds, type SubscriptionIds } from './subscription-ids.js';
import {
  isChannelClosed,
  openTypes,
  writeMerged,
  writeTargeted,
  type ChannelClosed,
  type Wanted,
} from './subscription-writes.js';

/** How long a worker believes that the targeted endpoints are not enabled. */
const OFF_FOR_MS = 3_600_000;

/** What all attempts of a worker know of the targeted endpoints. */
interface Targeted {
  offUntilMs: number;
}

/** See the contract for what it promises. */
export function createApplyConsent(
  tools: Tools,
  { settleMs }: Pick<ConsentSettings, 'settleMs'>,
): IterableConsentActivities['applyConsent'] {
  const source = createSubscriptionIds();
  const targeted: Targeted = { offUntilMs: 0 };
  return async (items) => {
    if (items.length === 0) return [];
    const attempt = startAttempt(tools);
    const endHeartbeats = startHeartbeats();
    try {
      const ids = await source.current(attempt);
      if ('kind' in ids)
        return conclude(
          items.map((item) => said(item, ids, attempt)),
          attempt,
        );
      const apply = (item: ConsentItem): Promise<Verdict> =>
        applyOne(item, { ids, settleMs, targeted, attempt });
      const people = byPerson(items).map((own) => () => applyInOrder(own, apply, attempt));
      const verdicts = new Map((await attempt.runAll(people)).flat());
      if ([...verdicts.values()].some(isMismatch)) source.forget();
      return conclude(
        items.flatMap((item) => verdicts.get(item) ?? []),
        attempt,
      );
    } finally {
      endHeartbeats();
      attempt.end();
    }
  };
}

interface Means {
  readonly ids: SubscriptionIds;
  readonly settleMs: number;
  readonly targeted: Targeted;
  readonly attempt: Attempt;
}

async function applyOne(item: ConsentItem, { ids, settleMs, targeted, attempt }: Means): Promise<Verdict> {
  const { email, change } = item;
  const types = change === 'opt-out' ? OPT_OUT_COVERS : [OPT_IN_GRANTS];
  const wanted: Wanted = { email, change, types, ids };
  if (change === 'opt-in' && item.verifies === true) return verifyOptIn(wanted, attempt);
  const settledAtMs = (item.writtenAtMs ?? -Infinity) + settleMs;

  if (item.verifies === undefined && attempt.now() >= targeted.offUntilMs) {
    const written = await applyTargeted(wanted, attempt.now() < settledAtMs, attempt);
    if (written.kind !== 'not-enabled') return verdictOf(written);
    targeted.offUntilMs = attempt.now() + OFF_FOR_MS;
  }
  // To merge is to write back what was read: a read that may be stale is no good for it.
  const restMs = settledAtMs - attempt.now();
  return restMs > 0 ? settling(restMs) : verdictOf(await writeMerged(wanted, attempt));
}

/** Only looks: what is gone again was taken back by somebody whose word is newer. */
async function verifyOptIn(wanted: Wanted, attempt: Attempt): Promise<Verdict> {
  const read = await attempt.ask('getUserByEmail', { query: { email: wanted.email } }, judgeSubscriber);
  if (read.kind !== 'found') return verdictOf(read);
  if (openTypes(wanted, read.found).length === 0) return { kind: 'unchanged' };
  return { kind: 'skipped', reason: 'opted-out-since' };
}

/** @param isSettling what the read shows of our types is not to be believed */
async function applyTargeted(
  wanted: Wanted,
  isSettling: boolean,
  attempt: Attempt,
): Promise<Verdict | UnknownUser | ChannelClosed | { readonly kind: 'not-enabled' }> {
  // Writing to somebody unknown would create them: the read comes first, whatever it shows of the rest.
  const read = await attempt.ask('getUserByEmail', { query: { email: wanted.email } }, judgeSubscriber);
  if (read.kind !== 'found') return read;
  if (isChannelClosed(wanted, read.found)) return { kind: 'channel-closed' };
  const types = isSettling ? wanted.types : openTypes(wanted, read.found);
  return types.length === 0 ? { kind: 'unchanged' } : writeTargeted(wanted, types, attempt);
}

function verdictOf(result: Verdict | UnknownUser | ChannelClosed): Verdict {
  if (result.kind === 'unknown-user') return { kind: 'skipped', reason: 'not-in-iterable' };
  if (result.kind === 'channel-closed') return { kind: 'skipped', reason: 'channel-closed' };
  const isForgotten = result.kind === 'rejected' && result.reason === 'forgotten-user';
  return isForgotten ? { kind: 'skipped', reason: 'forgotten-user' } : result;
}

function settling(restMs: number): Retry {
  return { kind: 'retry', reason: 'settling', class: 'unavailable', afterMs: Math.ceil(restMs) };
}

function byPerson(items: readonly ConsentItem[]): ConsentItem[][] {
  const people = new Map<string, ConsentItem[]>();
  for (const item of items) {
    const own = people.get(item.personHash) ?? [];
    own.push(item);
    people.set(item.personHash, own);
  }
  return [...people.values()];
}

/** One person's items, one after another. The same change once more has the same verdict. */
async function applyInOrder(
  items: readonly ConsentItem[],
  apply: (item: ConsentItem) => Promise<Verdict>,
  attempt: Attempt,
): Promise<[ConsentItem, ConsentVerdict][]> {
  const verdicts: [ConsentItem, ConsentVerdict][] = [];
  for (const item of items) {
    const last = verdicts.at(-1);
    const verdict = last?.[0].change === item.change ? last[1].verdict : await apply(after(last?.[1], item));
    verdicts.push([item, said(item, verdict, attempt)]);
  }
  return verdicts;
}

/** The item, aware of what was just written for the one before it. */
function after(last: ConsentVerdict | undefined, item: ConsentItem): ConsentItem {
  return last?.verdict.kind === 'delivered' ? { ...item, writtenAtMs: last.atMs } : item;
}

function said(
  { personHash }: ConsentItem,
  verdict: Verdict | Rejected | Retry,
  attempt: Attempt,
): ConsentVerdict {
  return { personHash, verdict, atMs: attempt.now() };
}

function isMismatch({ verdict }: ConsentVerdict): boolean {
  return verdict.kind === 'retry' && verdict.reason === 'schema-mismatch';
}

/** Returns whatever is worth a line in the history; throws when that is nothing, or when somebody else goes on. */
function conclude(verdicts: readonly ConsentVerdict[], attempt: Attempt): readonly ConsentVerdict[] {
  const open = verdicts.map(({ verdict }) => verdict).filter((verdict) => !isSettled(verdict));
  if (open.length > 0) throwIfCancelled();
  // The wait for the settling time is the workflow's: other requests of the person go on meanwhile.
  const isAchieved = open.length < verdicts.length || open.some(({ reason }) => reason === 'settling');
  if (isAchieved) return verdicts;
  throw nothingAchieved(open, attempt.random);
}
