/** What ended a run before its time, as it is told to people. */
import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';

/** Type of the failure that ended an activity for good; nothing for what is no failure of ours, but a defect. */
export function failureType(error: unknown): string | undefined {
  if (isCancellation(error)) return undefined;
  if (error instanceof ActivityFailure && !(error.cause instanceof ApplicationFailure)) return 'gave-up';
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure ? (cause.type ?? 'failed') : undefined;
}

export function failureText(error: unknown): string {
  const cause = causeOf(error);
  return cause instanceof Error ? cause.message : 'unknown';
}

const causeOf = (error: unknown): unknown => (error instanceof ActivityFailure ? error.cause : error);
