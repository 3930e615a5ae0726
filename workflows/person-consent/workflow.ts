/**
 * The one writer of a person's subscriptions: every opt-out and opt-in of theirs, in the order of source time, applied
 * in Iterable, verified, and recorded. Stays for some days after the last request, because requests come out of order.
 * @see docs/opt-outs.md
 */
import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  consentRequestsSignal,
  consentStateQuery,
  type ConsentState,
  type PersonConsentInput,
} from './messages.js';
import { Person } from './person.js';

export async function personConsent(input: PersonConsentInput): Promise<ConsentState> {
  const person = new Person(input);
  setHandler(consentRequestsSignal, (requests) => {
    person.hear(requests);
  });
  setHandler(consentStateQuery, () => person.state());

  const logging = new CancellationScope();
  const logged = logging.run(() => person.keepLog());
  try {
    while (!person.isOver() && !workflowInfo().continueAsNewSuggested) await person.step();
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
  // Not only when it was caught: it may come with what ends the loop, and the next run would not know of it.
  const isCancelled = CancellationScope.current().consideredCancelled;
  if (isCancelled) await CancellationScope.nonCancellable(() => person.windUp());
  logging.cancel(); // the next run appends once more what this one may have appended
  await logged;

  // After a cancellation, too, what was heard of meanwhile is the next run's.
  if (person.hasPending() || !(isCancelled || person.isOver())) {
    const { personHash, environment } = input;
    await continueAsNew<typeof personConsent>({ personHash, environment, resumed: person.toResume() });
  }
  return person.state();
}
