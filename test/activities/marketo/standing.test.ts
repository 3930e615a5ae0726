import { afterEach, describe, expect, it } from '@jest/globals';
import { overhear, type Measured } from '../../conformance/overhear.js';
import { TEST_HASHER } from '../../support/events.js';
import { startMarketo, type TestMarketo } from '../../support/marketo-connector.js';

let marketo: TestMarketo;
afterEach(() => marketo.close());

const person = (email: string): { personHash: string; email: string } => ({
  personHash: TEST_HASHER.person(email),
  email,
});
const standings = async (...emails: readonly string[]): Promise<string[]> => {
  const all = await marketo.run(marketo.activities.marketoStanding, [emails.map(person)]);
  expect(all.map(({ personHash }) => personHash)).toEqual(emails.map(TEST_HASHER.person));
  return all.map(({ standing }) => standing);
};

describe('the standing of people in Marketo', () => {
  it('counts any lead of theirs that is unsubscribed, however the address is written', async () => {
    marketo = await startMarketo({ durableUnsubscribe: false });
    for (const email of ['two@example.com', 'Two@Example.com', 'no@example.com', 'blocked@example.com'])
      marketo.sandbox.addLead({ email });
    marketo.sandbox.unsubscribe(2, 'crm');
    marketo.sandbox.blackList(4);
    expect(
      await standings(
        ...['two@example.com', 'no@example.com', 'blocked@example.com', 'nobody@example.com'],
        ...['TWO@example.com', 'not an, address'],
      ),
    ).toEqual([
      'unsubscribed',
      'subscribed',
      'unsubscribed',
      'unknown-there',
      'unsubscribed',
      'unknown-there',
    ]);
  });

  it('asks for hundreds in one call, whose list is too long for an address of the web', async () => {
    marketo = await startMarketo();
    const emails = Array.from(
      { length: 350 },
      (_, n) => `a-person-with-a-long-name-${String(n)}@example.com`,
    );
    marketo.sandbox.addLeads(350, (n) => ({ email: emails[n], unsubscribed: n % 2 === 0 }));
    const found = await standings(...emails);
    expect(found).toEqual(emails.map((_, n) => (n % 2 === 0 ? 'unsubscribed' : 'subscribed')));
    const asked = marketo.sandbox.received('/rest/v1/leads.json');
    expect(asked.map(({ method }) => method)).toContain('POST');
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  it('asks for fewer where an address has more leads than Marketo finds at once', async () => {
    marketo = await startMarketo();
    const first = marketo.sandbox.addLeads(900, () => ({ email: 'many@example.com' }));
    marketo.sandbox.addLeads(900, () => ({ email: 'also-many@example.com' }));
    marketo.sandbox.unsubscribe(first, 'crm');
    expect(await standings('many@example.com', 'also-many@example.com')).toEqual([
      'unsubscribed',
      'subscribed',
    ]);
  });
});

it('counts calls by endpoint and outcome, waits and findings, and names nobody', async () => {
  marketo = await startMarketo();
  marketo.sandbox.unsubscribe(marketo.sandbox.addLead({ email: 'canary@example.com' }), 'crm');
  marketo.sandbox.failNext('/rest/v1/leads.json', '601', 'doubled-quotes');
  const heard = overhear(); // heartbeats too
  await heard.env.run(marketo.activities.followUnsubscribes, undefined);
  heard.end();
  const of = (name: string): Measured[] => heard.metrics.filter((measured) => measured.name === name);
  expect(of('marketo_calls').map(({ tags: { endpoint, outcome } }) => [endpoint, outcome])).toEqual([
    ['pagingToken', 'ok'],
    ['leadChanges', 'ok'],
    ['pagingToken', 'ok'],
    ['activities', 'ok'],
    ['leads', 'stale-token'],
    ['leads', 'ok'],
    ['usage', 'ok'],
  ]);
  expect(of('marketo_limiter_wait')).toHaveLength(7);
  expect(of('marketo_repaired_answers').map(({ tags: { endpoint } }) => endpoint)).toEqual(['leads']);
  expect(of('marketo_poll_findings').map(({ value, tags: { finding } }) => [finding, value])).toEqual([
    ['started', 1],
  ]);
  expect(heard.text()).not.toMatch(/canary/);
});
