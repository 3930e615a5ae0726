/** One seed: one person, to whom many things happen at once; and what is wrong when all of it has settled. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import got from 'got';
import type { ConsentRecord, ConsentRequest } from '../../../domain/consent.js';
import type { Hasher } from '../../../domain/hasher.js';
import type { SandboxIterable } from '../../../sandbox/iterable/index.js';
import { consentStateQuery, PERSON_CONSENT } from '../../../workflows/person-consent/messages.js';
import { consentStart, type PersonConsent } from '../../../workflows/person-consent/start.js';
import { MARKETING, OTHERS, type Change } from './changes.js';

export interface RaceWorld {
  readonly client: Client;
  readonly iterable: SandboxIterable;
  readonly hasher: Hasher;
  /** What Marketo says of each person, by hash: the last decision that has happened. */
  readonly inMarketo: Map<string, 'unsubscribed' | 'subscribed'>;
  readonly records: Map<string, ConsentRecord[]>;
}

export interface Finding {
  /** GitLab Marketing is not where the last decision by source time put it. */
  readonly isWrong: boolean;
  /** Opt-ins written after an opt-out that is newer by source time. */
  readonly undone: number;
  /** Changes of somebody else's that are gone. */
  readonly lost: number;
  /** Decisions that were written. */
  readonly optOuts: number;
  readonly optIns: number;
  /** Opt-outs that came after a newer opt-in had been applied, and were ignored. */
  readonly contested: number;
}

const PATIENCE_MS = 300_000;
/** Longer than Iterable takes to show a change. */
const POLL_MS = 1_000;

export async function raceOne(seed: number, changes: readonly Change[], world: RaceWorld): Promise<Finding> {
  const email = `race-${String(seed)}@example.com`;
  const personHash = world.hasher.person(email);
  world.inMarketo.set(personHash, 'subscribed');
  world.iterable.addUser(email, { subscribedMessageTypeIds: [MARKETING], emailListIds: [301] });
  const heard: Promise<unknown>[] = [];
  const startMs = Date.now();
  let lastMs = startMs;
  for (const [index, change] of changes.entries()) {
    await delay(Math.max(0, startMs + change.atMs - Date.now()));
    lastMs = Math.max(lastMs + 1, Date.now()); // no two at the same moment, so that one is the last
    const sourceAtMs = lastMs;
    heard.push(
      happen({ change, email, personHash, reference: `${String(seed)}-${String(index)}`, sourceAtMs }, world),
    );
  }
  await Promise.all(heard);
  if (changes.some(isDecision)) await settled(personHash, world);
  await delay(POLL_MS); // the last outside change can be read
  return findingOf(changes, email, personHash, world);
}

interface Happening {
  readonly change: Change;
  readonly email: string;
  readonly personHash: string;
  readonly reference: string;
  readonly sourceAtMs: number;
}

async function happen(
  { change, email, personHash, reference, sourceAtMs }: Happening,
  world: RaceWorld,
): Promise<void> {
  const { iterable, inMarketo, client } = world;
  if (change.kind === 'preference') {
    iterable.changePreference(email, change.target, change.action);
    return;
  }
  if (change.kind === 'profile') {
    const json = { email, dataFields: { [`change${String(change.value)}`]: change.value } };
    await got.post(`${iterable.url}/api/users/update`, { json, headers: { 'api-key': iterable.apiKey } });
    return;
  }
  inMarketo.set(personHash, change.kind === 'opt-out' ? 'unsubscribed' : 'subscribed');
  const request: ConsentRequest = {
    reference,
    change: change.kind,
    source: change.kind === 'opt-out' ? 'marketo-webhook' : 'product-event',
    sourceAtMs,
    receivedAtMs: sourceAtMs,
    email,
  };
  await delay(change.heardAfterMs);
  await client.workflow.signalWithStart<PersonConsent, [readonly ConsentRequest[]]>(
    PERSON_CONSENT,
    consentStart([request], personHash, 'race'),
  );
}

/** Until nothing of the person is pending; then the run, which would stay for days, is ended. */
async function settled(personHash: string, { client }: RaceWorld): Promise<void> {
  const handle = client.workflow.getHandle(`personConsent/${personHash}`);
  const deadlineMs = Date.now() + PATIENCE_MS;
  for (;;) {
    await delay(POLL_MS);
    const { pending, unlogged } = await handle.query(consentStateQuery);
    if (pending.length === 0 && unlogged === 0) break;
    if (Date.now() > deadlineMs)
      throw new Error(`${String(pending.length)} of a person’s requests do not settle`);
  }
  await handle.terminate('the race is over');
}

type Decision = Extract<Change, { kind: 'opt-out' | 'opt-in' }>;
const isDecision = (change: Change): change is Decision =>
  change.kind === 'opt-out' || change.kind === 'opt-in';

function findingOf(changes: readonly Change[], email: string, personHash: string, world: RaceWorld): Finding {
  const { iterable } = world;
  const records = world.records.get(personHash) ?? [];
  const writtenFor = (change: Decision['kind']): number =>
    records.filter((each) => each.change === change && each.acknowledgedAtMs !== null).length;
  const user = iterable.user(email);
  const isSubscribed = user?.subscribedMessageTypeIds.includes(MARKETING);
  const last = changes.findLast(isDecision);
  return {
    isWrong: isSubscribed !== (last?.kind !== 'opt-out'),
    undone: undoneIn(records),
    lost: lostOf(changes, user),
    optOuts: writtenFor('opt-out'),
    optIns: writtenFor('opt-in'),
    contested: records.filter(({ reason }) => reason === 'newer-opt-in').length,
  };
}

function undoneIn(records: readonly ConsentRecord[]): number {
  const written = records.filter(({ acknowledgedAtMs }) => acknowledgedAtMs !== null);
  const optOuts = written.filter(({ change }) => change === 'opt-out');
  return written.filter(
    (optIn) =>
      optIn.change === 'opt-in' &&
      optOuts.some(
        (optOut) =>
          (optOut.acknowledgedAtMs ?? 0) < (optIn.acknowledgedAtMs ?? 0) &&
          optOut.activityAtMs >= optIn.activityAtMs,
      ),
  ).length;
}

function lostOf(changes: readonly Change[], user: ReturnType<SandboxIterable['user']>): number {
  const memberships = OTHERS.filter((target) => {
    const last = changes.findLast((change) => change.kind === 'preference' && change.target === target);
    if (last?.kind !== 'preference' || user === undefined) return false;
    const { group, id } = target;
    const isIn = {
      messageType:
        target.group === 'messageType' && target.policy === 'OptIn'
          ? user.subscribedMessageTypeIds.includes(id)
          : !user.unsubscribedMessageTypeIds.includes(id),
      emailList: user.emailListIds.includes(id),
      messageChannel: !user.unsubscribedChannelIds.includes(id),
    }[group];
    return isIn !== (last.action === 'subscribe');
  });
  const fields = changes.filter(
    (change) =>
      change.kind === 'profile' && user?.dataFields[`change${String(change.value)}`] !== change.value,
  );
  return memberships.length + fields.length;
}
