/** The gauge: calls and errors of today and of the last seven days. It needs no permission. */
import { envelope } from '../answers.js';
import type { Answer } from '../answers.js';
import type { Instance, Route } from '../route.js';
import type { DayOfUse } from '../usage.js';

const API_USER = 'api-user@example.com';

function usageOf({ day, calls }: DayOfUse): Record<string, unknown> {
  return { date: day, total: calls, users: [{ userId: API_USER, count: calls }] };
}

function errorsOf({ day, errors }: DayOfUse): Record<string, unknown> {
  const counts = [...errors].map(([errorCode, count]) => ({ errorCode, count }));
  return { date: day, total: counts.reduce((total, { count }) => total + count, 0), errors: counts };
}

const today = ({ usage, world }: Instance): readonly DayOfUse[] => [usage.today(world.nowMs, world.settings)];
const lastDays = (instance: Instance): readonly DayOfUse[] => {
  today(instance);
  return instance.usage.days();
};

const get = (
  path: string,
  days: (instance: Instance) => readonly DayOfUse[],
  show: (day: DayOfUse) => Record<string, unknown>,
): Route => ({
  method: 'GET',
  path,
  handle: (instance): Answer => envelope({ result: days(instance).map(show) }),
});

export const STATS_ROUTES: readonly Route[] = [
  get('/rest/v1/stats/usage.json', today, usageOf),
  get('/rest/v1/stats/usage/last7days.json', lastDays, usageOf),
  get('/rest/v1/stats/errors.json', today, errorsOf),
  get('/rest/v1/stats/errors/last7days.json', lastDays, errorsOf),
];
