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
/** Changes within so long of each other. */
const WITHIN_MS = 800;
/** Reports come up to so much later than what they report: out of order. */
const HEARD_WITHIN_MS = 400;

/** @returns changes in the order in which they happen, `atMs` from the start of the seed */
export function changesOf(seed: number, count: number): readonly Change[] {
  const random = randomNumbers(seed);
  const pick = <const T>(list: readonly [T, ...T[]]): T =>
    list[Math.floor(random() * list.length)] ?? list[0];
  const times = Array.from({ length: count }, () => Math.floor(random() * WITHIN_MS)).sort((a, b) => a - b);
  return times.map((atMs, index): Change => {
    const kind = pick(KINDS);
    if (kind === 'profile') return { kind, atMs, value: index };
    if (kind === 'preference') {
      const target = OTHERS[Math.floor(random() * OTHERS.length)] ?? { group: 'emailList', id: 301 };
      return { kind, atMs, target, action: pick(['subscribe', 'unsubscribe']) };
    }
    return { kind, atMs, heardAfterMs: Math.floor(random() * HEARD_WITHIN_MS) };
  });
}
