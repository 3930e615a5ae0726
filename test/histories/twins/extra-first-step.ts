/** The workflows with a step too many before their first: what a hasty change is to the runs that are under way. */
import { sleep } from '@temporalio/workflow';
import * as right from '../../../workflows/index.js';

const late =
  <Input, Result>(workflow: (input: Input) => Promise<Result>) =>
  async (input: Input): Promise<Result> => {
    await sleep('1 second');
    return workflow(input);
  };

export const askWarehouse = late(right.askWarehouse);
export const forwardEvents = late(right.forwardEvents);
export const parkedEvent = late(right.parkedEvent);
export const personConsent = late(right.personConsent);
export const pollUnsubscribes = late(right.pollUnsubscribes);
export const reconcileConsent = late(right.reconcileConsent);
export const recordConsent = late(right.recordConsent);
export const scheduledSync = late(right.scheduledSync);
export const syncModel = late(right.syncModel);
