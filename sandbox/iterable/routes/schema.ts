/** What marketing operations have set up: message types, channels, journeys. */
import { badParams, json } from '../answers.js';
import type { Answer } from '../answers.js';
import type { Journey } from '../project.js';
import { perSecond } from '../route.js';
import type { Call, Route } from '../route.js';
import type { World } from '../world.js';

function journeyBody({ triggerFields: _hidden, ...told }: Journey): unknown {
  return told;
}

const SORT_KEYS = ['id', 'name', 'createdAt', 'updatedAt'] as const;

function comparison(sort: string): (a: Journey, b: Journey) => number {
  const key = SORT_KEYS.find((name) => name === sort.replace(/^[+\- ]/, ''));
  if (key === undefined) throw badParams('Invalid sort');
  const sign = sort.startsWith('-') ? -1 : 1;
  return (a, b) => sign * (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0);
}

function number(query: URLSearchParams, name: string, fallback: number, most: number): number {
  const value = Number(query.get(name) ?? fallback);
  if (!Number.isInteger(value) || value < 1 || value > most) throw badParams(`Invalid ${name}`);
  return value;
}

function pageUrl(query: URLSearchParams, page: number): string {
  const next = new URLSearchParams(query);
  next.set('page', String(page));
  return `/api/journeys?${next.toString()}`;
}

function journeys(world: World, { query }: Call): Answer {
  const page = number(query, 'page', 1, Number.MAX_SAFE_INTEGER);
  const pageSize = number(query, 'pageSize', 10, 50);
  const archived = query.getAll('state').includes('Archived');
  const all = world.settings.journeys
    .filter(({ isArchived }) => isArchived === archived)
    .sort(comparison(query.get('sort') ?? 'id'));
  const end = page * pageSize;
  return json({
    journeys: all.slice(end - pageSize, end).map(journeyBody),
    totalJourneysCount: all.length,
    ...(end < all.length ? { nextPageUrl: pageUrl(query, page + 1) } : {}),
    ...(page > 1 ? { previousPageUrl: pageUrl(query, page - 1) } : {}),
  });
}

export const SCHEMA_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/messageTypes',
    limit: perSecond(100),
    handle: (world) => json({ messageTypes: world.settings.messageTypes }),
  },
  {
    method: 'GET',
    path: '/api/channels',
    limit: perSecond(100),
    handle: (world) => json({ channels: world.settings.channels }),
  },
  { method: 'GET', path: '/api/journeys', handle: journeys },
];
