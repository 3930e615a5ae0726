/** The workflows with a step too many after their last: right for all of a run's life, wrong at its end. */
import { sleep } from '@temporalio/workflow';
import * as right from '../../../workflows/index.js';

const longer =
  <Input, Result>(workflow: (input: Input) => Promise<Result>) =>
  async (input: Input): Promise<Result> => {
    const result = await workflow(input);
    await sleep('1 second');
    return result;
  };

export const askWarehouse = longer(right.askWarehouse);
export const forwardEvents = longer(right.forwardEvents);
export const parkedEvent = longer(right.parkedEvent);
export const personConsent = longer(right.personConsent);
export const pollUnsubscribes = longer(right.pollUnsubscribes);
export const reconcileConsent = longer(right.reconcileConsent);
export const recordConsent = longer(right.recordConsent);
export const scheduledSync = longer(right.scheduledSync);
export const syncModel = longer(right.syncModel);
