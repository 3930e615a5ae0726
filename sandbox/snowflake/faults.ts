/** Faults on purpose: which request gets which is settled by a seed, so that a failing run can be had again. */
import { randomNumbers } from '../shared/fault-draw.js';

export const ENDPOINTS = ['submit', 'status', 'cancel'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** In the order in which one random number is held against their rates. */
export const FAULTS = [
  '500',
  '503',
  '429',
  'expired-token',
  'hang',
  'cut',
  'executed-then-cut',
  'executed-then-503',
  'short-partition',
  'cut-partition',
  'slow',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultPlan {
  readonly seed: number;
  /** Rates from 0 to 1; their sum is at most 1. Faults that mean nothing to an endpoint do nothing there. */
  readonly rates: Readonly<Partial<Record<Endpoint, Partial<Record<Fault, number>>>>>;
}

/**
 * Draws the fault of each request. Every endpoint has its own row of random numbers.
 * @throws RangeError when rates are negative or add up to more than 1
 */
export function faultsOf({ seed, rates }: FaultPlan): (endpoint: Endpoint) => Fault | undefined {
  for (const endpoint of ENDPOINTS) checkRates(endpoint, Object.values(rates[endpoint] ?? {}));
  const rows = new Map(ENDPOINTS.map((endpoint, index) => [endpoint, randomNumbers(seed + 7919 * index)]));
  return (endpoint) => {
    const ofEndpoint = rates[endpoint];
    const next = rows.get(endpoint);
    if (ofEndpoint === undefined || next === undefined) return undefined;
    let left = next();
    return FAULTS.find((fault) => (left -= ofEndpoint[fault] ?? 0) < 0);
  };
}

function checkRates(endpoint: Endpoint, values: readonly number[]): void {
  const sum = values.reduce((total, rate) => total + rate, 0);
  if (values.some((rate) => rate < 0) || sum > 1 + 1e-9) {
    throw new RangeError(
      `fault rates of ${endpoint} add up to ${sum}; give rates from 0 to 1 with a sum of at most 1`,
    );
  }
}
