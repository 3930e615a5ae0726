/** The servers that may run on this machine: the gateway, and the one that decodes payloads. Both may be elsewhere. */
import got, { RequestError, type Method } from 'got';
import { z } from 'zod';
import { note, ok, wrong, type Finding } from './finding.js';

const TIMEOUT_MS = 5_000;
const Readiness = z.object({ status: z.string() });

/** @param url where `npm start` would listen with these settings */
export async function examineGateway(url: string): Promise<Finding> {
  const reply = await ask('GET', `${url}/readyz`);
  if (reply === undefined) return note('gateway', `none answers at ${url}`);
  if (reply.status === 200) return ok('gateway', `${url} takes events`);
  const body = Readiness.safeParse(reply.body);
  const why = body.success ? `: ${body.data.status}` : '';
  return wrong('gateway', `${url} answers ${reply.status} to /readyz${why}`);
}

/** Alive if it asks for its token. */
export async function examineCodecServer(port: number | undefined): Promise<Finding | undefined> {
  if (port === undefined || port === 0) return undefined;
  const reply = await ask('POST', `http://127.0.0.1:${port}/decode`);
  if (reply === undefined) {
    return note('codec-server', `none answers at port ${port}`, ['npm run recipes -- codec']);
  }
  if (reply.status === 401) return ok('codec-server', `decodes at port ${port}`);
  return wrong('codec-server', `something else answers at port ${port}`, [
    'choose another CODEC_SERVER_PORT',
  ]);
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** @returns nothing when nobody answers */
async function ask(method: Method, url: string): Promise<Reply | undefined> {
  try {
    const { statusCode, body } = await got(url, {
      method,
      retry: { limit: 0 },
      throwHttpErrors: false,
      timeout: { request: TIMEOUT_MS },
    });
    return { status: statusCode, body: parsed(body) };
  } catch (error) {
    if (error instanceof RequestError) return undefined;
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
