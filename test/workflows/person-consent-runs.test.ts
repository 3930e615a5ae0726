/** What must survive the end of a run of `personConsent`: on a whole server, in real time, with short waits. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { consentStateQuery } from '../../workflows/person-consent/messages.js';
import { startRecipes, type Recipes } from '../support/recipes-worker.js';
import { outage, scriptedPerson, SETTINGS, type ScriptedPerson } from '../support/scripted-person.js';
import { eventually } from '../support/eventually.js';
import { localEnv } from '../support/temporal.js';

describe('personConsent, run after run', () => {
  let env: TestWorkflowEnvironment;
  let recipes: Recipes;
  let person: ScriptedPerson;
  let nowMs: number;
  beforeAll(async () => {
    // Suggests to continue as new after each step or two.
    env = await localEnv(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=12']);
    recipes = await startRecipes(env);
  });
  afterAll(async () => {
    await recipes.stop();
    await env.teardown();
  });
  beforeEach(async () => {
    person = scriptedPerson(env);
    person.settings = { ...SETTINGS, settleMs: 100 };
    recipes.use(person.activities);
    nowMs = await env.currentTimeMs();
  });

  const outcomes = (): string[] => person.records.map(({ outcome }) => outcome);

  it('carries what is pending, decided and not logged yet from run to run', async () => {
    let isDown = true;
    person.log = () => {
      if (isDown) throw outage(50);
    };
    const requests = [
      person.request('opt-out', nowMs),
      person.request('opt-in', nowMs + 1),
      person.request('opt-out', nowMs + 2),
      person.request('opt-in', nowMs - 1),
    ] as const;
    const { workflowId, signaledRunId } = await person.tell(requests[0], requests[1]);
    const handle = env.client.workflow.getHandle(workflowId);
    await eventually(async () => {
      expect(await handle.query(consentStateQuery)).toMatchObject({ standing: 'opted-in', pending: [] });
    });
    await person.tell(requests[2]);
    await person.tell(requests[0], requests[3]);
    await eventually(async () => {
      expect(await handle.query(consentStateQuery)).toMatchObject({ standing: 'opted-out', pending: [] });
    });
    expect(person.records).toEqual([]);
    isDown = false;
    await eventually(async () => {
      expect(await handle.query(consentStateQuery)).toMatchObject({ unlogged: 0 });
    });
    // The log is appended to at least once: its rows are known by reference and outcome.
    const logged = new Map(person.records.map(({ reference, outcome }) => [reference, outcome]));
    expect(requests.map(({ reference }) => logged.get(reference))).toEqual([
      'opted-out',
      'opted-in',
      'opted-out',
      'ignored',
    ]);
    expect((await handle.describe()).runId).not.toBe(signaledRunId);
    expect(person.isSubscribed).toBe(false);
  });

  it('gives what it hears of after a cancellation to another run', async () => {
    person.settings = { ...SETTINGS, settleMs: 100, lookAgainMs: [3_600_000] };
    person.isSubscribed = undefined;
    let isDown = true;
    person.log = () => {
      if (isDown) throw outage(50);
    };
    const watched = person.request('opt-out', nowMs);
    const handle = await person.tell(watched);
    await eventually(() => {
      expect(person.calls).toHaveLength(2);
    });
    await handle.cancel();
    await eventually(async () => {
      expect(await handle.query(consentStateQuery)).toMatchObject({ pending: [] });
    });
    person.isSubscribed = true;
    await person.tell(person.request('opt-out', nowMs + 1));
    isDown = false;
    await eventually(() => {
      expect(new Set(outcomes())).toEqual(new Set(['not-in-iterable', 'failed', 'opted-out']));
    });
  });
});
