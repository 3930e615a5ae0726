/** Everything that can happen to an opt-out, happening to people made of canaries, in real processes. */
import { expect } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { got, type Response } from 'got';
import type { PayloadKeyRing } from '../../config/payload-keys.js';
import { createHasher } from '../../domain/person-hash.js';
import type { SandboxIterable } from '../../sandbox/iterable/index.js';
import type { SandboxMarketo, WebhookTarget } from '../../sandbox/marketo/index.js';
import type { StartedProcess } from '../../scripts/processes.js';
import { connectGateway } from '../../scripts/recipes/gateway-client.js';
import {
  consentStateQuery,
  personConsentId,
  type ConsentState,
} from '../../workflows/person-consent/messages.js';
import { POLL_UNSUBSCRIBES } from '../../workflows/poll-unsubscribes/messages.js';
import { RECONCILE_CONSENT, type ReconcileResult } from '../../workflows/reconcile-consent/messages.js';
import { consentSettings, MARKETING, WEBHOOK_TOKEN } from '../support/consent-app.js';
import { eventually } from '../support/eventually.js';
import { runRecipes } from '../support/run-command.js';
import type { ScriptedServer } from '../support/scripted-server.js';
import { CLIENT, PERSON_HASH_KEY, type TestStage } from '../support/stage.js';
import { PERSONAL, placeOf, SECRETS, type Place } from './canaries.js';
import { addressOf, bodyOf } from './people.js';
import { metricPages } from './story.js';

export interface ConsentScene {
  readonly stage: TestStage;
  readonly sandbox: SandboxIterable;
  /** In front of it: misbehaves for some, and repeats what it was sent. */
  readonly iterable: ScriptedServer;
  readonly marketo: SandboxMarketo;
  readonly client: Client;
  readonly keys: PayloadKeyRing;
}

/** What addresses may hold that means something in a URL, in JSON, in SQL or in a pattern. */
const ODD = "o'dd=%41&é!#{}|~`^*?/$";
/** Whose webhook comes, by what becomes of them; nothing: Iterable keeps its answer back, and it goes on. */
const PUSHED: Readonly<Record<string, ConsentState['recent'][number]['outcome'] | undefined>> = {
  [ODD]: 'opted-out',
  stranger: 'not-in-iterable',
  rejected: 'invalid-email',
  limited: 'opted-out',
  'cut-off': 'opted-out',
  down: undefined,
  unreadable: undefined,
  'key-refused': undefined,
  redirected: undefined,
  conflicting: undefined,
  'refused-oddly': undefined,
};
const COMPARED = ['compared', "compar'd"];
const ENCODINGS: readonly WebhookTarget['encoding'][] = ['json', 'form', 'none'];
const HOUR_MS = 3_600_000;

const hasher = createHasher(PERSON_HASH_KEY);
const workflowIdOf = (story: string): string => personConsentId(hasher.person(addressOf(story)));

/** @returns what everybody was told: Marketo, whoever calls the gateway, operators; and the worker, which still runs */
export async function tellConsentStory(
  scene: ConsentScene,
): Promise<{ readonly heard: readonly Place[]; readonly worker: StartedProcess }> {
  const { stage, marketo, client } = scene;
  const settings = { ...consentSettings(marketo), MARKETO_POLL_SECONDS: '3600' };
  const [worker] = await Promise.all([stage.start('worker', settings), stage.start('gateway', settings)]);
  const heard: Place[] = [];

  await unsubscribeUnheard(scene);
  heard.push(placeOf('what Marketo was answered', await unsubscribePushed(scene)));
  heard.push(
    placeOf('what others were answered', await callBadly(`${stage.gatewayUrl}/v1/marketo/unsubscribes`)),
  );
  const gateway = await connectGateway({ url: stage.gatewayUrl, ...CLIENT });
  await gateway.post('v1/product-events', { json: bodyOf('opting-in') });

  breakAnswers(marketo);
  const poll = await client.workflow.start(POLL_UNSUBSCRIBES, {
    taskQueue: 'recipes',
    workflowId: `${POLL_UNSUBSCRIBES}/canaries`,
    args: [{ environment: 'test' }],
  });
  heard.push(placeOf('what operators were told', await operate(stage)));
  await poll.result();
  breakAnswers(marketo);
  const comparison = client.workflow.getHandle<() => Promise<ReconcileResult>>(
    `${RECONCILE_CONSENT}/by-hand-recent`,
  );
  expect(await comparison.result()).toMatchObject({ counts: { started: COMPARED.length } });

  await expectOutcomes(scene);
  heard.push(...(await metricPages(stage, 'at the end')));
  return { heard, worker };
}

/** Leads with names, and reasons of their own; those to be compared unsubscribed before any poll. */
async function unsubscribeUnheard({ marketo, sandbox }: ConsentScene): Promise<void> {
  marketo.sendsWebhooksTo(undefined);
  const names = { firstName: PERSONAL['first name'], lastName: PERSONAL['last name'] };
  const atMs = Date.now() - 30 * HOUR_MS;
  for (const story of COMPARED) {
    subscribe(sandbox, story);
    const leadId = marketo.addLead({ ...names, email: addressOf(story), createdAtMs: atMs });
    marketo.unsubscribe(leadId, 'link', { atMs, reason: PERSONAL.comment });
  }
  subscribe(sandbox, 'polled');
  subscribe(sandbox, 'moved');
  subscribe(sandbox, 'by-hand');
  marketo.unsubscribe(marketo.addLead({ ...names, email: addressOf('polled') }), 'crm');
  const moved = marketo.addLead({ ...names, email: addressOf('moving') });
  marketo.unsubscribe(moved, 'crm', { reason: PERSONAL.comment });
  marketo.changeEmail(moved, addressOf('moved'));
  const gone = marketo.addLead({ ...names, email: addressOf('gone') });
  marketo.unsubscribe(gone, 'link');
  marketo.deleteLead(gone);
  for (const email of [null, `${names.firstName} ${names.lastName}`])
    marketo.unsubscribe(marketo.addLead({ ...names, email }), 'crm');
  marketo.addLead({ ...names, email: addressOf('opting-in') });
  await marketo.settled();
}

