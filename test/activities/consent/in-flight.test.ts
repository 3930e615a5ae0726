import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createConsentInFlight } from '../../../activities/consent/in-flight.js';
import type { ConsentRequest } from '../../../domain/consent.js';
import { PERSON_CONSENT } from '../../../workflows/person-consent/messages.js';
import { consentStart } from '../../../workflows/person-consent/start.js';
import { localEnv } from '../../support/temporal.js';

const request: ConsentRequest = {
  reference: 'marketo-1',
  source: 'marketo-webhook',
  change: 'opt-out',
  email: 'robin@example.com',
  sourceAtMs: 0,
  receivedAtMs: 0,
};

describe('consent in flight', () => {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    env = await localEnv();
  });
  afterAll(() => env.teardown());

  it('is what Temporal lists as open', async () => {
    const { workflowId: _, ...options } = consentStart([request], 'hash-a', 'test');
    for (const hash of ['hash-a', 'hash-b']) {
      const start = consentStart([request], hash, 'test');
      await env.client.workflow.signalWithStart(PERSON_CONSENT, { ...options, ...start });
    }
    const inFlight = createConsentInFlight(env.client.workflow, () => (nowMs += 2_000));
    let nowMs = 0;
    for (;;) if ((await inFlight()).size === 2) break;
    expect(await inFlight()).toEqual(new Set(['hash-a', 'hash-b']));
    await env.client.workflow.getHandle(consentStart([request], 'hash-a', 'test').workflowId).terminate();
    for (;;) if ((await inFlight()).size === 1) break;
    expect(await inFlight()).toEqual(new Set(['hash-b']));
  });

  it('is not guessed when Temporal does not answer', async () => {
    const broken = createConsentInFlight({
      list: () => {
        throw new Error('no connection');
      },
    });
    await expect(broken()).rejects.toMatchObject({ type: 'unavailable', nonRetryable: false });
  });
});
