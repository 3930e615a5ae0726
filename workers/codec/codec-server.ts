/**
 * Decodes payloads for people who look at workflows in the Temporal UI or with the temporal command. It decodes only,
 * listens on this machine only, and answers only those who know the token: the dev server's UI can be given nothing
 * but an endpoint, so the token may be part of its path.
 * @see https://docs.temporal.io/codec-server
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { ApplicationFailure, type Payload, type PayloadCodec } from '@temporalio/common';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { PayloadKeyRing } from '../../config/payload-keys.js';
import { isLoopback } from '../../config/urls.js';
import { createEncryptionCodec } from './payload-codec.js';

/** Fits into a path unescaped, and is too long to guess. */
const TOKEN = /^[\w-]{16,100}$/;
/** A page of history is at most 4 MB; base64 makes a third more of it. */
const BODY_BYTES = 8 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;

/** What the UI (2.54) may send. */
const UI_HEADERS = 'content-type, x-namespace, authorization, authorization-extras';

export interface CodecServerOptions {
  /** 0: any free port. */
  readonly port: number;
  /** 16 to 100 letters, digits, `-` and `_`; whoever has it reads every payload. */
  readonly token: string;
  /** Origins of the UIs that may ask from a browser, such as `http://localhost:8233`. */
  readonly uiOrigins: readonly string[];
  readonly keys: PayloadKeyRing;
}

export interface CodecServer {
  /** `http://127.0.0.1:<port>`; the token goes into the Authorization header. */
  readonly url: string;
  /** The same with the token in the path, for `--ui-codec-endpoint`. A secret. */
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

/** @throws RangeError for a token that is short or does not fit into a path, TypeError for an origin that is none */
export async function startCodecServer(options: CodecServerOptions): Promise<CodecServer> {
  if (!TOKEN.test(options.token)) {
    throw new RangeError('the codec server\'s token has 16 to 100 letters, digits, "-" or "_"');
  }
  const origins = new Set(options.uiOrigins.map((origin) => new URL(origin).origin));
  // Without a logger: paths hold the token, bodies hold personal data.
  const app = fastify({
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  // JSON only: browsers send plain text to other origins without asking first.
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', refuseOtherHosts);
  app.addHook('onRequest', allowOrigins(origins));
  addRoutes(app, options.token, createEncryptionCodec(options.keys));
  app.setErrorHandler<Error>(answerError);
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({ error: 'POST /decode is all there is' }),
  );

  await app.listen({ host: '127.0.0.1', port: options.port });
  const { port } = addressOf(app);
  const url = `http://127.0.0.1:${port}`;
  return { url, endpoint: `${url}/${options.token}`, close: () => app.close() };
}

function addRoutes(app: FastifyInstance, token: string, codec: PayloadCodec): void {
  const decode = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const payloads = await codec.decode(Payloads.parse(request.body).payloads);
    return reply.header('cache-control', 'no-store').send({ payloads: payloads.map(toJson) });
  };
  const byHeader = requireToken(token, ({ headers }) => headers.authorization?.replace(/^Bearer /i, ''));
  const byPath = requireToken(token, ({ params }) => TokenInPath.parse(params).token);
  app.post('/decode', { onRequest: byHeader }, decode);
  app.post('/:token/decode', { onRequest: byPath }, decode);
  const preflight = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    reply
      .headers({
        'access-control-allow-methods': 'POST, OPTIONS',
        'access-control-allow-headers': UI_HEADERS,
        'access-control-max-age': '600',
      })
      .code(204)
      .send();
  app.options('/decode', preflight);
  app.options('/:token/decode', preflight);
}

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>;

/** A foreign page can have its own name resolve to this machine; its requests then carry that name. */
const refuseOtherHosts: Hook = async (request, reply) => {
  const host = URL.canParse(`http://${request.host}`) ? new URL(`http://${request.host}`).hostname : '';
  return isLoopback(host)
    ? undefined
    : reply.code(403).send({ error: 'this server answers to localhost only' });
};

/** Only browsers send Origin. What a page elsewhere asks for is refused, not only kept from being read there. */
function allowOrigins(origins: ReadonlySet<string>): Hook {
  return async ({ headers: { origin } }, reply) => {
    reply.header('vary', 'Origin');
    if (origin === undefined) return undefined;
    if (!origins.has(origin)) return reply.code(403).send({ error: 'this origin is not the Temporal UI' });
    reply.header('access-control-allow-origin', origin);
    return undefined;
  };
}

function requireToken(token: string, presented: (request: FastifyRequest) => string | undefined): Hook {
  // Hashes have one length, so that the comparison takes one time for every guess.
  const expected = sha256(token);
  return async (request, reply) =>
    timingSafeEqual(sha256(presented(request) ?? ''), expected)
      ? undefined
      : reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'the token is missing or wrong' });
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

const TokenInPath = z.object({ token: z.string() });

const Bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));

/** JSON form of the protobuf message `temporal.api.common.v1.Payloads`. */
const Payloads = z.object({
  payloads: z
    .array(
      z.object({
        metadata: z.record(z.string(), Bytes).default({}),
        data: Bytes.default(() => Buffer.alloc(0)),
      }),
    )
    .default([]),
});

function toJson({ metadata, data }: Payload): { metadata: Record<string, string>; data: string } {
  const texts = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)] as const);
  return { metadata: Object.fromEntries(texts), data: base64(data) };
}

const base64 = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('base64');

/** Says what is wrong in our own words: messages of parsers quote the body. */
async function answerError(
  error: Error,
  _request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (error instanceof ApplicationFailure)
    return reply.code(422).send({ error: error.message, type: error.type });
  if (error instanceof z.ZodError)
    return reply.code(400).send({ error: 'the body is no JSON form of Payloads' });
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  const message = status < 500 ? 'the request cannot be read' : 'the payloads cannot be decoded';
  return reply.code(status).send({ error: message });
}

function addressOf(app: FastifyInstance): AddressInfo {
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the codec server listens on no port');
  return address;
}
