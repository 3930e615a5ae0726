/** What happens to one person in one seed of the race: a timetable, the same for the same seed. */
import { randomNumbers } from '../../../sandbox/shared/fault-draw.js';
import type { Action, Target } from '../../../sandbox/iterable/index.js';

export const MARKETING = 101;
/** Of somebody else's: two message types, a list, a channel. The first shares its array with ours. */
export const OTHERS: readonly Target[] = [
  { group: 'messageType', id: 104, policy: 'OptIn' },
  { group: 'messageType', id: 103, policy: 'OptOut' },
  { group: 'emailList', id: 301 },
  { group: 'messageChannel', id: 12 },
];

export type Change =
  | { readonly kind: 'opt-out' | 'opt-in'; readonly atMs: number; readonly heardAfterMs: number }
  | { readonly kind: 'profile'; readonly atMs: number; readonly value: number }
  | { readonly kind: 'preference'; readonly atMs: number; readonly target: Target; readonly action: Action };

const KINDS = ['opt-out', 'opt-out', 'opt-in', 'opt-in', 'profile', 'preference', 'preference'] as const;
/** From all at once to slow enough for each to be applied before the next one is heard of; parts of the longest time. */
const WITHIN = [0.04, 0.3, 1] as const;
/** Most reports come at once, one in four up to so much later than what it reports: out of order. */
const LATE = [0.005, 0.2, 0.6] as const;
const LATE_SHARE = 0.25;
const PROMPT_MS = 50;

/**
 * @param longestMs of the seeds whose changes are spread most
 * @returns changes in the order in which they happen, `atMs` from the start of the seed
 */
export function changesOf(seed: number, count: number, longestMs: number): readonly Change[] {
  const random = randomNumbers(seed);
  const pick = <const T>(list: readonly [T, ...T[]]): T =>
    list[Math.floor(random() * list.length)] ?? list[0];
  const withinMs = pick(WITHIN) * longestMs;
  const lateMs = pick(LATE) * longestMs;
  const times = Array.from({ length: count }, () => Math.floor(random() * withinMs)).sort((a, b) => a - b);
  return times.map((atMs, index): Change => {
    const kind = pick(KINDS);
    if (kind === 'profile') return { kind, atMs, value: index };
    if (kind === 'preference') {
      const target = OTHERS[Math.floor(random() * OTHERS.length)] ?? { group: 'emailList', id: 301 };
      return { kind, atMs, target, action: pick(['subscribe', 'unsubscribe']) };
    }
    const heardWithinMs = random() < LATE_SHARE ? lateMs : PROMPT_MS;
    return { kind, atMs, heardAfterMs: Math.floor(random() * heardWithinMs) };
  });
}
