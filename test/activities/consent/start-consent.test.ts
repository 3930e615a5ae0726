/** Requests on their way to `personConsent`, on a real Temporal server. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { z } from 'zod';
import { createRequestOptIns } from '../../../activities/consent/request-opt-ins.js';
import { createConsentStarter } from '../../../activities/consent/start-consent.js';
import type { ConsentRequest } from '../../../domain/consent.js';
import { PERSON_CONSENT, personConsentId } from '../../../workflows/person-consent/messages.js';
import { searchAttributes } from '../../../workflows/shared/search-attributes.js';
import { testConverter } from '../../support/converter.js';
import { acceptedEvent, TEST_HASHER } from '../../support/events.js';
import { localEnv } from '../../support/temporal.js';

const Signals = z.array(z.array(z.object({ reference: z.string() })));

const optOut = (email: string, reference: string): ConsentRequest => ({
  reference,
  change: 'opt-out',
  source: 'marketo-poll',
  sourceAtMs: 1_000,
  receivedAtMs: 2_000,
  email,
});

describe('starting personConsent', () => {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    env = await localEnv();
  });
  afterAll(() => env.teardown());

  const starter = (): ReturnType<typeof createConsentStarter> =>
    createConsentStarter({ client: env.client, hasher: TEST_HASHER, environment: 'test' });

  /** References of each signal that a person's workflow has got. */
  async function signalsOf(email: string): Promise<string[][]> {
    const handle = env.client.workflow.getHandle(personConsentId(TEST_HASHER.person(email)));
    const { events } = await handle.fetchHistory();
    const inputs = (events ?? []).flatMap(
      ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.input?.payloads ?? [],
    );
    const { loadedDataConverter } = env.client.options;
    const signals = Signals.parse(await decodeArrayFromPayloads(loadedDataConverter, inputs));
    return signals.map((requests) => requests.map(({ reference }) => reference));
  }

  it('is one signal per person, whose workflow needs not exist, and operators can find', async () => {
    const requests = [
      optOut('robin@example.com', 'a'),
      optOut('kim@example.com', 'b'),
      optOut('robin@example.com', 'c'),
    ];
    await starter().start(requests);
    await starter().start([optOut('robin@example.com', 'a')]);
    expect(await signalsOf('robin@example.com')).toEqual([['a', 'c'], ['a']]);
    expect(await signalsOf('kim@example.com')).toEqual([['b']]);

    const personHash = TEST_HASHER.person('robin@example.com');
    const found = await env.client.workflow.getHandle(personConsentId(personHash)).describe();
    expect(found).toMatchObject({ type: PERSON_CONSENT, taskQueue: 'recipes' });
    expect(found.typedSearchAttributes.get(searchAttributes.personHash)).toEqual([personHash]);
    expect(await found.staticSummary()).not.toContain('robin');
  });

  it('divides what is too much for one signal', async () => {
    await starter().start(
      Array.from({ length: 250 }, (_, index) => optOut('lee@example.com', String(index))),
    );
    const signals = await signalsOf('lee@example.com');
    expect(signals.map(({ length }) => length).sort((a, b) => b - a)).toEqual([100, 100, 50]);
    expect(new Set(signals.flat()).size).toBe(250);
  });

  it('says nothing but codes when Temporal is away, and can be repeated', async () => {
    const connection = Connection.lazy({ address: '127.0.0.1:1' });
    const client = new Client({ connection, dataConverter: testConverter });
    const away = createConsentStarter({ client, hasher: TEST_HASHER, environment: 'test', timeoutMs: 100 });
    const failure: unknown = await away
      .start([optOut('robin@example.com', 'd')])
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'unavailable', nonRetryable: false });
    expect(String(failure)).toMatch(/did not take 1 of 1 signals to personConsent: grpc-\d+$/);
    await connection.close();
  });

  it('opt-ins of events name the event, and count from its acceptance', async () => {
    const handed: ConsentRequest[] = [];
    const requestOptIns = createRequestOptIns({
      start: (requests) => {
        handed.push(...requests);
        return Promise.resolve();
      },
    });
    const [yes, ...others] = [{ opt_in: true }, { opt_in: false }, { opt_in: null }, {}].map(
      (fields, index) =>
        acceptedEvent(index, { ...fields, work_email: `Person-${index}@Example.com` }, 5_000),
    );
    await requestOptIns(others);
    expect(handed).toEqual([]);
    await requestOptIns(yes === undefined ? [] : [yes, ...others]);
    expect(handed).toEqual([
      {
        reference: yes?.eventId,
        change: 'opt-in',
        source: 'product-event',
        sourceAtMs: 5_000,
        receivedAtMs: 5_000,
        email: 'person-0@example.com',
      },
    ]);
  });
});
