/** The tour's second part: people unsubscribe in Marketo on good and bad days, and what Iterable makes of it. */
import type { ConsentReport } from '../../activities/warehouse/contract.js';
import type { ConsentOutcome } from '../../domain/consent.js';
import { MESSAGE_TYPES } from '../../recipes/subscriptions.js';
import { DEFAULT_SETTINGS } from '../../sandbox/iterable/index.js';
import { consentStateQuery, personConsentId } from '../../workflows/person-consent/messages.js';
import { askWarehouse } from '../recipes/ask-warehouse.js';
import { connectGateway } from '../recipes/gateway-client.js';
import type { Section } from './report.js';
import type { Stage } from './stage.js';
import { until } from './until.js';

const BY_WEBHOOK = 20;
/** The type that all marketing mail of the tour has. */
const TYPE_ID =
  DEFAULT_SETTINGS.messageTypes.find(({ name }) => name === MESSAGE_TYPES.gitlabMarketing.name)?.id ?? 0;

/** Somebody of the tour, a lead in Marketo. */
interface Person {
  readonly email: string;
  readonly leadId: number;
}

/** Whom the tour is about, by what happens to them. */
interface Cast {
  readonly pushed: readonly Person[];
  readonly unheard: Person;
  readonly early: Person;
  readonly torn: Person;
  readonly willing: Person;
}

export async function playOptOuts(stage: Stage, say: (line: string) => void): Promise<Section> {
  const sinceMs = Date.now();
  const cast = await play(stage, say);
  const { pushed, unheard, early, torn, willing } = cast;
  const leaving = [...pushed, unheard, early, torn];
  await until(() => hasOutcome(stage, willing, 'opted-in'));
  await until(() => hasOutcome(stage, torn, 'ignored'));
  await until(() => Promise.resolve(isOut(stage, early)));
  const report = (): Promise<ConsentReport> =>
    askWarehouse(stage.client, { question: 'consentReport', about: { sinceMs, untilMs: Date.now() } });
  // Whoever appeared later is no measure of how long it takes.
  await until(async () => (await report()).activityToVerified.count >= leaving.length - 1);
  const { missedByPush, activityToVerified: latency } = await report();
  const one = async (who: Person, outcome: ConsentOutcome): Promise<number> =>
    Number(await hasOutcome(stage, who, outcome));
  return {
    title: 'opt-outs',
    counts: [
      {
        what: 'unsubscribed in Marketo, opted out in Iterable',
        expected: leaving.length,
        counted: leaving.filter((each) => isOut(stage, each)).length,
      },
      { what: 'of these missed by push, found by the poll', expected: 1, counted: missedByPush },
      { what: 'unknown to Iterable at first', expected: 1, counted: await one(early, 'not-in-iterable') },
      { what: 'opt-ins stopped by an unsubscribe', expected: 1, counted: await one(torn, 'ignored') },
      { what: 'opted in by a product event', expected: 1, counted: await one(willing, 'opted-in') },
      { what: 'writes to any other subscription', expected: 0, counted: strayWrites(stage) },
    ],
    notes: [
      `from the unsubscribe to its verification in Iterable: half within ${seconds(latency.p50Ms)}, all within ` +
        `${seconds(latency.maxMs)}, of which ${String(stage.settleSeconds)} s are the settling time`,
    ],
  };
}

/** Everything that happens, in the order in which it does. */
async function play(stage: Stage, say: (line: string) => void): Promise<Cast> {
  const { marketo, iterable } = stage;
  const person = (name: string): Person => {
    const email = `${name}@example.com`;
    return { email, leadId: marketo.addLead({ email }) };
  };
  const reader = (name: string): Person => {
    const one = person(name);
    iterable.addUser(one.email, { subscribedMessageTypeIds: [TYPE_ID] });
    return one;
  };

  say(`${String(BY_WEBHOOK)} people unsubscribe in Marketo, which calls the webhook ...`);
  const pushed = Array.from({ length: BY_WEBHOOK }, (_, n) => reader(`leaving-${String(n)}`));
  for (const { leadId } of pushed) marketo.unsubscribe(leadId, 'link');
  await marketo.settled();

  say('one more, whose webhook is lost on the way; the next poll has to find it ...');
  const unheard = reader('lost-webhook');
  stage.loseWebhooks(true);
  marketo.unsubscribe(unheard.leadId, 'crm');
  await marketo.settled();
  stage.loseWebhooks(false);
  await stage.poll();
  await until(() => hasOutcome(stage, unheard, 'opted-out'));

  say('one whom Iterable does not know yet ...');
  const early = person('not-yet-there');
  marketo.unsubscribe(early.leadId, 'form');
  await until(() => hasOutcome(stage, early, 'not-in-iterable'));
  iterable.addUser(early.email, { subscribedMessageTypeIds: [TYPE_ID] });

  say('one who unsubscribes while a form of theirs says opt_in, and one who only opts in ...');
  const torn = reader('of-two-minds');
  const willing = person('willing');
  marketo.unsubscribe(torn.leadId, 'link');
  const gateway = await connectGateway(stage.gateway);
  await gateway.post('v1/product-events', { json: [torn, willing].map(optIn) });
  return { pushed, unheard, early, torn, willing };
}

const seconds = (ms: number | null): string => `${((ms ?? 0) / 1000).toFixed(1)} s`;

const isOut = ({ iterable }: Stage, { email }: Person): boolean =>
  iterable.mailable(email, TYPE_ID) === false;

function optIn({ email, leadId }: Person): object {
  return { work_email: email, uid: 900_000 + leadId, product_interaction: 'SaaS Trial', opt_in: true };
}

async function hasOutcome(stage: Stage, who: Person, outcome: ConsentOutcome): Promise<boolean> {
  return (await outcomesOf(stage, who)).includes(outcome);
}

/** Empty where the workflow is not there yet. */
async function outcomesOf({ client, hasher }: Stage, { email }: Person): Promise<ConsentOutcome[]> {
  const run = client.workflow.getHandle(personConsentId(hasher.person(email)));
  const state = await run.query(consentStateQuery).catch(() => undefined);
  return state?.recent.map(({ outcome }) => outcome) ?? [];
}

function strayWrites({ iterable }: Stage): number {
  return iterable
    .received()
    .filter(({ route = '', path }) =>
      route.startsWith('/api/subscriptions/')
        ? !path.startsWith(`/api/subscriptions/messageType/${String(TYPE_ID)}/`)
        : route.endsWith('ubscriptions'),
    ).length;
}
