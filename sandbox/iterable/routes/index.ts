/** Every endpoint of the sandbox, and how a request finds its own. */
import type { Route } from '../route.js';
import { EVENT_ROUTES } from './events.js';
import { LIST_ROUTES } from './lists.js';
import { PRIVACY_ROUTES } from './privacy.js';
import { SCHEMA_ROUTES } from './schema.js';
import { SUBSCRIPTION_ROUTES } from './subscriptions.js';
import { USER_READ_ROUTES } from './user-reads.js';
import { USER_ROUTES } from './users.js';

export const ROUTES: readonly Route[] = [
  ...EVENT_ROUTES,
  ...USER_ROUTES,
  ...USER_READ_ROUTES,
  ...SUBSCRIPTION_ROUTES,
  ...LIST_ROUTES,
  ...PRIVACY_ROUTES,
  ...SCHEMA_ROUTES,
];

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

const exact = new Map(
  ROUTES.filter(({ path }) => !path.includes('{')).map((route) => [
    `${route.method} ${route.path}`,
    { route, params: {} },
  ]),
);
const patterns = ROUTES.filter(({ path }) => path.includes('{')).map((route) => ({
  route,
  parts: route.path.split('/'),
}));

function paramsOf(
  parts: readonly string[],
  sent: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (parts.length !== sent.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const value = sent[index] ?? '';
    if (part.startsWith('{')) params[part.slice(1, -1)] = decodeURIComponent(value);
    else if (part !== value) return undefined;
  }
  return params;
}

/**
 * @param path as sent: parts are decoded only after the path has been taken apart, so `%2F` stays in its part
 * @throws URIError for a broken percent-encoding
 */
export function match(method: string, path: string): Match | undefined {
  const fixed = exact.get(`${method} ${path}`);
  if (fixed !== undefined) return fixed;
  const sent = path.split('/');
  for (const { route, parts } of patterns) {
    const params = route.method === method ? paramsOf(parts, sent) : undefined;
    if (params !== undefined) return { route, params };
  }
  return undefined;
}
