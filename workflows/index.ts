/** Every workflow that the `recipes` queue serves: the entry of the workflow bundle. */
export { askWarehouse } from './ask-warehouse/workflow.js';
export { forwardEvents } from './forward-events/workflow.js';
export { parkedEvent } from './parked-event/workflow.js';
export { personConsent } from './person-consent/workflow.js';
export { pollUnsubscribes } from './poll-unsubscribes/workflow.js';
export { reconcileConsent } from './reconcile-consent/workflow.js';
export { recordConsent } from './record-consent/workflow.js';
export { scheduledSync } from './sync-model/scheduled.js';
export { syncModel } from './sync-model/workflow.js';
