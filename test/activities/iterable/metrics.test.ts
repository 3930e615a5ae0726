import { expect, it } from '@jest/globals';
import { overhear, type Measured } from '../../conformance/overhear.js';
import { itemsOf, startConnector } from '../../support/iterable-connector.js';

const tagsOf = (metrics: readonly Measured[], name: string): unknown[] =>
  metrics
    .filter((measured) => measured.name === name)
    .map(({ value, tags: { endpoint, outcome, field } }) => ({ value, endpoint, outcome, field }));

it('counts calls by endpoint and outcome, waits, and values that stand in no list by field alone', async () => {
  const { event, runIn, sandbox } = await startConnector({ invalidEmails: ['person-2@example.com'] });
  const heard = overhear();
  await runIn(heard.env, itemsOf(event(1, { role: 'astronaut', company_size: 'huge' })));
  await runIn(heard.env, itemsOf(event(2, { role: 'astronaut' })));
  heard.end();
  expect(tagsOf(heard.metrics, 'iterable_calls')).toEqual([
    { value: 1, endpoint: 'updateUser', outcome: 'ok' },
    { value: 1, endpoint: 'trackEvent', outcome: 'ok' },
    { value: 1, endpoint: 'updateUser', outcome: 'rejected' },
  ]);
  expect(tagsOf(heard.metrics, 'iterable_limiter_wait')).toHaveLength(3);
  expect(tagsOf(heard.metrics, 'product_event_unlisted_values')).toEqual([
    { value: 1, field: 'employeeBucket' },
    { value: 1, field: 'userRole' },
  ]);
  expect(heard.text()).not.toMatch(/astronaut|huge|person-/);
  await sandbox.close();
});
