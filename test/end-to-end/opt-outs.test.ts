/**
 * The opt-out as one whole: people unsubscribe in Marketo in every way there is, while webhooks get lost, repeated and
 * reordered; gateway, poll, comparisons and the workflows of the people stand between that and Iterable.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConsentRecord } from '../../domain/consent.js';
import type { SandboxUser } from '../../sandbox/iterable/index.js';
import type { WebhookTarget } from '../../sandbox/marketo/index.js';
import { consentStateQuery, personConsentId } from '../../workflows/person-consent/messages.js';
import {
  POLL_UNSUBSCRIBES,
  type PollUnsubscribesInput,
  type PollUnsubscribesResult,
} from '../../workflows/poll-unsubscribes/messages.js';
import { NO_COUNTS } from '../../workflows/reconcile-consent/jobs.js';
import {
  RECONCILE_CONSENT,
  type ReconcileInput,
  type ReconcileResult,
} from '../../workflows/reconcile-consent/messages.js';
import { MARKETING, OTHER_TYPE, startConsentApp, type ConsentApp } from '../support/consent-app.js';
import { eventually } from '../support/eventually.js';
import { expectValidRequest } from '../support/iterable-contract.js';
import { expectValidMarketoRequest } from '../support/marketo-contract.js';
import {
  addPeople,
  stranger,
  type FoundBy,
  type UnsubscribingPerson,
} from '../support/unsubscribing-people.js';

type Way = Omit<WebhookTarget, 'url' | 'token'>;
const ALL_LOST: Way = { encoding: 'json', faults: { seed: 1, lossRate: 1 } };
const NONE_LOST: Way = { encoding: 'json' };
/** How Marketo is set up, and what happens to its calls. */
const WAYS: Readonly<Record<string, Way>> = {
  'no webhook lost': NONE_LOST,
  'half of the webhooks lost': { encoding: 'form', faults: { seed: 5, lossRate: 0.5 } },
  'all webhooks lost': ALL_LOST,
  'webhooks repeated and reordered': { encoding: 'none', faults: { seed: 1, repeatRate: 1, reorder: true } },
};
/** Without the targeted API it is the write that differs: some of the ways are enough. */
const ROUNDS: Readonly<Record<string, readonly string[]>> = {
  'targeted API': Object.keys(WAYS),
  'no targeted API': ['half of the webhooks lost', 'webhooks repeated and reordered'],
};
const DAY_MS = 86_400_000;

/** Source of a record that has to be there. What was pushed is polled all the same. */
const FINDERS: Readonly<Record<FoundBy, ConsentRecord['source']>> = {
  push: 'marketo-poll',
  poll: 'marketo-poll',
  'daily comparison': 'marketo-reconcile',
  'weekly comparison': 'marketo-reconcile',
};

interface Round {
  /** By the way of their webhooks. */
  readonly people: ReadonlyMap<string, readonly UnsubscribingPerson[]>;
  readonly strangers: readonly UnsubscribingPerson[];
  readonly poll: PollUnsubscribesResult;
  readonly daily: ReconcileResult;
  readonly weekly: ReconcileResult;
  /** By address. */
  readonly records: ReadonlyMap<string, readonly ConsentRecord[]>;
}

