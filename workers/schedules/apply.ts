/**
 * Makes Temporal's schedules agree with those that the settings want. Several processes may do it at the same time, and
 * whoever is last changes nothing any more. What an operator has paused stays paused.
 */
import { ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import type { ScheduleClient, ScheduleDescription } from '@temporalio/client';
import { facetsOf, facetsThere, optionsOf } from './options.js';
import { SCHEDULE_PREFIX, type WantedSchedule } from './wanted.js';

/**
 * - `create`, `update`: as wanted from now on
 * - `pause`: one of ours that is not wanted any more. It keeps its place: the next poll begins where the last one ended
 * - `unchanged`
 */
export type ScheduleAction = 'create' | 'update' | 'pause' | 'unchanged';

export interface ScheduleChange {
  readonly scheduleId: string;
  readonly action: ScheduleAction;
  /** What of it is otherwise than wanted: only of `update`. */
  readonly differs: readonly string[];
  readonly wanted: WantedSchedule | undefined;
  /** As it is before; undefined where there is none. */
  readonly there: ScheduleDescription | undefined;
}

/** Marks a pause of ours, which ends when the schedule is wanted again. */
export const NOT_WANTED = 'paused because the settings do not ask for it; they start it again by themselves';

/** Says what `applySchedules` would do, and does nothing. Wanted ones first, in their order. */
export async function planSchedules(
  client: ScheduleClient,
  wanted: readonly WantedSchedule[],
): Promise<readonly ScheduleChange[]> {
  const planned = await Promise.all(wanted.map((each) => planWanted(client, each)));
  const ids = new Set(wanted.map(({ scheduleId }) => scheduleId));
  for await (const { scheduleId } of client.list()) {
    if (!scheduleId.startsWith(SCHEDULE_PREFIX) || ids.has(scheduleId)) continue;
    const there = await describe(client, scheduleId);
    if (there === undefined) continue; // lists lag behind
    const action = there.state.paused ? 'unchanged' : 'pause';
    planned.push({ scheduleId, action, differs: [], wanted: undefined, there });
  }
  return planned;
}

/** @returns what was done, as `planSchedules` said before */
export async function applySchedules(
  client: ScheduleClient,
  wanted: readonly WantedSchedule[],
): Promise<readonly ScheduleChange[]> {
  const changes = await planSchedules(client, wanted);
  await Promise.all(changes.map((change) => apply(client, change)));
  return changes;
}

async function planWanted(client: ScheduleClient, wanted: WantedSchedule): Promise<ScheduleChange> {
  const { scheduleId } = wanted;
  const there = await describe(client, scheduleId);
  if (there === undefined) return { scheduleId, action: 'create', differs: [], wanted, there };
  const differs = differences(wanted, there);
  return { scheduleId, action: differs.length === 0 ? 'unchanged' : 'update', differs, wanted, there };
}

function differences(wanted: WantedSchedule, there: ScheduleDescription): string[] {
  const is = facetsThere(there);
  const differs = Object.entries(facetsOf(wanted)).flatMap(([facet, text]) =>
    Object.entries(is).some(([other, found]) => other === facet && found === text) ? [] : [facet],
  );
  return isPausedByUs(there) ? [...differs, 'pause'] : differs;
}

export function isPausedByUs({ state }: ScheduleDescription): boolean {
  return state.paused && state.note === NOT_WANTED;
}

async function apply(client: ScheduleClient, { scheduleId, action, wanted }: ScheduleChange): Promise<void> {
  if (action === 'pause') await client.getHandle(scheduleId).pause(NOT_WANTED);
  else if (action === 'create' && wanted !== undefined) await create(client, wanted);
  else if (action === 'update' && wanted !== undefined) await update(client, wanted);
}

async function create(client: ScheduleClient, wanted: WantedSchedule): Promise<void> {
  const { scheduleId, about } = wanted;
  try {
    await client.create({ scheduleId, ...optionsOf(wanted), memo: { about } });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await update(client, wanted); // another process was faster, with settings that may be older
  }
}

async function update(client: ScheduleClient, wanted: WantedSchedule): Promise<void> {
  await client.getHandle(wanted.scheduleId).update((previous) => ({
    ...optionsOf(wanted),
    state: isPausedByUs(previous) ? { paused: false } : previous.state,
  }));
}

async function describe(
  client: ScheduleClient,
  scheduleId: string,
): Promise<ScheduleDescription | undefined> {
  try {
    return await client.getHandle(scheduleId).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}
