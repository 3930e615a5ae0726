/** Reads JSON bodies: UTF-8 only, uncompressed, not too deep, and without keys that reach into prototypes. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { REQUEST_LIMITS } from './limits.js';
import { PROBLEMS, Rejection } from './problems.js';
import type { Problem } from './problems.js';

/** `application/json` and everything that ends in `+json`, with parameters. */
const JSON_TYPES = /^application\/(?:[\w.+-]+\+)?json(?:;|$)/;

export function acceptJson(app: FastifyInstance): void {
  // `__proto__` and `constructor.prototype` are dropped: no recipe has such keys, and merging them would be harmful.
  const parse = app.getDefaultJsonParser('remove', 'remove');
  app.addContentTypeParser(JSON_TYPES, { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const problem = problemOfBody(request, body);
    if (problem === undefined) void parse(request, body.toString('utf8'), done);
    else done(new Rejection(problem));
  });
}

function problemOfBody(request: FastifyRequest, body: Buffer): Problem | undefined {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') return PROBLEMS.encoded;
  const charset = /;\s*charset="?([\w-]+)/i.exec(request.headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  if (!/^(utf-?8|us-ascii)$/i.test(charset)) return PROBLEMS.wrongCharset;
  if (!isUtf8(body)) return PROBLEMS.brokenText;
  if (isNestedDeeperThan(body, REQUEST_LIMITS.nestingLevels)) return PROBLEMS.tooDeep;
  return undefined;
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\[]{}');

/**
 * Counts brackets outside of strings, before anything is parsed: one pass, no recursion, whatever the text.
 * @param levels of one event; the array around several events does not count
 */
export function isNestedDeeperThan(json: Buffer, levels: number): boolean {
  const isArray = /^\s*\[/.test(json.toString('latin1', 0, 100));
  const deepest = isArray ? levels + 1 : levels;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (inString) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      depth += 1;
      if (depth > deepest) return true;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
  }
  return false;
}