describe('opt-outs, end to end', () => {
  let app: ConsentApp;
  const bystanders: SandboxUser[] = [];
  const rounds = new Map<string, Round>();

  beforeAll(async () => {
    app = await startConsentApp();
    const { iterable } = app;
    for (const [index, subscribedMessageTypeIds] of [[MARKETING], [OTHER_TYPE.id, MARKETING], []].entries()) {
      const subscriptions = { subscribedMessageTypeIds, unsubscribedMessageTypeIds: [102] };
      iterable.addUser(`bystander-${String(index)}@example.com`, subscriptions);
    }
    bystanders.push(...iterable.users());
    let poll: PollUnsubscribesResult | undefined;
    for (const [name, ways] of Object.entries(ROUNDS)) {
      iterable.configure({ targetedSubscriptions: name === 'targeted API' });
      const round = await play(String(rounds.size), ways, poll);
      rounds.set(name, round);
      poll = round.poll;
    }
  }, 120_000);
  afterAll(() => app.close());

  /** All ways at once, so that they share polls, comparisons and waits. */
  async function play(
    name: string,
    ways: readonly string[],
    before: PollUnsubscribesResult | undefined,
  ): Promise<Round> {
    const people = new Map<string, readonly UnsubscribingPerson[]>();
    for (const [turn, way] of ways.entries()) {
      const those = addPeople(app.iterable, `${name}-${String(turn)}`, turn);
      people.set(way, those);
      await unsubscribe(those, WAYS[way]);
    }
    const strangers = [stranger(`pushed-${name}`), stranger(`polled-${name}`)];
    await unsubscribe(strangers.slice(0, 1), NONE_LOST);
    await unsubscribe(strangers.slice(1), ALL_LOST);

    const poll = await pollOnce(name, before);
    const everybody = [...people.values()].flat();
    await areOut(everybody.filter(({ foundBy }) => foundBy === 'push' || foundBy === 'poll'));
    const [daily, weekly] = await Promise.all([
      compare({ scope: 'recent', environment: 'test' }, name),
      compare(leadsOfTheMonth(), name),
    ]);
    await areOut(everybody);
    return { people, strangers, poll, daily, weekly, records: await recordsOf([...everybody, ...strangers]) };
  }

  /** First those whom no webhook tells of: what happened before this system has no calls. */
  async function unsubscribe(people: readonly UnsubscribingPerson[], way = NONE_LOST): Promise<void> {
    const { marketo, webhook } = app;
    marketo.sendsWebhooksTo(undefined);
    for (const each of people) if (each.foundBy !== 'push') each.unsubscribe(marketo);
    marketo.sendsWebhooksTo({ ...webhook, ...way });
    for (const each of people) if (each.foundBy === 'push') each.unsubscribe(marketo);
    await marketo.settled();
  }

  /** Goes on where the run before has ended, as the schedule's runs do. */
  function pollOnce(
    name: string,
    resumed: PollUnsubscribesResult | undefined,
  ): Promise<PollUnsubscribesResult> {
    const input = { environment: 'test', ...(resumed === undefined ? {} : { resumed }) };
    return app.env.client.workflow.execute<(input: PollUnsubscribesInput) => Promise<PollUnsubscribesResult>>(
      POLL_UNSUBSCRIBES,
      { taskQueue: 'recipes', workflowId: `${POLL_UNSUBSCRIBES}/${name}`, args: [input] },
    );
  }

  function compare(input: ReconcileInput, name: string): Promise<ReconcileResult> {
    return app.env.client.workflow.execute<(input: ReconcileInput) => Promise<ReconcileResult>>(
      RECONCILE_CONSENT,
      { taskQueue: 'recipes', workflowId: `${RECONCILE_CONSENT}/${input.scope}-${name}`, args: [input] },
    );
  }

  /** The last extract of a comparison of all leads, which makes one for each month, as if the others were done. */
  function leadsOfTheMonth(): ReconcileInput {
    const toMs = Math.ceil(Date.now() / 1000) * 1000;
    const job = { kind: 'leads', fromMs: toMs - 30 * DAY_MS, toMs } as const;
    const resumed = { jobs: [{ job, status: 'open' }], counts: NO_COUNTS, leads: [], sample: [] } as const;
    return { scope: 'all', environment: 'test', resumed };
  }

  function areOut(people: readonly UnsubscribingPerson[]): Promise<void> {
    const isOut = ({ email }: UnsubscribingPerson): boolean =>
      app.iterable.user(email)?.subscribedMessageTypeIds.includes(MARKETING) === false;
    return eventually(() => {
      expect(people.every(isOut)).toBe(true);
    });
  }

  /** When all is decided and in the consent log; strangers are looked up again for days. */
  async function recordsOf(people: readonly UnsubscribingPerson[]): Promise<Round['records']> {
    const records = new Map<string, readonly ConsentRecord[]>();
    for (const { email } of people) {
      const run = app.env.client.workflow.getHandle(personConsentId(app.hasher.person(email)));
      await eventually(async () => {
        const { pending, recent, unlogged } = await run.query(consentStateQuery);
        expect(pending.filter(({ status }) => status !== 'watching')).toEqual([]);
        expect([recent.length > 0, unlogged]).toEqual([true, 0]);
        records.set(email, recent);
      });
    }
    return records;
  }

  const roundOf = (name: string): Round => {
    const round = rounds.get(name);
    if (round === undefined) throw new Error(`${name} was not played`);
    return round;
  };
  const everyWay = Object.entries(ROUNDS).flatMap(([name, ways]) => ways.map((way) => [way, name] as const));
  const everybody = (): UnsubscribingPerson[] =>
    [...rounds.values()].flatMap(({ people }) => [...people.values()].flat());
  const withoutMarketing = (before: SandboxUser | undefined): number[] | undefined =>
    before?.subscribedMessageTypeIds.filter((id) => id !== MARKETING);

  it.each(everyWay)(
    '%s, %s: everybody is opted out of GitLab Marketing, and of nothing else',
    (way, name) => {
      const people = roundOf(name).people.get(way) ?? [];
      expect(people.length).toBeGreaterThan(0);
      for (const { email, before } of people) {
        expect(app.iterable.mailable(email, MARKETING)).toBe(false);
        const wanted = { ...before, writes: 0, subscribedMessageTypeIds: withoutMarketing(before) };
        expect({ ...app.iterable.user(email), writes: 0 }).toEqual(wanted);
      }
    },
  );

  it.each(everyWay)('%s, %s: each opt-out is recorded as verified, by whoever could find it', (way, name) => {
    const { people, records } = roundOf(name);
    for (const { email, foundBy, before } of people.get(way) ?? []) {
      const own = records.get(email) ?? [];
      const sources = new Set(own.map(({ source }) => source));
      const calls = app.marketo.webhookCalls().filter((call) => call.email?.toLowerCase() === email);
      const wasPushed = calls.some(({ outcome }) => outcome === 'accepted');
      expect(calls.every(({ outcome }) => outcome === 'accepted' || outcome === 'lost')).toBe(true);
      expect({ email, isPushed: sources.has('marketo-webhook') }).toEqual({ email, isPushed: wasPushed });
      expect([...sources]).toContain(FINDERS[foundBy]);
      const wasIn = before?.subscribedMessageTypeIds.includes(MARKETING) === true;
      const outcomes = new Set(own.map(({ outcome }) => outcome));
      expect({ email, isWritten: outcomes.has('opted-out') }).toEqual({ email, isWritten: wasIn });
      outcomes.delete('opted-out');
      outcomes.delete('already-opted-out');
      expect([...outcomes]).toEqual([]);
      expect(own.every(({ verifiedAtMs }) => verifiedAtMs !== null)).toBe(true);
    }
  });

  it.each(Object.keys(ROUNDS))('%s: comparisons find whom push and poll cannot know', (name) => {
    const { people, daily, weekly } = roundOf(name);
    expect(daily).toMatchObject({
      outcome: 'done',
      counts: { started: people.size, leadGone: 0, drifted: 0 },
    });
    expect(weekly).toMatchObject({ outcome: 'done', counts: { leadGone: 0, drifted: 0 } });
    // Those of the daily one are flagged leads as well: both may start them, whichever comes first.
    expect(weekly.counts.started).toBeGreaterThanOrEqual(people.size);
    expect(weekly.counts.started).toBeLessThanOrEqual(2 * people.size);
  });

  it('nobody is created, and nobody else is touched', () => {
    const { iterable } = app;
    const those = [...bystanders, ...everybody()].map(({ email }) => email);
    expect(iterable.users().map(({ email }) => email)).toEqual(expect.arrayContaining(those));
    expect(iterable.userCount()).toBe(those.length);
    expect(bystanders.map(({ email }) => iterable.user(email))).toEqual(bystanders);
    for (const { strangers, records } of rounds.values())
      for (const { email } of strangers)
        expect(records.get(email)?.map(({ outcome }) => outcome)).toContain('not-in-iterable');
  });

  it('no request writes anything but the end of GitLab Marketing', () => {
    const requests = app.iterable.received();
    requests.forEach(expectValidRequest);
    const writes = requests.filter(({ method }) => method !== 'GET');
    const targeted = writes.filter(({ method }) => method === 'DELETE');
    const merged = writes.filter(({ route }) => route === '/api/users/updateSubscriptions');
    expect(targeted.length).toBeGreaterThan(0);
    expect(merged.length).toBeGreaterThan(0);
    expect(targeted.length + merged.length).toBe(writes.length);
    const ofMarketing = `/api/subscriptions/messageType/${String(MARKETING)}/user/`;
    expect(targeted.filter(({ path }) => !path.startsWith(ofMarketing))).toEqual([]);
    const merges = everybody().map(({ email, before }) => ({
      email,
      subscribedMessageTypeIds: withoutMarketing(before),
      validateChannelAlignment: false,
    }));
    for (const { body } of merged) expect(merges).toContainEqual(body);
  });

  it('Marketo is asked only what it documents', () => {
    app.marketo
      .received()
      .filter(({ path }) => !path.startsWith('/identity'))
      .forEach(expectValidMarketoRequest);
  });
});
