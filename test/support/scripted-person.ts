/** One invented person as Iterable, Marketo and the consent log see them, for stories of `personConsent`. */
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandleWithSignaledRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type {
  ConsentItem,
  ConsentSettings,
  ConsentVerdict,
} from '../../activities/iterable/consent-contract.js';
import type { MarketoStanding } from '../../activities/marketo/contract.js';
import type { ConsentRecord, ConsentRequest } from '../../domain/consent.js';
import type { Verdict } from '../../domain/verdict.js';
import { PERSON_CONSENT } from '../../workflows/person-consent/messages.js';
import { consentStart, type PersonConsent } from '../../workflows/person-consent/start.js';
import { TEST_HASHER } from './events.js';
import type { TestActivities } from './recipes-worker.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const SETTINGS: ConsentSettings = {
  settleMs: 60_000,
  lookAgainMs: [HOUR_MS, DAY_MS, 7 * DAY_MS],
  optIns: 'checked',
};

export type Handle = WorkflowHandleWithSignaledRunId<PersonConsent>;

export interface ScriptedPerson {
  readonly email: string;
  readonly personHash: string;
  settings: ConsentSettings;
  /** What Iterable has; undefined: nobody of that address. */
  isSubscribed: boolean | undefined;
  standing: MarketoStanding['standing'];
  /** What happens instead, while it is set. */
  iterable: ((item: ConsentItem, call: number) => Verdict | Promise<Verdict> | undefined) | undefined;
  marketo: (() => MarketoStanding['standing'] | Promise<MarketoStanding['standing']>) | undefined;
  log: (() => void) | undefined;
  readonly calls: (ConsentItem & { readonly atMs: number; readonly verdict: Verdict['kind'] })[];
  readonly records: (ConsentRecord & { readonly loggedAtMs: number })[];
  readonly activities: Pick<
    TestActivities,
    'consentSettings' | 'applyConsent' | 'marketoStanding' | 'appendConsentLog'
  >;
  /** A request of a new reference; opt-outs come from Marketo's webhook. */
  readonly request: (
    change: ConsentRequest['change'],
    sourceAtMs: number,
    more?: Partial<ConsentRequest>,
  ) => ConsentRequest;
  readonly tell: (...requests: readonly [ConsentRequest, ...ConsentRequest[]]) => Promise<Handle>;
}

const people: ScriptedPerson[] = [];
let references = 0;

/** Activities are asked about whoever is there, also by runs of earlier stories. */
function personOf(item: { readonly personHash: string | null }): ScriptedPerson {
  const found = people.find(({ personHash }) => personHash === item.personHash);
  if (found === undefined) throw new Error('a request about nobody of these stories');
  return found;
}

/** Subscribed, and subscribed in Marketo, until the story says otherwise. */
export function scriptedPerson(env: TestWorkflowEnvironment): ScriptedPerson {
  const email = `robin-${String(people.length)}@example.com`;
  const personHash = TEST_HASHER.person(email);
  const person: ScriptedPerson = {
    email,
    personHash,
    settings: SETTINGS,
    isSubscribed: true,
    standing: 'subscribed',
    iterable: undefined,
    marketo: undefined,
    log: undefined,
    calls: [],
    records: [],
    activities: {
      consentSettings: () => Promise.resolve(person.settings),
      applyConsent: async (items) => {
        const atMs = await env.currentTimeMs();
        return Promise.all(items.map((item) => applyTo(personOf(item), item, atMs)));
      },
      marketoStanding: async (items) => {
        return Promise.all(
          items.map(async (item) => {
            const { marketo, standing } = personOf(item);
            return { personHash: item.personHash, standing: (await marketo?.()) ?? standing };
          }),
        );
      },
      appendConsentLog: async (records) => {
        const loggedAtMs = await env.currentTimeMs();
        for (const record of records) {
          const about = personOf(record);
          about.log?.();
          about.records.push({ ...record, loggedAtMs });
        }
      },
    },
    request: (change, sourceAtMs, more = {}) => ({
      reference: `reference-${String((references += 1))}`,
      change,
      source: change === 'opt-out' ? 'marketo-webhook' : 'product-event',
      sourceAtMs,
      receivedAtMs: sourceAtMs,
      email,
      ...more,
    }),
    tell: (...requests) =>
      env.client.workflow.signalWithStart<PersonConsent, [readonly ConsentRequest[]]>(
        PERSON_CONSENT,
        consentStart(requests, personHash, 'test'),
      ),
  };
  people.push(person);
  return person;
}

async function applyTo(person: ScriptedPerson, item: ConsentItem, atMs: number): Promise<ConsentVerdict> {
  const verdict = (await person.iterable?.(item, person.calls.length)) ?? verdictOf(person, item);
  person.calls.push({ ...item, atMs, verdict: verdict.kind });
  return { personHash: item.personHash, verdict, atMs };
}

/** What Iterable's connector does: within the settling time it writes without looking. */
function verdictOf(person: ScriptedPerson, { change, writtenAtMs, verifies }: ConsentItem): Verdict {
  if (person.isSubscribed === undefined) return { kind: 'skipped', reason: 'not-in-iterable' };
  const isWanted = person.isSubscribed === (change === 'opt-in');
  if (change === 'opt-in' && verifies === true && !isWanted)
    return { kind: 'skipped', reason: 'opted-out-since' };
  person.isSubscribed = change === 'opt-in';
  return { kind: isWanted && writtenAtMs === undefined ? 'unchanged' : 'delivered' };
}

/** A failure that Temporal tries again after. */
export function outage(nextRetryDelayMs = 60_000): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'unavailable',
    message: 'none of 1 got through',
    nextRetryDelay: nextRetryDelayMs,
  });
}
