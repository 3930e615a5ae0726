/** How the sandbox's own tests talk to it: plain requests, answers as they come. */
import { afterEach } from '@jest/globals';
import { startSandboxIterable } from '../../sandbox/iterable/index.js';
import type { SandboxIterable, SandboxOptions } from '../../sandbox/iterable/index.js';

export interface Reply {
  readonly status: number;
  /** Parsed where it is JSON, else text. */
  readonly body: unknown;
  readonly headers: Headers;
}

export interface Subject {
  readonly sandbox: SandboxIterable;
  readonly get: (path: string) => Promise<Reply>;
  readonly post: (path: string, body: unknown) => Promise<Reply>;
  readonly ask: (method: string, path: string, init?: RequestInit) => Promise<Reply>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function subject(sandbox: SandboxIterable): Subject {
  const ask: Subject['ask'] = async (method, path, init = {}) => {
    const headers = { 'Api-Key': sandbox.apiKey, 'Content-Type': 'application/json' };
    const response = await fetch(sandbox.url + path, { method, headers, ...init });
    return { status: response.status, body: parsed(await response.text()), headers: response.headers };
  };
  return {
    sandbox,
    ask,
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
}

/** Gives a test file its sandboxes; each is closed when its test ends. */
export function useSandboxes(): (options?: SandboxOptions) => Promise<Subject> {
  const open: SandboxIterable[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((sandbox) => sandbox.close()));
  });
  return async (options) => {
    const sandbox = await startSandboxIterable(options);
    open.push(sandbox);
    return subject(sandbox);
  };
}

/** A clock that moves only when told. */
export function clock(startMs = Date.UTC(2026, 0, 5, 12)): {
  now: () => number;
  forward: (ms: number) => void;
} {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    forward: (ms) => {
      nowMs += ms;
    },
  };
}

/** The lists of a bulk answer that name somebody. */
export function namedIn(body: unknown): Readonly<Record<string, readonly string[]>> {
  const lists =
    typeof body === 'object' && body !== null && 'failedUpdates' in body ? body.failedUpdates : {};
  const entries: [string, unknown][] = Object.entries(lists ?? {});
  return Object.fromEntries(
    entries.flatMap(([name, list]) => (isNames(list) && list.length > 0 ? [[name, list] as const] : [])),
  );
}

function isNames(list: unknown): list is readonly string[] {
  return Array.isArray(list) && list.every((name) => typeof name === 'string');
}
