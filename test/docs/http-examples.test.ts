/** docs/http.md, played: each request is sent to a gateway, and its answer is held against the one on the page. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hashSecret } from '../../config/gateway-clients.js';
import { REASONS } from '../../domain/reasons.js';
import { openApiDocument } from '../../gateway/openapi.js';
import { httpProblemsTable } from '../../scripts/docs/http.js';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';
import { startGateway, type Answer, type TestGateway } from '../gateway/support.js';
import { CLIENT } from '../support/stage.js';
import { readPages } from './pages.js';

interface Message {
  readonly first: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the page cannot know beforehand. */
let token = '';
let gateway: TestGateway;
let examples: readonly { readonly request: Message; readonly answer: Message }[];

beforeAll(async () => {
  gateway = await startGateway({
    clients: [{ id: CLIENT.clientId, secretHashes: [hashSecret(CLIENT.clientSecret)] }],
    webhook: { tokenHashes: [hashSecret(WEBHOOK_TOKEN)], starter: { start: () => Promise.resolve() } },
    statusReader: { read: (eventId) => Promise.resolve({ eventId, ...PARKED }) },
  });
  const page = (await readPages()).find(({ path }) => path === 'docs/http.md');
  const messages = (page?.blocks ?? []).filter(({ language }) => language === 'http').map(messageOf);
  examples = messages.flatMap((request, index) => {
    const answer = messages[index + 1];
    return index % 2 === 0 && answer !== undefined ? [{ request, answer }] : [];
  });
});
afterAll(() => gateway.app.close());

const WEBHOOK_TOKEN = 'a webhook token for tests only';

const PARKED = {
  status: 'parked',
  reason: 'invalid-email',
  class: 'rejected',
  since: '2026-11-24T08:00:00.000Z',
  fix: REASONS['invalid-email'].fix,
} as const;

function messageOf({ text }: { readonly text: string }): Message {
  const [head = '', ...body] = text.split('\n\n');
  const [first = '', ...lines] = head.trim().split('\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { first, headers: Object.fromEntries(headers), body: body.join('\n\n').trim() };
}

async function play({ first, headers, body }: Message): Promise<Answer> {
  const [method = '', path = ''] = first.split(' ');
  const sent = Object.entries(headers).map(
    ([name, value]) =>
      [name, value.replace('<token>', token).replace('<webhook token>', WEBHOOK_TOKEN)] as const,
  );
  return gateway.call({ method, path, headers: Object.fromEntries(sent), ...(body === '' ? {} : { body }) });
}

describe('the examples of docs/http.md', () => {
  it('are answered as they say, from the first to the last', async () => {
    expect(examples.map(({ request }) => request.first)).toEqual([
      'POST /oauth/token',
      'POST /v1/product-events',
      'POST /v1/product-events',
      'GET /v1/product-events/saas-trial-ty62pied3yf3xpve',
      'POST /v1/marketo/unsubscribes',
    ]);
    for (const { request, answer } of examples) {
      const { status, headers, json } = await play(request);
      const issued = z.object({ access_token: z.string() }).safeParse(json);
      if (issued.success) token = issued.data.access_token;
      expect(`HTTP/1.1 ${status}`).toBe(answer.first.split(' ').slice(0, 2).join(' '));
      expect(headers).toMatchObject(answer.headers);
      const taken = z.object({ acceptedAt: z.iso.datetime() }).safeParse(json);
      const acceptedAt = taken.success ? taken.data.acceptedAt : '';
      const body = answer.body.replace('<token>', token).replace('<time>', acceptedAt);
      expect(json).toEqual(JSON.parse(body));
    }
  });

  it('a copy of an event is the duplicate that the page says it is', async () => {
    const [, single] = examples;
    if (single === undefined) throw new Error('the page has no example of one event');
    expect((await play(single.request)).json).toMatchObject({ status: 'duplicate' });
  });
});

describe('the table of docs/http.md', () => {
  it('has every status of /openapi.json that is no success', () => {
    const Interface = z.object({
      paths: z.record(
        z.string(),
        z.record(z.string(), z.object({ responses: z.record(z.string(), z.unknown()) })),
      ),
    });
    const operations = Object.values(Interface.parse(openApiDocument()).paths).flatMap(
      Object.values<{ responses: object }>,
    );
    const statuses = new Set(operations.flatMap(({ responses }) => Object.keys(responses)));
    const table = httpProblemsTable();
    for (const status of statuses) if (status >= '400') expect(table).toContain(`| ${status}  `);
  });

  it('has every reason that the gateway counts', async () => {
    const files = [
      'auth',
      'client-error',
      'known-paths',
      'json-body',
      'problems',
      'product-events',
      'webhook-problems',
    ];
    const sources = await Promise.all(
      files.map((file) => readFile(join(PROJECT_ROOT, 'gateway', `${file}.ts`), 'utf8')),
    );
    const reasons = [
      ...sources
        .join('\n')
        .matchAll(/(?:problem\(\s*\d{3},\s*|unauthorized\(\s*|ofEmail\(\s*|reason: |rejected\()'([a-z-]+)'/g),
    ].map(([, reason = '']) => reason);
    expect(reasons.length).toBeGreaterThan(20);
    const table = httpProblemsTable();
    for (const reason of reasons) expect(table).toContain(`\`${reason}\``);
  });
});
