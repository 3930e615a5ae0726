/** Every workflow that the `recipes` queue serves: the entry of the workflow bundle. */
export { forwardEvents } from './forward-events/workflow.js';
export { parkedEvent } from './parked-event/workflow.js';
export { personConsent } from './person-consent/workflow.js';
export { pollUnsubscribes } from './poll-unsubscribes/workflow.js';
