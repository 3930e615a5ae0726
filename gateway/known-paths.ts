/** 404 for paths that do not exist and 405 for methods that a path does not have, before any body is read. */
import type { FastifyInstance } from 'fastify';
import { problem, PROBLEMS, Rejection } from './problems.js';

/** Call before the routes are added. */
export function refuseUnknownPaths(app: FastifyInstance): void {
  const methodsByPath = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByPath.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    methodsByPath.set(url, methods);
  });
  // eslint-disable-next-line @typescript-eslint/require-await -- a hook without callback has to return a promise
  app.addHook('onRequest', async (request) => {
    if (!request.is404) return;
    const path = request.url.split('?', 1).join();
    const known = [...methodsByPath].find(([pattern]) => matches(pattern, path));
    if (known === undefined) throw new Rejection(PROBLEMS.notFound);
    const allow = [...known[1]].join(', ');
    throw new Rejection(problem(405, 'wrong-method', `This path takes ${allow}.`, { allow }));
  });
}

/** @param pattern such as `/v1/product-events/:eventId` */
function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part === given[index] || (part.startsWith(':') && given[index] !== ''))
  );
}
