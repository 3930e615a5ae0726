/** The faults that the sandbox Iterable can be given on purpose. */
import { faultDraw } from '../shared/fault-draw.js';
import type { FaultPlan as Plan } from '../shared/fault-draw.js';

/** In the order in which one random number is held against their rates. */
export const FAULTS = ['500', '503', '429', '429-text', 'hang', 'applied-then-cut', 'cut'] as const;
export type Fault = (typeof FAULTS)[number];

export type FaultPlan = Plan<Fault>;

/** @throws RangeError when rates are negative or add up to more than 1 */
export function faultsOf(plan: FaultPlan): (path: string, route: string) => Fault | undefined {
  return faultDraw(FAULTS, plan);
}
