/** The text of a model with its parameters filled in: days only, so that nothing has to be quoted. */
import type { DayParam, SyncModel } from '../sync-model.js';

const PLACEHOLDER = /\{\{\s*(\w+)\s*\}\}/g;

type WithSql = Pick<SyncModel, 'sql' | 'params'>;

/** @param nowMs ms since 1970: the day of the run, UTC */
export function sqlOf(model: WithSql, nowMs: number): string {
  return model.sql.trim().replaceAll(PLACEHOLDER, (_match, name: string) => {
    const param = paramOf(model, name);
    if (param === undefined) throw new Error(`the SQL names {{${name}}}, which params lacks`);
    return `CAST('${dayOf(param, nowMs)}' AS DATE)`;
  });
}

export function undeclaredParams(model: WithSql): readonly string[] {
  return [...model.sql.matchAll(PLACEHOLDER)]
    .map(([, name = '']) => name)
    .filter((name) => paramOf(model, name) === undefined);
}

function paramOf({ params = {} }: WithSql, name: string): DayParam | undefined {
  return Object.hasOwn(params, name) ? params[name] : undefined;
}

/** In a month without that day, the last day of the month. */
export function dayOf(param: DayParam, nowMs: number): string {
  const now = new Date(nowMs);
  const [year, month, date] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  if ('daysAgo' in param) return iso(Date.UTC(year, month, date - param.daysAgo));
  const lastOfMonth = new Date(Date.UTC(year, month - param.monthsAgo + 1, 0)).getUTCDate();
  return iso(Date.UTC(year, month - param.monthsAgo, Math.min(date, lastOfMonth)));
}

const iso = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
