/**
 * Workers killed while opt-outs are under way, each at a moment that a proxy holds. Two stages, each with one kill that
 * hits several things at once, run side by side: what takes time is to notice that a worker has gone.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PollUnsubscribesResult } from '../../workflows/poll-unsubscribes/messages.js';
import type { ReconcileResult } from '../../workflows/reconcile-consent/messages.js';
import { OTHER_TYPE } from '../support/consent-app.js';
import type { GateRequest } from '../support/gate.js';
import {
  addPeople,
  addPerson,
  countStarted,
  decidedOf,
  expectOptedOut,
  optOutByHand,
  setScene,
  startComparison,
  triggerPoll,
  unsubscribeAll,
  workflowIdOf,
  type Scene,
} from './consent-scene.js';

const HOUR_MS = 3_600_000;
/** So many pages of a feed are read before a poll makes durable what they tell. */
const PAGES_TOGETHER = 10;
/** A page of one stage has one person's activities. */
const POLLED = PAGES_TOGETHER + 2;
/** Unsubscribed before a first poll looks back. */
const COMPARED = 3;
const STARTS_TOGETHER = 10;

interface Killed {
  readonly polled: readonly string[];
  readonly compared: readonly string[];
  /** Of those polled, how many had a workflow when the worker was killed. */
  readonly startedAtKill: number;
  readonly poll: PollUnsubscribesResult;
  readonly comparison: ReconcileResult;
}
interface BetweenPages extends Killed {
  readonly later: string;
  readonly nextPoll: PollUnsubscribesResult;
}
interface AmongStarts extends Killed {
  readonly before: string;
  readonly unwritten: string;
  readonly unheard: string;
}

/** The first people of a poll are durable and the page after theirs is on its way; a comparison waits for its file. */
async function killBetweenPages(scene: Scene): Promise<BetweenPages> {
  const { toMarketo, startWorker } = scene;
  const polled = addPeople(scene, 'polled', POLLED);
  const compared = addPeople(scene, 'compared', COMPARED);
  unsubscribeAll(scene, compared, Date.now() - 30 * HOUR_MS);
  unsubscribeAll(scene, polled);
  let pages = 0;
  const held = Promise.all([
    toMarketo.hold('before', ({ url }) => {
      if (url.includes('/leadchanges.json')) pages += 1;
      return pages > PAGES_TOGETHER;
    }),
    toMarketo.hold('after', ({ url }) => url.includes('/file.json')),
  ]);
  const worker = await startWorker();
  const [poll, comparison] = [await triggerPoll(scene), await startComparison(scene)];
  await held;
  await worker.end('SIGKILL');
  const startedAtKill = await countStarted(scene, polled);
  await startWorker();
  const results = { poll: await poll.result(), comparison: await comparison.result() };
  const later = addPerson(scene, 'later');
  unsubscribeAll(scene, [later]);
  const nextPoll = await (await triggerPoll(scene)).result();
  return { polled, compared, startedAtKill, ...results, later, nextPoll };
}

/** Some people of a poll are started; a comparison looks leads up; of two merges one is not written, one not heard of. */
async function killAmongStarts(scene: Scene): Promise<AmongStarts> {
  const { iterable, toIterable, toMarketo, toTemporal, startWorker } = scene;
  const polled = addPeople(scene, 'polled', POLLED);
  const compared = addPeople(scene, 'compared', COMPARED);
  const [leadId] = unsubscribeAll(scene, compared, Date.now() - 30 * HOUR_MS);
  const before = addPerson(scene, 'before');
  const unwritten = addPerson(scene, 'unwritten');
  const unheard = addPerson(scene, 'unheard');
  const worker = await startWorker();
  await optOutByHand(scene, before);
  await expectOptedOut(scene, [before]);

  const isWriteOf =
    (email: string) =>
    ({ url, body }: GateRequest): boolean =>
      url === '/api/users/updateSubscriptions' && body.includes(email);
  const held = Promise.all([
    toIterable.hold('before', isWriteOf(unwritten)),
    toIterable.hold('after', isWriteOf(unheard)),
    toMarketo.hold('after', ({ url }) => url.includes('/leads.json') && url.includes(String(leadId))),
  ]);
  await Promise.all([optOutByHand(scene, unwritten), optOutByHand(scene, unheard)]);
  const comparison = await startComparison(scene);
  await held;
  unsubscribeAll(scene, polled);
  const heldStarts = toTemporal.holdStartsAfter(STARTS_TOGETHER, new Set(polled.map(workflowIdOf)));
  const poll = await triggerPoll(scene);
  await heldStarts;
  await worker.end('SIGKILL');
  const startedAtKill = await countStarted(scene, polled);
  const other = { group: 'messageType', id: OTHER_TYPE.id, policy: 'OptIn' } as const;
  for (const email of [unwritten, unheard]) iterable.changePreference(email, other, 'unsubscribe');
  await startWorker();
  const results = { poll: await poll.result(), comparison: await comparison.result() };
  return { polled, compared, startedAtKill, ...results, before, unwritten, unheard };
}

