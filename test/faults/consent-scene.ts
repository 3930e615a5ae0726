/** Real processes between sandboxes, with a proxy in front of each system that holds them at a chosen moment. */
import { expect } from '@jest/globals';
import { Client, Connection, ScheduleOverlapPolicy, type WorkflowHandle } from '@temporalio/client';
import { createHasher } from '../../domain/person-hash.js';
import {
  DEFAULT_SETTINGS,
  startSandboxIterable,
  type SandboxIterable,
} from '../../sandbox/iterable/index.js';
import { startSandboxMarketo, type SandboxMarketo } from '../../sandbox/marketo/index.js';
import type { StartedProcess } from '../../scripts/processes.js';
import { SCHEDULE_PREFIX } from '../../workers/schedules/wanted.js';
import {
  consentStateQuery,
  PERSON_CONSENT,
  personConsentId,
  type ConsentState,
} from '../../workflows/person-consent/messages.js';
import { consentStart } from '../../workflows/person-consent/start.js';
import type { PollUnsubscribesResult } from '../../workflows/poll-unsubscribes/messages.js';
import { RECONCILE_CONSENT, type ReconcileResult } from '../../workflows/reconcile-consent/messages.js';
import { consentSettings, MARKETING, OTHER_TYPE } from '../support/consent-app.js';
import { testConverter } from '../support/converter.js';
import { eventually } from '../support/eventually.js';
import { startGate, type Gate } from '../support/gate.js';
import { PERSON_HASH_KEY, startTestStage } from '../support/stage.js';
import { startTemporalGate, type TemporalGate } from '../support/temporal-gate.js';

const hasher = createHasher(PERSON_HASH_KEY);

export interface Scene {
  readonly iterable: SandboxIterable;
  readonly marketo: SandboxMarketo;
  readonly toIterable: Gate;
  readonly toMarketo: Gate;
  readonly toTemporal: TemporalGate;
  readonly client: Client;
  readonly startWorker: () => Promise<StartedProcess>;
  readonly close: () => Promise<void>;
}

/** @param scannedPerCall activities on a page of Marketo's feeds */
export async function setScene(scannedPerCall: number): Promise<Scene> {
  const iterable = await startSandboxIterable({
    targetedSubscriptions: false,
    messageTypes: [...DEFAULT_SETTINGS.messageTypes, OTHER_TYPE],
  });
  const marketo = await startSandboxMarketo({ exportStepMs: 0, scannedPerCall });
  const [toIterable, toMarketo] = await Promise.all([startGate(iterable.url), startGate(marketo.url)]);
  const stage = await startTestStage({ url: toIterable.url, apiKey: iterable.apiKey });
  const toTemporal = await startTemporalGate(stage.temporal.address);
  const connection = await Connection.connect({ address: stage.temporal.address });
  const settings = {
    ...consentSettings({ ...marketo, url: toMarketo.url }),
    TEMPORAL_ADDRESS: toTemporal.address,
    MARKETO_POLL_SECONDS: '3600',
  };
  return {
    ...{ iterable, marketo, toIterable, toMarketo, toTemporal },
    client: new Client({ connection, dataConverter: testConverter }),
    startWorker: () => stage.start('worker', settings),
    close: async () => {
      await connection.close();
      await stage.close();
      await Promise.all([toTemporal.close(), toIterable.close(), toMarketo.close()]);
      await Promise.all([iterable.close(), marketo.close()]);
    },
  };
}

/** Somebody with another opt-in, an opt-out and a list to lose. @returns the address */
export function addPerson({ iterable }: Scene, name: string): string {
  const email = `${name}@example.com`;
  iterable.addUser(email, {
    subscribedMessageTypeIds: [OTHER_TYPE.id, MARKETING],
    unsubscribedMessageTypeIds: [102],
    emailListIds: [301],
  });
  return email;
}

export function addPeople(scene: Scene, name: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => addPerson(scene, `${name}-${String(n)}`));
}

/** Two activities each: made, and unsubscribed. @returns the ids of the leads */
export function unsubscribeAll({ marketo }: Scene, emails: readonly string[], atMs = Date.now()): number[] {
  return emails.map((email) => {
    const leadId = marketo.addLead({ email, createdAtMs: atMs });
    marketo.unsubscribe(leadId, 'crm', { atMs });
    return leadId;
  });
}

export const workflowIdOf = (email: string): string => personConsentId(hasher.person(email));

export async function optOutByHand({ client }: Scene, email: string): Promise<void> {
  const sourceAtMs = Date.now();
  const request = { reference: `operator-${email}`, change: 'opt-out', source: 'operator' } as const;
  await client.workflow.signalWithStart(
    PERSON_CONSENT,
    consentStart([{ ...request, sourceAtMs, receivedAtMs: sourceAtMs, email }], hasher.person(email), 'test'),
  );
}

export type Poll = WorkflowHandle<() => Promise<PollUnsubscribesResult>>;
export type Comparison = WorkflowHandle<() => Promise<ReconcileResult>>;

/** A run of the worker's own schedule, now. */
export async function triggerPoll({ client }: Scene): Promise<Poll> {
  const schedule = client.schedule.getHandle(`${SCHEDULE_PREFIX}poll-unsubscribes`);
  let before = 0;
  await eventually(async () => {
    const { runningActions, numActionsTaken } = (await schedule.describe()).info;
    expect(runningActions).toEqual([]); // else the trigger would be skipped
    before = numActionsTaken;
  });
  await schedule.trigger(ScheduleOverlapPolicy.SKIP);
  let workflowId = '';
  await eventually(async () => {
    const { numActionsTaken, recentActions } = (await schedule.describe()).info;
    expect(numActionsTaken).toBeGreaterThan(before);
    workflowId = recentActions.at(-1)?.action.workflow.workflowId ?? '';
  });
  return client.workflow.getHandle(workflowId);
}

export function startComparison({ client }: Scene): Promise<Comparison> {
  return client.workflow.start(RECONCILE_CONSENT, {
    taskQueue: 'recipes',
    workflowId: `${RECONCILE_CONSENT}/by-hand-recent`,
    args: [{ scope: 'recent', environment: 'test' }],
  });
}

/** How many of these people have a workflow. */
export async function countStarted({ client }: Scene, emails: readonly string[]): Promise<number> {
  const looks = emails.map((email) => client.workflow.getHandle(workflowIdOf(email)).describe());
  return (await Promise.allSettled(looks)).filter(({ status }) => status === 'fulfilled').length;
}

/** What became of their requests. @returns as soon as none of a person's is pending */
export async function decidedOf({ client }: Scene, email: string): Promise<ConsentState['recent']> {
  let recent: ConsentState['recent'] = [];
  await eventually(async () => {
    const state = await client.workflow.getHandle(workflowIdOf(email)).query(consentStateQuery);
    expect(state.pending).toEqual([]);
    recent = state.recent;
  });
  return recent;
}

/** Each of them is opted out of GitLab Marketing by one request, and all else is as it was. */
export async function expectOptedOut(scene: Scene, emails: readonly string[]): Promise<void> {
  for (const email of emails) {
    expect(await decidedOf(scene, email)).toMatchObject([{ outcome: 'opted-out' }]);
    expect(scene.iterable.user(email)).toMatchObject({
      subscribedMessageTypeIds: [OTHER_TYPE.id],
      unsubscribedMessageTypeIds: [102],
      emailListIds: [301],
    });
  }
}
