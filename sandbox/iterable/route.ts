/** A route is data: what it answers to, how often it may be called, and the function that answers. */
import type { z } from 'zod';
import { refuse } from './answers.js';
import type { Answer } from './answers.js';
import type { Limit } from './settings.js';
import { checkBody } from './shapes.js';
import type { World } from './world.js';

export interface Call {
  /** As sent, without the query. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON; nothing when there was none or it was broken. */
  readonly body: unknown;
}

export type Handler = (world: World, call: Call) => Answer;

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{name}` stands for one part of the path. */
  readonly path: string;
  /** As published; nothing where no limit is published. */
  readonly limit?: Limit;
  /** Counts against `forgetsPerDay`. */
  readonly daily?: true;
  /** The two endpoints whose 429 is documented to tell the wait in `params`. */
  readonly tellsWait?: true;
  readonly handle: Handler;
}

export const perSecond = (calls: number): Limit => ({ perSecond: calls, burst: calls });
export const perMinute = (calls: number): Limit => ({ perSecond: calls / 60, burst: calls });

/** A handler that gets its body checked. */
export function withBody<T>(
  shape: z.ZodType<T>,
  handle: (world: World, body: T, call: Call) => Answer,
): Handler {
  return (world, call) => {
    const at = { path: call.path, indexBase: world.settings.badJsonIndexBase };
    return handle(world, checkBody(shape, call.body, at), call);
  };
}

/** @throws Refusal BatchTooLarge */
export function checkRows(world: World, rows: number): void {
  const { maxBatchRows } = world.settings;
  if (rows > maxBatchRows) {
    throw refuse(400, 'BatchTooLarge', `Batch of ${rows} is larger than the maximum of ${maxBatchRows}`);
  }
}