describe('a worker that is killed', () => {
  let pagesScene: Scene;
  let startsScene: Scene;
  let betweenPages: BetweenPages;
  let amongStarts: AmongStarts;
  beforeAll(async () => {
    [pagesScene, startsScene] = await Promise.all([setScene(2), setScene(300)]);
    [betweenPages, amongStarts] = await Promise.all([
      killBetweenPages(pagesScene),
      killAmongStarts(startsScene),
    ]);
    process.stdout.write(
      `killed: 2 polls, with ${String(betweenPages.startedAtKill)} and ${String(amongStarts.startedAtKill)} of ${String(POLLED)} ` +
        'people started; 2 comparisons; 2 merges, one not written, one not heard of\n',
    );
  }, 180_000);
  afterAll(async () => {
    await Promise.all([pagesScene.close(), startsScene.close()]);
  });

  it('between pages of a poll: the next one goes on from there, and loses nobody', async () => {
    const { polled, startedAtKill, poll } = betweenPages;
    expect(startedAtKill).toBe(PAGES_TOGETHER);
    expect(poll.counts).toMatchObject({ started: POLLED, repeated: 0, leadGone: 0 });
    await expectOptedOut(pagesScene, polled);
  });

  it('between pages of a poll: the poll after it begins where it has ended', async () => {
    const { later, nextPoll } = betweenPages;
    expect(nextPoll.counts).toMatchObject({ started: 1, repeated: 0, late: 0 });
    await expectOptedOut(pagesScene, [later]);
  });

  it('while a poll starts people: the others are started, and nobody is opted out twice', async () => {
    const { polled, startedAtKill, poll } = amongStarts;
    expect(startedAtKill).toBeGreaterThan(0);
    expect(startedAtKill).toBeLessThan(POLLED);
    expect(poll.counts).toMatchObject({ started: POLLED, leadGone: 0 });
    await expectOptedOut(startsScene, polled);
  });

  it.each([
    ['while the file of a comparison comes', () => pagesScene, () => betweenPages],
    ['while a comparison looks leads up', () => startsScene, () => amongStarts],
  ])('%s: it is made again, and misses nobody', async (_when, scene, killed) => {
    const { comparison, compared } = killed();
    expect(comparison).toMatchObject({ outcome: 'done', lostExtracts: 0, counts: { started: COMPARED } });
    await expectOptedOut(scene(), compared);
  });

  it.each([
    ['between the read and the write', () => amongStarts.unwritten],
    ['between the write and its answer', () => amongStarts.unheard],
  ])('%s of a merge: no opt-out is lost, and no preference that has changed since', async (_when, who) => {
    const email = who();
    expect(await decidedOf(startsScene, email)).toMatchObject([{ change: 'opt-out', reason: null }]);
    expect(startsScene.iterable.user(email)).toMatchObject({
      subscribedMessageTypeIds: [],
      unsubscribedMessageTypeIds: [102],
      emailListIds: [301],
    });
    const writes = startsScene.iterable
      .received('/api/users/updateSubscriptions')
      .filter(({ body }) => JSON.stringify(body).includes(email));
    expect(writes).toHaveLength(1);
  });

  it('undoes no opt-out of before', () => expectOptedOut(startsScene, [amongStarts.before]));
});
