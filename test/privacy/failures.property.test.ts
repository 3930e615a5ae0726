/** Whatever Iterable answers and operators type: nothing of an event shows in what activities say about it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import { createReviseEvent } from '../../activities/events/revise-event.js';
import { createIterableActivities } from '../../activities/iterable/activities.js';
import { ProductFields } from '../../domain/product-event.schema.js';
import { overhear } from '../conformance/overhear.js';
import { acceptedEvent, TEST_HASHER } from '../support/events.js';
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.js';

const API_KEY = 'a-key-that-never-shows';
const UNLIMITED = { 'users/update': 1e6, 'events/track': 1e6, 'users/get': 1e6 } as const;
const CODES = [
  'Success',
  'BadParams',
  'BadApiKey',
  'Conflict',
  'ForgottenUserError',
  'UnknownEmailError',
  'RateLimitExceeded',
];

/** Too long to stand in a message by chance. */
const value = fc.stringMatching(/^[A-Za-z]{12}$/);
const fields = fc.record({
  local: value,
  first_name: value,
  last_name: value,
  company_name: value,
  role: value,
  country: value,
  comment: value,
  some_new_key: value,
});
const LATE_MS = 7_200_000;

/** What the server makes of everything that it was sent. */
const answer = fc.record({
  status: fc.constantFrom(200, 202, 301, 400, 401, 403, 404, 409, 413, 429, 500, 503),
  code: fc.option(fc.constantFrom(...CODES), { nil: undefined }),
  isJson: fc.boolean(),
});

describe('what activities say about events', () => {
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await startScriptedServer(() => 'cut');
  });
  afterAll(() => server.close());

  it('holds nothing of them, even if Iterable repeats all of it in its answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fields, { minLength: 1, maxLength: 4 }),
        fc.array(answer, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(0, LATE_MS),
        async (people, answers, ageMs) => {
          let calls = 0;
          server.script((request) => {
            const { status, code, isJson } = answers[calls % answers.length] ?? {
              status: 500,
              isJson: false,
            };
            calls += 1;
            const all = `${request.url} ${JSON.stringify(request.headers)} ${request.body}`;
            const body = isJson ? { code: code ?? all, msg: all, message: all, params: { obj: all } } : all;
            return { status, headers: { 'retry-after': '60' }, body };
          });
          const { deliverEvents } = createIterableActivities({
            baseUrl: server.url,
            apiKey: API_KEY,
            limitShare: 1,
            hasher: TEST_HASHER,
            tuning: { perSecond: UNLIMITED },
          });
          const items = people.map(({ local, ...body }, n) => ({
            event: acceptedEvent(n, { ...body, work_email: `${local}@example.com` }, Date.now() - ageMs),
          }));
          const heard = overhear();
          try {
            heard.note(await heard.env.run(deliverEvents, items));
          } catch (error) {
            heard.note(error);
          } finally {
            heard.end();
          }
          expect(calls).toBeGreaterThan(0);
          const said = heard.text().toLowerCase();
          const secrets = [API_KEY, ...people.flatMap((person) => Object.values(person))];
          expect(secrets.filter((secret) => said.includes(secret.toLowerCase()))).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('holds nothing of what an operator replaces, whatever is wrong with it', async () => {
    const reviseEvent = createReviseEvent(TEST_HASHER);
    const event = acceptedEvent(1);
    const anything = value.chain((text) =>
      fc.constantFrom<unknown>(text, [text], { [text]: text }, `${text}@${text}`, text.repeat(3_000)),
    );
    const replaced = fc.dictionary(
      fc.constantFrom(...Object.keys(ProductFields.shape), 'email', 'some_new_key'),
      anything,
    );
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(replaced, async (changes) => {
        const refusal: unknown = await reviseEvent(event, changes).catch((error: unknown) => error);
        if (!(refusal instanceof Error)) return; // nothing is wrong with it
        refusals += 1;
        expect(refusal).toBeInstanceOf(ApplicationFailure);
        const values = JSON.stringify(Object.values(changes)).match(/[A-Za-z]{12}/g) ?? [];
        expect(values.filter((each) => refusal.message.includes(each))).toEqual([]);
      }),
    );
    expect(refusals).toBeGreaterThan(0);
  });
});