function subscribe(sandbox: SandboxIterable, story: string): void {
  sandbox.addUser(addressOf(story), {
    firstName: PERSONAL['first name'],
    subscribedMessageTypeIds: [MARKETING],
  });
}

/** @returns bodies of all answers to its webhooks */
async function unsubscribePushed({ marketo, sandbox, stage }: ConsentScene): Promise<string> {
  const url = `${stage.gatewayUrl}/v1/marketo/unsubscribes`;
  for (const [index, story] of Object.keys(PUSHED).entries()) {
    if (story !== 'stranger') subscribe(sandbox, story);
    const encoding = ENCODINGS[index % ENCODINGS.length] ?? 'json';
    marketo.sendsWebhooksTo({ url, token: WEBHOOK_TOKEN, encoding });
    const leadId = marketo.addLead({ email: addressOf(story), firstName: PERSONAL['first name'] });
    marketo.unsubscribe(leadId, 'link', { reason: PERSONAL.comment });
  }
  await marketo.settled();
  const calls = marketo.webhookCalls();
  expect(new Set(calls.map(({ outcome }) => outcome))).toEqual(new Set(['accepted']));
  // What it breaks is JSON: the template's own quotes stand around a reason with quotes.
  marketo.sendsWebhooksTo({ url, token: WEBHOOK_TOKEN, encoding: 'none' });
  marketo.unsubscribe(marketo.addLead({ email: addressOf('broken') }), 'link', {
    reason: `"${PERSONAL.role}"`,
  });
  await marketo.settled();
  expect(marketo.webhookCalls().at(-1)?.outcome).toBe('refused');
  marketo.sendsWebhooksTo(undefined);
  return marketo
    .webhookCalls()
    .map(({ answer }) => answer)
    .join('\n');
}

/** @returns everything that was answered to calls that nobody should make */
async function callBadly(url: string): Promise<string> {
  const email = addressOf('refused');
  const token = { 'x-webhook-token': WEBHOOK_TOKEN, 'x-request-id': email };
  const post = (body: string, headers: Readonly<Record<string, string>>): Promise<Response<string>> =>
    got.post(`${url}?email=${encodeURIComponent(email)}`, {
      ...{ body, headers, retry: { limit: 0 }, throwHttpErrors: false },
    });
  const fields = { email, reason: PERSONAL.comment, leadId: PERSONAL['first name'] };
  const json = JSON.stringify(fields);
  const answers = [
    await post(json, {}),
    await post(json, { 'x-webhook-token': SECRETS['wrong client secret'] }),
    await post(json.slice(0, -9), token),
    await post(JSON.stringify([fields]), token),
    await post(JSON.stringify({ ...fields, email: PERSONAL['last name'] }), token),
    await post(JSON.stringify({ ...fields, email: `${email},${email}` }), token),
    await post(new URLSearchParams({ reason: email }).toString(), token),
    await post(json.padEnd(20_000, email), token),
    await got.get(`${url}/${encodeURIComponent(email)}`, { retry: { limit: 0 }, throwHttpErrors: false }),
  ];
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401, 400, 400, 422, 422, 422, 413, 404]);
  return answers.map(({ headers, body }) => JSON.stringify(headers) + body).join('\n');
}

/** The next answers that hold addresses come broken. */
function breakAnswers(marketo: SandboxMarketo): void {
  marketo.configure({ hostileCells: true });
  marketo.failNext('/rest/v1/leads.json', 'truncated-json', 'doubled-quotes', 'no-success');
  marketo.failNext('/rest/v1/activities/leadchanges.json', 'truncated-json');
  marketo.failNext('/bulk/v1/activities/export/{exportId}/file.json', 'cut-midway');
}

/** @returns what the commands printed */
async function operate({ env }: TestStage): Promise<string> {
  const consent = (...args: readonly string[]): ReturnType<typeof runRecipes> =>
    runRecipes(['consent', ...args], env);
  const runs = await Promise.all([
    consent('opt-out', addressOf('by-hand'), '--wait', '60', '--json'),
    consent('opt-out', `${PERSONAL['first name']} <${addressOf('by-hand')}>`),
    consent('show', addressOf(ODD)),
    consent('report', '--since', '2026-01-01', '--json'),
    consent('reconcile', 'start'),
  ]);
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 2, 0, 0, 0]);
  return runs.map(({ stdout, stderr }) => stdout + stderr).join('\n');
}

async function expectOutcomes({ client, iterable }: ConsentScene): Promise<void> {
  const found = ['polled', 'moved', 'by-hand', ...COMPARED].map((story) => [story, 'opted-out'] as const);
  const wanted = [...Object.entries(PUSHED), ...found, ['opting-in', 'opted-in'] as const];
  for (const [story, outcome] of wanted)
    await eventually(async () => {
      const state = await client.workflow.getHandle(workflowIdOf(story)).query(consentStateQuery);
      if (outcome === undefined) {
        const wasAsked = iterable.seen.some(({ url }) => url.includes(story));
        expect([story, wasAsked, state.pending.length > 0]).toEqual([story, true, true]);
        return;
      }
      const outcomes = state.recent.map((record) => record.outcome);
      expect({ story, outcomes }).toEqual({ story, outcomes: expect.arrayContaining([outcome]) });
    });
}
