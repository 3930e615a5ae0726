import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { defaultPayloadConverter } from '@temporalio/common';
import { HiddenPayloadKey } from '../../config/payload-keys.js';
import { type CodecServer, startCodecServer } from '../../workers/codec/codec-server.js';
import { createEncryptionCodec } from '../../workers/codec/payload-codec.js';

const TOKEN = 'a-token-of-the-test-0123456789';
const UI = 'http://localhost:8233';
const keys = [new HiddenPayloadKey('k1', randomBytes(32))];

let server: CodecServer;
let encrypted: unknown;
beforeAll(async () => {
  server = await startCodecServer({ port: 0, token: TOKEN, uiOrigins: [UI, 'http://127.0.0.1:8233/'], keys });
  encrypted = await payloadsJson({ email: 'robin@example.com' });
});
afterAll(() => server.close());

/** The JSON that the UI posts. */
async function payloadsJson(value: unknown, ring = keys): Promise<unknown> {
  const stored = await createEncryptionCodec(ring).encode([defaultPayloadConverter.toPayload(value)]);
  const base64 = (bytes: Uint8Array | null | undefined): string =>
    Buffer.from(bytes ?? []).toString('base64');
  const json = stored.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)]),
    ),
    data: base64(data),
  }));
  return { payloads: json };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One request on a socket of its own; unlike fetch it sends any Host and Origin. */
function call({
  method = 'POST',
  path = `/${TOKEN}/decode`,
  headers = {},
  body = encrypted,
}: Call): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const bodiless = method === 'OPTIONS' || method === 'GET';
  const type = bodiless ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${server.url}${path}`,
      { method, headers: { ...type, ...headers } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks).toString(),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(bodiless ? undefined : text);
  });
}

describe('decoding', () => {
  const clear = '"eyJlbWFpbCI6InJvYmluQGV4YW1wbGUuY29tIn0="'; // {"email":"robin@example.com"}

  it.each([
    ['the token in the path', { path: `/${TOKEN}/decode` }],
    ['the token in the header', { path: '/decode', headers: { authorization: `Bearer ${TOKEN}` } }],
  ])('answers clear text to %s', async (_, how) => {
    const answer = await call(how);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain(clear);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['content-type']).toMatch('application/json');
  });

  it('leaves payloads that are not encrypted, keeps order and count', async () => {
    const plain = { metadata: { encoding: Buffer.from('json/plain').toString('base64') }, data: 'MQ==' };
    const answer = await call({ body: { payloads: [plain, {}] } });
    expect(JSON.parse(answer.body)).toEqual({ payloads: [plain, { metadata: {}, data: '' }] });
  });

  it('names the key that it lacks', async () => {
    const strange = await payloadsJson('x', [new HiddenPayloadKey('gone', randomBytes(32))]);
    const answer = await call({ body: strange });
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.body)).toMatchObject({ type: 'payload-key-unknown' });
    expect(answer.body).toContain('gone');
  });

  it('starts under the endpoint that the UI is given', () => {
    expect(server.endpoint).toBe(`${server.url}/${TOKEN}`);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});

describe('who is refused', () => {
  it.each<[string, Call, number]>([
    ['a wrong token in the path', { path: '/a-token-of-the-test-0123456780/decode' }, 401],
    ['a token of another length', { path: '/x/decode' }, 401],
    ['no token', { path: '/decode' }, 401],
    ['a wrong token in the header', { path: '/decode', headers: { authorization: 'Bearer nope' } }, 401],
    ['another scheme', { path: '/decode', headers: { authorization: `Basic ${TOKEN}` } }, 401],
    ['a page elsewhere, with the token', { headers: { origin: 'http://evil.example' } }, 403],
    ['a page on another port', { headers: { origin: 'http://localhost:3000' } }, 403],
    ['a page without an origin of its own', { headers: { origin: 'null' } }, 403],
    ['a name that was rebound to this machine', { headers: { host: 'evil.example' } }, 403],
    ['a host that starts like this machine', { headers: { host: '127.0.0.1.evil.example' } }, 403],
    ['encoding', { path: `/${TOKEN}/encode` }, 404],
    ['encoding without the token', { path: '/encode' }, 404],
    ['reading by GET', { method: 'GET' }, 404],
    ['a preflight from elsewhere', { method: 'OPTIONS', headers: { origin: 'http://evil.example' } }, 403],
  ])('%s', async (_, how, status) => {
    const answer = await call(how);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain('payloads');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('nobody on this machine, under any of its names', async () => {
    const { port } = new URL(server.url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect((await call({ headers: { host } })).status).toBe(200);
    }
  });
});

describe('what the UI needs from a browser', () => {
  it('a preflight allows POST with the headers that the UI sends, for its origin alone', async () => {
    const headers = {
      origin: UI,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-namespace',
    };
    const answer = await call({ method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': UI,
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'content-type, x-namespace, authorization, authorization-extras',
      vary: 'Origin',
    });
  });

  it.each([UI, 'http://127.0.0.1:8233'])('the answer may be read by %s', async (origin) => {
    const answer = await call({ headers: { origin, 'x-namespace': 'default' } });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
  });
});

describe('bad input', () => {
  it.each<[string, Call, number]>([
    ['broken JSON', { body: '{"payloads": "robin@example.com' }, 400],
    ['another shape', { body: { payloads: 'robin@example.com' } }, 400],
    ['no base64', { body: { payloads: [{ data: 'robin@example.com' }] } }, 400],
    ['another type', { headers: { 'content-type': 'text/plain' }, body: 'robin@example.com' }, 415],
    ['9 MB', { body: JSON.stringify({ payloads: [{ data: 'A'.repeat(9 * 1024 * 1024) }] }) }, 413],
  ])('%s is answered without repeating it', async (_, how, status) => {
    const answer = await call(how);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain('robin');
  });

  it('a token that can be guessed, or does not fit into a path, starts nothing', async () => {
    const start = (token: string): Promise<CodecServer> =>
      startCodecServer({ port: 0, token, uiOrigins: [], keys });
    await expect(start('')).rejects.toThrow(RangeError);
    await expect(start('short')).rejects.toThrow(RangeError);
    await expect(start('with/a/slash/in/the/token')).rejects.toThrow(RangeError);
  });
});
