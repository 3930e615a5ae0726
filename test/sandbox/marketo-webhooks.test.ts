/** The sandbox Marketo as a caller of webhooks: what it sends, how it takes an answer, what it loses and repeats. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { startScriptedServer } from '../support/scripted-server.js';
import type { ScriptedServer } from '../support/scripted-server.js';
import type { WebhookTarget } from '../../sandbox/marketo/index.js';
import { useMarketos } from './ask-marketo.js';
import type { MarketoSubject } from './ask-marketo.js';

const start = useMarketos();
const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
const accepted = { status: 200, body: { status: 'accepted' } };

async function pushing(
  target: Partial<WebhookTarget> = {},
  reply: Parameters<ScriptedServer['script']>[0] = () => accepted,
): Promise<MarketoSubject & { readonly receiver: ScriptedServer }> {
  const receiver = await startScriptedServer(reply);
  servers.push(receiver);
  const subject = await start({ now: () => Date.UTC(2026, 0, 5, 12) });
  subject.sandbox.sendsWebhooksTo({ url: receiver.url, token: 'hook', encoding: 'json', ...target });
  return { ...subject, receiver };
}

describe('a call', () => {
  const awkward = 'ada+news@example.com';
  it.each([
    [
      'json',
      'application/json',
      `{"email":"${awkward}","leadId":"1","activityDate":"2026-01-05T12:00:00Z","reason":"said \\"no\\"\\nthanks"}`,
    ],
    [
      'form',
      'application/x-www-form-urlencoded',
      'email=ada%2Bnews%40example.com&leadId=1&activityDate=2026-01-05T12%3A00%3A00Z&reason=said+%22no%22%0Athanks',
    ],
    // The address is damaged, and what should be JSON is none.
    [
      'none',
      'application/json',
      '{"email":"ada news@example.com","leadId":"1","activityDate":"2026-01-05T12:00:00Z","reason":"said "no"\nthanks"}',
    ],
  ] as const)('encodes its values (%s)', async (encoding, contentType, body) => {
    const { sandbox, receiver } = await pushing({ encoding });
    const lead = sandbox.addLead({ email: awkward });
    sandbox.unsubscribe(lead, 'link', { reason: 'said "no"\nthanks' });
    await sandbox.settled();
    expect(receiver.seen).toMatchObject([{ method: 'POST', body }]);
    expect(receiver.seen[0]?.headers).toMatchObject({
      'x-webhook-token': 'hook',
      'content-type': contentType,
    });
    expect(sandbox.webhookCalls()).toMatchObject([{ leadId: lead, outcome: 'accepted', status: 200 }]);
  });

  it('leaves empty what has no value', async () => {
    const { sandbox, receiver } = await pushing({
      leadIdAs: 'empty',
      dateTimeAs: 'empty',
      contentType: null,
    });
    sandbox.unsubscribe(sandbox.addLead({ email: null }), 'crm');
    await sandbox.settled();
    expect(receiver.seen[0]?.body).toBe('{"email":"","leadId":"","activityDate":"","reason":""}');
    expect(receiver.seen[0]?.headers).not.toHaveProperty('content-type');
  });

  it.each([
    ['an empty answer', { status: 200, body: '' }, 'empty-answer'],
    ['a refusal', { status: 503, body: 'busy' }, 'refused'],
    ['a cut connection', 'cut', 'unreachable'],
    ['silence', 'hang', 'timeout'],
  ] as const)('is never repeated after %s, and stays as activity 110', async (_what, reply, outcome) => {
    const { sandbox, receiver } = await pushing({}, () => reply);
    sandbox.configure({ webhookTimeoutMs: 100 });
    const lead = sandbox.addLead({ email: 'ada@example.com' });
    sandbox.unsubscribe(lead, 'api');
    await sandbox.settled();
    expect(receiver.seen).toHaveLength(1);
    expect(sandbox.webhookCalls()).toMatchObject([{ outcome }]);
    expect(sandbox.activities({ leadId: lead, typeId: 110 })).toHaveLength(1);
  });
});

describe('triggers', () => {
  it('see a changed flag of every lead with the address, but nobody who is born unsubscribed', async () => {
    const { sandbox } = await pushing();
    const [one] = [1, 2].map(() => sandbox.addLead({ email: 'ada@example.com' }));
    sandbox.addLead({ email: 'born@example.com', unsubscribed: true });
    sandbox.unsubscribe(one ?? 0, 'crm');
    await sandbox.settled();
    expect(sandbox.webhookCalls().map(({ leadId }) => leadId)).toEqual([1, 2]);
  });

  it('on unsubscribes from email see only these', async () => {
    const { sandbox } = await pushing({ trigger: 'unsubscribes-from-email' });
    const [linked, synced] = [sandbox.addLead({ email: 'a@example.com' }), sandbox.addLead()];
    sandbox.unsubscribe(linked, 'link');
    sandbox.unsubscribe(synced, 'crm');
    await sandbox.settled();
    expect(sandbox.webhookCalls().map(({ leadId }) => leadId)).toEqual([linked]);
  });
});

describe('on the way', () => {
  it('calls are lost, repeated and reordered by a seed', async () => {
    const run = async (): Promise<readonly string[]> => {
      const faults = { seed: 3, lossRate: 0.3, repeatRate: 0.3, reorder: true };
      const { sandbox, receiver } = await pushing({ faults });
      sandbox.configure({ webhookConcurrency: 1 });
      for (let n = 0; n < 30; n += 1)
        sandbox.unsubscribe(sandbox.addLead({ email: `p${n}@example.com` }), 'link');
      await sandbox.settled();
      const calls = sandbox.webhookCalls();
      const made = calls.filter(({ outcome }) => outcome !== 'lost');
      expect(receiver.seen).toHaveLength(made.length);
      expect(calls.filter(({ isRepeat }) => !isRepeat)).toHaveLength(30);
      expect(made.some(({ isRepeat }) => isRepeat)).toBe(true);
      expect(made.length).toBeLessThan(calls.length);
      const ids = made.map(({ leadId }) => leadId);
      expect(ids).not.toEqual([...ids].sort((one, other) => one - other));
      return receiver.seen.map(({ body }) => body);
    };
    expect(await run()).toEqual(await run());
  });

  it('twenty are under way, and the others wait', async () => {
    let [most, underWay] = [0, 0];
    const { sandbox } = await pushing({}, async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 10));
      underWay -= 1;
      return accepted;
    });
    for (let n = 0; n < 50; n += 1) sandbox.unsubscribe(sandbox.addLead(), 'crm');
    await sandbox.settled();
    expect(most).toBeLessThanOrEqual(20);
    expect(sandbox.webhookCalls()).toHaveLength(50);
  });
});
