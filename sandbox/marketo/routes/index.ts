/** Every endpoint of the sandbox, and how a request finds its own. */
import type { Route } from '../route.js';
import { ACTIVITY_ROUTES } from './activities.js';
import { EXPORT_ROUTES } from './exports.js';
import { LEAD_ROUTES } from './leads.js';
import { STATS_ROUTES } from './stats.js';

export const IDENTITY_PATH = '/identity/oauth/token';

export const ROUTES: readonly Route[] = [
  ...ACTIVITY_ROUTES,
  ...LEAD_ROUTES,
  ...STATS_ROUTES,
  ...EXPORT_ROUTES,
];

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

const patterns = ROUTES.map((route) => {
  const source = route.path.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return { route, pattern: new RegExp(`^${source}$`) };
});

/** @returns the endpoint of the method, or else one of another method, which then refuses */
export function match(method: string, path: string): Match | 'other-method' | undefined {
  const found = patterns.flatMap(({ route, pattern }) => {
    const groups = pattern.exec(path);
    return groups === null ? [] : [{ route, params: decoded(groups.groups ?? {}) }];
  });
  return (
    found.find(({ route }) => route.method === method) ?? (found.length > 0 ? 'other-method' : undefined)
  );
}

/** A broken percent-encoding names nothing that exists; it is left as it is. */
function decoded(groups: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const values = Object.entries(groups).map(([name, value]): [string, string] => {
    try {
      return [name, decodeURIComponent(value)];
    } catch {
      return [name, value];
    }
  });
  return Object.fromEntries(values);
}
