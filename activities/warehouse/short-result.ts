import { ApplicationFailure } from '@temporalio/common';

/** Fewer or more rows came than the engine had declared: the result is not to be used. */
export function shortResult(declared: number, came: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'short-result',
    message: `${came} rows came of ${declared}`,
  });
}
