/** What can become of one person's requests. */
import type { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandleWithSignaledRunId } from '@temporalio/client';
import type { ConsentSettings } from '../../activities/iterable/consent-contract.js';
import type { MarketoStanding } from '../../activities/marketo/contract.js';
import type { ConsentChange, ConsentOutcome, ConsentRequest } from '../../domain/consent.js';
import type { Verdict } from '../../domain/verdict.js';
import { consentStateQuery, PERSON_CONSENT } from '../../workflows/person-consent/messages.js';
import { consentStart, type PersonConsent } from '../../workflows/person-consent/start.js';
import { eventually } from '../support/eventually.js';
import { TEST_HASHER } from '../support/events.js';
import { bothRunsOf, DELIVERED, door, failure, INVALID_EMAIL, type Scene, type Story } from './scene.js';

const SETTINGS: ConsentSettings = { settleMs: 50, lookAgainMs: [5_000], optIns: 'checked' };
const UNCHANGED: Verdict = { kind: 'unchanged' };
const ABSENT: Verdict = { kind: 'skipped', reason: 'not-in-iterable' };
const outage = (): ApplicationFailure =>
  failure({ message: 'none of 1 got through', type: 'unavailable', nextRetryDelay: '20 ms' });

/** What each call of `applyConsent` says, then that all is as wanted; Marketo and the log answer at once unless told. */
interface Script {
  readonly iterable?: readonly (Verdict | ApplicationFailure)[];
  readonly marketo?: () => Promise<MarketoStanding['standing']>;
  readonly log?: () => Promise<void>;
  readonly settings?: Partial<ConsentSettings>;
}

type Handle = WorkflowHandleWithSignaledRunId<PersonConsent>;
type Tell = (...changes: readonly [ConsentChange, ...ConsentChange[]]) => Promise<Handle>;

let people = 0;
/** A new person. Each request is a minute newer than the one before it. */
function person({ env, recipes }: Scene, { iterable = [], marketo, log, settings }: Script): Tell {
  const email = `consenting-${String((people += 1))}@example.com`;
  const personHash = TEST_HASHER.person(email);
  let calls = 0;
  recipes.use({
    consentSettings: () => Promise.resolve({ ...SETTINGS, ...settings }),
    applyConsent: async () => {
      const said = iterable[calls] ?? UNCHANGED;
      calls += 1;
      if (!('kind' in said)) throw said;
      return [{ personHash, verdict: said, atMs: await env.currentTimeMs() }];
    },
    marketoStanding: async () => [{ personHash, standing: await (marketo?.() ?? 'subscribed') }],
    appendConsentLog: () => log?.() ?? Promise.resolve(),
  });
  let told = 0;
  return async (...changes) => {
    const nowMs = await env.currentTimeMs();
    const [first, ...others] = changes.map((change): ConsentRequest => {
      told += 1;
      return {
        reference: `story-${String(people)}-${String(told)}`,
        change,
        source: change === 'opt-out' ? 'marketo-webhook' : 'product-event',
        sourceAtMs: nowMs + (told - 10) * 60_000,
        receivedAtMs: nowMs,
        email,
      };
    });
    if (first === undefined) throw new Error('a story tells something');
    return env.client.workflow.signalWithStart<PersonConsent, [readonly ConsentRequest[]]>(
      PERSON_CONSENT,
      consentStart([first, ...others], personHash, 'test'),
    );
  };
}

/** Until these are the outcomes, and all of them are logged. */
async function decided(handle: Handle, ...outcomes: readonly ConsentOutcome[]): Promise<Handle> {
  await eventually(async () => {
    const { recent, pending, unlogged } = await handle.query(consentStateQuery);
    const isThere = recent.map(({ outcome }) => outcome).join() === outcomes.join();
    if (!isThere || pending.length + unlogged > 0) throw new Error(`not yet ${outcomes.join(', ')}`);
  });
  return handle;
}

