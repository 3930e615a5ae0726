/** What the doctor says of Marketo and of the subscription schema. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { IterableConfig, MarketoConfig } from '../../config/config.js';
import { hashSecret } from '../../config/gateway-clients.js';
import { Secret } from '../../config/secret.js';
import { startSandboxIterable, type SandboxIterable } from '../../sandbox/iterable/index.js';
import { DEFAULT_SETTINGS } from '../../sandbox/iterable/settings.js';
import { startSandboxMarketo, type SandboxMarketo } from '../../sandbox/marketo/index.js';
import type { Finding } from '../../scripts/doctor/finding.js';
import { examineIterable } from '../../scripts/doctor/iterable.js';
import { examineMarketo } from '../../scripts/doctor/marketo.js';

const about = (check: string, findings: readonly Finding[]): Finding | undefined =>
  findings.find((finding) => finding.check === check);

describe('Marketo', () => {
  let marketo: SandboxMarketo;
  beforeAll(async () => {
    marketo = await startSandboxMarketo();
  });
  afterAll(() => marketo.close());
  afterEach(() => marketo.reset());

  const config = (changes: Partial<MarketoConfig> = {}): MarketoConfig => ({
    baseUrl: marketo.url,
    clientId: marketo.clientId,
    clientSecret: new Secret(marketo.clientSecret),
    webhookTokenHashes: [hashSecret('one')],
    limitShare: 1,
    pollSeconds: 300,
    ...changes,
  });

  it('is no finding where it is not configured', async () => {
    expect(await examineMarketo(undefined)).toEqual([]);
  });

  it('that takes the credentials says how much of its quota is used', async () => {
    marketo.useCalls(123);
    const findings = await examineMarketo(config());
    expect(findings.map(({ check, status }) => `${check} ${status}`)).toEqual([
      'marketo ok',
      'marketo-clock ok',
      'marketo-webhook ok',
    ]);
    expect(about('marketo', findings)?.says).toMatch(/takes calls: 12[34] so far today/);
  });

  it('refuses wrong credentials, and they are not printed', async () => {
    const findings = await examineMarketo(config({ clientSecret: new Secret('canary-secret') }));
    expect(about('marketo', findings)).toMatchObject({
      status: 'wrong',
      says: expect.stringContaining('(401)'),
    });
    expect(JSON.stringify(findings)).not.toContain('canary');
  });

  it.each([
    ['603', 'wrong', 'refuses the call (603)'],
    ['607', 'note', 'asks to slow down (607)'],
    ['611', 'wrong', 'answers 611'],
    ['http-502', 'wrong', 'answers 502'],
    ['cut', 'wrong', 'no answer'],
  ] as const)('in trouble (%s) is told from wrong credentials', async (fault, status, says) => {
    marketo.failNext('/rest/v1/stats/usage.json', fault);
    expect(about('marketo', await examineMarketo(config()))).toMatchObject({
      status,
      says: expect.stringContaining(says),
    });
  });

  it('shows a clock that is off, and tokens that are being exchanged for longer than they need', async () => {
    const tokens = [hashSecret('new'), hashSecret('old')];
    const findings = await examineMarketo(
      config({ webhookTokenHashes: tokens }),
      () => Date.now() + 3_600_000,
    );
    expect(about('marketo-clock', findings)?.status).toBe('wrong');
    expect(about('marketo-webhook', findings)).toMatchObject({ status: 'note', says: '2 tokens are valid' });
  });
});

describe('the subscription schema', () => {
  let iterable: SandboxIterable;
  beforeAll(async () => {
    iterable = await startSandboxIterable();
  });
  afterAll(() => iterable.close());
  afterEach(() => {
    iterable.configure(DEFAULT_SETTINGS);
  });

  const { messageTypes } = DEFAULT_SETTINGS;
  const ours = 'GitLab Marketing';
  it.each([
    ['as declared', messageTypes, 'ok', 'as recipes/subscriptions.ts declares'],
    ['missing', messageTypes.filter(({ name }) => name !== ours), 'wrong', `no message type "${ours}"`],
    [
      'twice',
      [...messageTypes, ...messageTypes.filter(({ name }) => name === ours)],
      'wrong',
      `2 message types named "${ours}"`,
    ],
    [
      'of another policy',
      messageTypes.map((type) =>
        type.name === ours ? { ...type, subscriptionPolicy: 'OptOut' as const } : type,
      ),
      'wrong',
      `"${ours}" as OptOut, not OptIn`,
    ],
  ] as const)('%s', async (_name, types, status, says) => {
    iterable.configure({ messageTypes: types });
    const config: IterableConfig = {
      baseUrl: iterable.url,
      apiKey: new Secret(iterable.apiKey),
      limitShare: 1,
      bulkUpdateOnly: false,
    };
    expect(about('subscriptions', await examineIterable(config))).toMatchObject({
      status,
      says: expect.stringContaining(says),
    });
  });
});
