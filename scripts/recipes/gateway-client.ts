/** The gateway as an operator's command calls it: a token, then events in requests that it accepts. */
import { got, type Got } from 'got';
import { z } from 'zod';
import { CommandError, EXIT } from './exit-codes.js';

export interface GatewayAccess {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

const Token = z.object({ access_token: z.string() });
const Entry = z.object({
  eventId: z.string().optional(),
  status: z.enum(['accepted', 'duplicate', 'invalid']),
  location: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});
export type IntakeEntry = z.infer<typeof Entry>;

const MOST_ITEMS = 1_000;
const MOST_BYTES = 900_000; // the gateway takes 1 MB; the rest is for brackets and commas

/** An access token. @throws CommandError unreachable, or usage when the gateway refuses the credentials */
export async function fetchToken({ url, clientId, clientSecret }: GatewayAccess): Promise<string> {
  const reply = await request(() =>
    got.post(`${url}/oauth/token`, {
      form: { grant_type: 'client_credentials' },
      username: clientId,
      password: clientSecret,
      ...ONE_ATTEMPT,
    }),
  );
  if (reply.statusCode === 200) return Token.parse(JSON.parse(reply.body)).access_token;
  throw new CommandError(
    EXIT.usage,
    `the gateway refused client "${clientId}" (${String(reply.statusCode)}); give --client id:secret of one in GATEWAY_CLIENTS`,
  );
}

/** A client with a token in hand. @throws as `fetchToken` */
export async function connectGateway(access: GatewayAccess): Promise<Got> {
  const token = await fetchToken(access);
  return got.extend({ prefixUrl: access.url, headers: { authorization: `Bearer ${token}` }, ...ONE_ATTEMPT });
}

const ONE_ATTEMPT = { retry: { limit: 0 }, throwHttpErrors: false, timeout: { request: 35_000 } } as const;

/**
 * Posts one request's worth of events. A gateway that is full is asked again after the wait it names.
 * @returns one entry per event, in order
 */
export async function postEvents(gateway: Got, events: readonly unknown[]): Promise<IntakeEntry[]> {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await request(() => gateway.post('v1/product-events', { json: events }));
    if (reply.statusCode === 202) return z.array(Entry).parse(JSON.parse(reply.body));
    if (![429, 503].includes(reply.statusCode) || attempt === ATTEMPTS) {
      throw new CommandError(
        EXIT.unreachable,
        `the gateway answered ${String(reply.statusCode)}: ${reply.body.slice(0, 500)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, Number(reply.headers['retry-after'] ?? 1) * 1000));
  }
}
const ATTEMPTS = 20;

async function request<T>(send: () => PromiseLike<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    throw new CommandError(
      EXIT.unreachable,
      `the gateway does not answer (${code}); is it running (npm start), and is --url right?`,
      { cause: error },
    );
  }
}

/** Cuts a list into requests: at most 1,000 events and 0.9 MB each. */
export function* inRequests(events: readonly unknown[]): Generator<unknown[]> {
  let part: unknown[] = [];
  let partBytes = 0;
  for (const event of events) {
    const eventBytes = Buffer.byteLength(JSON.stringify(event));
    if (part.length > 0 && (part.length === MOST_ITEMS || partBytes + eventBytes > MOST_BYTES)) {
      yield part;
      part = [];
      partBytes = 0;
    }
    part.push(event);
    partBytes += eventBytes;
  }
  if (part.length > 0) yield part;
}
