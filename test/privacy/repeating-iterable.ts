/**
 * The sandbox behind an Iterable that, for some people, misbehaves and repeats what it was sent: address, names and
 * API key, in bodies and headers. Everybody else is passed on to the sandbox.
 */
import type { SandboxIterable } from '../../sandbox/iterable/index.js';
import {
  startScriptedServer,
  type Scripted,
  type ScriptedServer,
  type SeenRequest,
} from '../support/scripted-server.js';
import { storyOf } from './people.js';

type Misbehaviour = (all: string) => Scripted;
const saying = (code: string, all: string): object => ({ code, msg: all, params: { offendingValue: all } });

/** By the name of the story that is in the address. */
const ALWAYS: Readonly<Record<string, Misbehaviour>> = {
  down: (all) => ({ status: 503, headers: { 'retry-after': all }, body: saying('GenericError', all) }),
  unreadable: (all) => ({ status: 200, body: `<html><title>${all}</title></html>` }),
  'key-refused': (all) => ({ status: 401, body: saying('BadApiKey', all) }),
  redirected: (all) => ({
    status: 301,
    headers: { location: `/login?${encodeURIComponent(all)}` },
    body: all,
  }),
  conflicting: (all) => ({ status: 409, body: saying('Conflict', all) }),
  'refused-oddly': (all) => ({ status: 400, body: saying(all, all) }),
};
const ONCE: Readonly<Record<string, Misbehaviour>> = {
  limited: (all) => ({ status: 429, headers: { 'retry-after': all }, body: all }),
  'cut-off': () => 'cut',
  hanging: () => 'hang',
};

export async function startRepeatingIterable(sandbox: SandboxIterable): Promise<ScriptedServer> {
  const done = new Set<string>();
  return startScriptedServer(async (request) => {
    const story = storyOf(decodeURIComponent(request.url) + request.body) ?? '';
    const misbehave = done.has(story) ? ALWAYS[story] : (ONCE[story] ?? ALWAYS[story]);
    done.add(story);
    if (misbehave === undefined) return passOn(request, sandbox.url);
    return misbehave(`${request.url} ${JSON.stringify(request.headers)} ${request.body}`);
  });
}

async function passOn({ method, url, headers, body }: SeenRequest, to: string): Promise<Scripted> {
  const answer = await fetch(to + url, {
    method,
    headers: { 'api-key': String(headers['api-key']), 'content-type': 'application/json' },
    ...(body === '' ? {} : { body }),
  });
  return { status: answer.status, body: await answer.text() };
}
