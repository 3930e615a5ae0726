/** How the sandbox Marketo's own tests talk to it: plain requests, answers as they come. */
import { afterEach } from '@jest/globals';
import { z } from 'zod';
import { startSandboxMarketo } from '../../sandbox/marketo/index.js';
import type { MarketoOptions, SandboxMarketo } from '../../sandbox/marketo/index.js';

const Body = z.looseObject({
  success: z.boolean().optional(),
  result: z.array(z.looseObject({})).optional(),
  nextPageToken: z.string().optional(),
  moreResult: z.boolean().optional(),
  errors: z.array(z.object({ code: z.string(), message: z.string() })).optional(),
  warnings: z.array(z.unknown()).optional(),
});
export type MarketoBody = z.infer<typeof Body>;

export interface MarketoReply {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** Of what is not JSON: empty. */
  readonly body: MarketoBody;
  /** `success`, or the codes of the errors. */
  readonly said: string;
}

export interface MarketoSubject {
  readonly sandbox: SandboxMarketo;
  readonly get: (path: string, parameters?: Readonly<Record<string, string>>) => Promise<MarketoReply>;
  readonly post: (path: string, body?: unknown) => Promise<MarketoReply>;
  readonly ask: (path: string, init?: RequestInit) => Promise<MarketoReply>;
  /** A new access token, used from now on. */
  readonly login: () => Promise<MarketoReply>;
  /** A paging token; everything since 2020 unless given. */
  readonly tokenSince: (since?: string) => Promise<string>;
}

function parsed(text: string): MarketoBody {
  try {
    return Body.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

async function replyOf(response: Response): Promise<MarketoReply> {
  const text = await response.text();
  const body = parsed(text);
  const said = body.success === true ? 'success' : (body.errors ?? []).map(({ code }) => code).join(',');
  return { status: response.status, text, headers: response.headers, body, said };
}

function subject(sandbox: SandboxMarketo): MarketoSubject {
  let authorization = 'Bearer none';
  const ask: MarketoSubject['ask'] = async (path, init = {}) =>
    replyOf(
      await fetch(sandbox.url + path, {
        ...init,
        headers: { authorization, ...Object.fromEntries(new Headers(init.headers)) },
      }),
    );
  const get: MarketoSubject['get'] = (path, parameters = {}) => {
    const query = new URLSearchParams(parameters).toString();
    return ask(query === '' ? path : `${path}?${query}`);
  };
  return {
    sandbox,
    ask,
    get,
    post: (path, body) =>
      ask(path, {
        method: 'POST',
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    login: async () => {
      const reply = await get('/identity/oauth/token', {
        grant_type: 'client_credentials',
        client_id: sandbox.clientId,
        client_secret: sandbox.clientSecret,
      });
      authorization = `Bearer ${String(reply.body['access_token'])}`;
      return reply;
    },
    tokenSince: async (since = '2020-01-01T00:00:00Z') => {
      const reply = await get('/rest/v1/activities/pagingtoken.json', { sinceDatetime: since });
      return reply.body.nextPageToken ?? reply.text;
    },
  };
}

/** Gives a test file its sandboxes, each with an access token; each is closed when its test ends. */
export function useMarketos(): (options?: MarketoOptions) => Promise<MarketoSubject> {
  const open: SandboxMarketo[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((sandbox) => sandbox.close()));
  });
  return async (options) => {
    const sandbox = await startSandboxMarketo(options);
    open.push(sandbox);
    const made = subject(sandbox);
    await made.login();
    return made;
  };
}

/** Reads on until Marketo says that there is no more. */
export async function readAll(
  { get, tokenSince }: MarketoSubject,
  path: string,
  parameters: Readonly<Record<string, string>>,
  from?: string,
): Promise<{ readonly result: readonly Record<string, unknown>[]; pages: readonly MarketoBody[] }> {
  let token = from ?? (await tokenSince());
  const pages: MarketoBody[] = [];
  for (let isMore = true; isMore;) {
    const { body, text } = await get(path, { ...parameters, nextPageToken: token });
    if (body.success !== true) throw new Error(text);
    pages.push(body);
    token = body.nextPageToken ?? '';
    isMore = body.moreResult === true;
  }
  return { result: pages.flatMap(({ result = [] }) => result), pages };
}
