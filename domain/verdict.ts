/**
 * What became of one item of a batch, and the six classes of failure that every provider's answers are cast into.
 * Reasons are stable kebab-case codes from `domain/reasons.ts`, never a provider's own text: provider messages
 * repeat addresses.
 */
import type { Reason } from './reasons.js';

/** Named by what the reader does next. */
export const FAILURE_CLASSES = [
  'invalid-input',
  'auth',
  'rate-limited',
  'unavailable',
  'rejected',
  'expected',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** Classes that do not get better by themselves: somebody has to act, so they are logged as errors. */
export const ALERTING: ReadonlySet<FailureClass> = new Set(['auth']);

export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'skipped'; readonly reason: Reason }
  | { readonly kind: 'rejected'; readonly reason: Reason; readonly class: FailureClass }
  /** Not settled: worth another attempt, not before `afterMs`. */
  | {
      readonly kind: 'retry';
      readonly reason: Reason;
      readonly class: FailureClass;
      readonly afterMs: number;
    }
  /** Sent, answer never seen. Only calls without an idempotent key end here. */
  | { readonly kind: 'unknown'; readonly reason: Reason };

export type Settled = Exclude<Verdict, { kind: 'retry' }>;

export function isSettled(verdict: Verdict): verdict is Settled {
  return verdict.kind !== 'retry';
}

/** Makes a forgotten case a type error, and a wrong value at run time a clear one. */
export function assertNever(value: never): never {
  throw new Error(`a case that no code handles: ${JSON.stringify(value)}`);
}
