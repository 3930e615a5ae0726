/** Faults on purpose: which request gets which is settled by a seed, so that a failing run can be had again. */

export interface FaultPlan<F extends string> {
  readonly seed: number;
  /**
   * By exact path (`/api/events/track`), by the path of the route (`/api/users/{email}`), or `*` for those that are
   * not named. Rates from 0 to 1; their sum is at most 1.
   */
  readonly rates: Readonly<Record<string, Readonly<Partial<Record<F, number>>>>>;
}

/** Mulberry32: 32 bits of state, numbers in [0, 1). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** FNV-1a, 32 bits. */
export function hashOf(label: string): number {
  let hash = 0x811c9dc5;
  for (const character of label) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

function checkRates(plan: FaultPlan<string>): void {
  for (const [path, rates] of Object.entries(plan.rates)) {
    const values = Object.values(rates).map((rate) => rate ?? 0);
    const sum = values.reduce((total, rate) => total + rate, 0);
    if (values.some((rate) => rate < 0) || sum > 1 + 1e-9) {
      throw new RangeError(
        `fault rates of ${path} add up to ${sum}; give rates from 0 to 1 with a sum of at most 1`,
      );
    }
  }
}

/**
 * Draws the fault of each request. Every endpoint has its own row of random numbers, so that what one endpoint
 * gets does not depend on how much the others were called.
 * @param faults in the order in which one random number is held against their rates
 * @throws RangeError when rates are negative or add up to more than 1
 */
export function faultDraw<F extends string>(
  faults: readonly F[],
  plan: FaultPlan<F>,
): (path: string, route: string) => F | undefined {
  checkRates(plan);
  const rows = new Map<string, () => number>();
  return (path, route) => {
    const key = [path, route, '*'].find((name) => Object.hasOwn(plan.rates, name));
    const rates = key === undefined ? undefined : plan.rates[key];
    if (rates === undefined) return undefined;
    const next = rows.get(route) ?? randomNumbers(plan.seed ^ hashOf(route));
    rows.set(route, next);
    let left = next();
    return faults.find((fault) => (left -= rates[fault] ?? 0) < 0);
  };
}