const WRITTEN = ['TIMER_FIRED', 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES'] as const;

export const personConsentStories: Readonly<Record<string, Story>> = {
  'opted-out': {
    shows: WRITTEN,
    tell: async (scene) => decided(await person(scene, { iterable: [DELIVERED] })('opt-out'), 'opted-out'),
  },
  'opted-out-after-an-outage-that-did-not-hold-at-first': {
    shows: WRITTEN,
    tell: async (scene) =>
      decided(await person(scene, { iterable: [outage(), DELIVERED, DELIVERED] })('opt-out'), 'opted-out'),
  },
  'not-there-then-applied-late': {
    shows: WRITTEN,
    tell: async (scene) =>
      decided(
        await person(scene, { iterable: [ABSENT, ABSENT, DELIVERED] })('opt-out'),
        'not-in-iterable',
        'applied-late',
      ),
  },
  'invalid-address': {
    shows: ['UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', 'ACTIVITY_TASK_COMPLETED'],
    tell: async (scene) =>
      decided(await person(scene, { iterable: [INVALID_EMAIL] })('opt-out'), 'invalid-email'),
  },
  'opted-in-then-an-older-opt-out': {
    shows: WRITTEN,
    tell: async (scene) => {
      const tell = person(scene, { iterable: [DELIVERED] });
      await decided(await tell('opt-in'), 'opted-in');
      return decided(await tell('opt-out', 'opt-in'), 'opted-in', 'already-opted-out', 'already-opted-in');
    },
  },
  'opt-in-vetoed-by-marketo': {
    shows: ['UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', 'ACTIVITY_TASK_COMPLETED'],
    tell: async (scene) =>
      decided(await person(scene, { marketo: () => Promise.resolve('unsubscribed') })('opt-in'), 'ignored'),
  },
  'opt-out-overtakes-an-opt-in-that-waits': {
    shows: ['ACTIVITY_TASK_CANCEL_REQUESTED', 'TIMER_FIRED'],
    tell: async (scene) => {
      const [asked, answer] = [door(), door()];
      const tell = person(scene, {
        iterable: [DELIVERED],
        marketo: async () => {
          asked.open();
          await answer.opened;
          return 'subscribed';
        },
      });
      await tell('opt-in');
      await asked.opened;
      const handle = await decided(await tell('opt-out'), 'ignored', 'opted-out');
      answer.open();
      return handle;
    },
  },
  'log-down-for-a-while': {
    shows: WRITTEN,
    tell: async (scene) => {
      let downs = 3;
      const log = (): Promise<void> => ((downs -= 1) < 0 ? Promise.resolve() : Promise.reject(outage()));
      return decided(await person(scene, { iterable: [DELIVERED], log })('opt-out'), 'opted-out');
    },
  },
  cancelled: {
    shows: ['WORKFLOW_EXECUTION_CANCEL_REQUESTED', 'TIMER_CANCELED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      const handle = await person(scene, {
        iterable: [ABSENT],
        settings: { settleMs: 3_600_000 },
      })('opt-out');
      await eventually(async () => {
        const { pending } = await handle.query(consentStateQuery);
        if (pending[0]?.status !== 'watching') throw new Error('not yet looked up');
      });
      await handle.cancel();
      await handle.result();
      return handle;
    },
  },
  'nobody-heard-of-for-days': {
    on: 'time-skipping',
    shows: ['TIMER_FIRED', 'WORKFLOW_EXECUTION_COMPLETED'],
    tell: async (scene) => {
      const handle = await person(scene, { iterable: [DELIVERED] })('opt-out');
      await handle.result();
      return handle;
    },
  },
  ...bothRunsOf(async (scene) => {
    const handle = await decided(await person(scene, { iterable: [DELIVERED] })('opt-out'), 'opted-out');
    const { workflowId, signaledRunId } = handle;
    await handle.cancel();
    await scene.env.client.workflow.getHandle(workflowId).result();
    return { workflowId, firstExecutionRunId: signaledRunId };
  }),
};
