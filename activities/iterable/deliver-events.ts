/** The activity `deliverEvents`: a batch of product events, one verdict each. */
import { isSettled } from '../../domain/verdict.js';
import type { MapEvent } from '../../recipes/map-product-event.js';
import type { Retry } from './answers.js';
import { startAttempt, type Attempt, type Tools } from './attempt.js';
import type { DeliveryItem, ItemVerdict, IterableActivities } from './contract.js';
import { deliverEvent } from './deliver-event.js';
import { nothingAchieved, throwIfCancelled } from './failures.js';
import { startProgress, type Progress } from './progress.js';

type Deliver = (
  item: DeliveryItem,
  attempt: Attempt,
  onProfileWritten: (atMs: number) => void,
) => Promise<ItemVerdict>;

/** Something about an item, and the item's place in the batch. */
interface Placed<T> {
  readonly index: number;
  readonly of: T;
}

/** See the contract for what it promises. It neither reads nor writes a subscription. */
export function createDeliverEvents(tools: Tools, mapEvent: MapEvent): IterableActivities['deliverEvents'] {
  const deliver: Deliver = (item, attempt, onProfileWritten) =>
    deliverEvent(item, attempt, mapEvent, onProfileWritten);
  return async (items) => {
    const attempt = startAttempt(tools);
    const progress = startProgress();
    try {
      const people = byPerson(items).map((own) => () => deliverPerson(own, attempt, progress, deliver));
      const verdicts = inOrder((await attempt.runAll(people)).flat());
      return conclude(items, verdicts, attempt.random);
    } catch (error) {
      progress.tell();
      throw error;
    } finally {
      progress.end();
      attempt.end();
    }
  };
}

/** One person's items, one after another. What follows an item that has to wait, waits as long. */
async function deliverPerson(
  items: readonly Placed<DeliveryItem>[],
  attempt: Attempt,
  progress: Progress,
  deliver: Deliver,
): Promise<Placed<ItemVerdict>[]> {
  const results: Placed<ItemVerdict>[] = [];
  const settled = new Map<string, ItemVerdict>();
  let wait: Retry | undefined;
  for (const { index, of: item } of items) {
    const { eventId } = item.event;
    const known = { ...item, ...progress.known(index) };
    // The same event twice in one batch is sent once.
    const verdict = known.verdict ?? settled.get(eventId)?.verdict ?? wait;
    const result =
      verdict === undefined
        ? await deliver(known, attempt, (profileWrittenAtMs) => {
            progress.learn(index, { profileWrittenAtMs });
          })
        : { eventId, verdict, ...whenWritten(known) };
    if (isSettled(result.verdict)) {
      settled.set(eventId, result);
      progress.learn(index, { ...whenWritten(result), verdict: result.verdict });
    } else {
      wait = result.verdict;
    }
    results.push({ index, of: result });
  }
  return results;
}

function byPerson(items: readonly DeliveryItem[]): Placed<DeliveryItem>[][] {
  const people = new Map<string, Placed<DeliveryItem>[]>();
  items.forEach((item, index) => {
    const own = people.get(item.event.personHash) ?? [];
    own.push({ index, of: item });
    people.set(item.event.personHash, own);
  });
  return [...people.values()];
}

function inOrder<T>(results: readonly Placed<T>[]): T[] {
  return [...results].sort((a, b) => a.index - b.index).map(({ of }) => of);
}

function whenWritten({ profileWrittenAtMs }: { readonly profileWrittenAtMs?: number }): {
  readonly profileWrittenAtMs?: number;
} {
  return profileWrittenAtMs === undefined ? {} : { profileWrittenAtMs };
}

/** Returns whatever is worth a line in the history; throws when that is nothing, or when somebody else goes on. */
function conclude(
  items: readonly DeliveryItem[],
  verdicts: readonly ItemVerdict[],
  random: number,
): readonly ItemVerdict[] {
  const open = verdicts.map(({ verdict }) => verdict).filter((verdict) => !isSettled(verdict));
  if (open.length > 0) throwIfCancelled();
  const isAdvanced = verdicts.some(
    ({ profileWrittenAtMs }, index) => profileWrittenAtMs !== items[index]?.profileWrittenAtMs,
  );
  // Waits for a profile are the workflow's: it makes them longer each time, where Temporal's retries would not.
  const waitsForProfile = open.some(
    (verdict) => 'reason' in verdict && verdict.reason === 'profile-not-visible',
  );
  const isAchieved = open.length < verdicts.length || isAdvanced || waitsForProfile || items.length === 0;
  if (isAchieved) return verdicts;
  throw nothingAchieved(open, random);
}
