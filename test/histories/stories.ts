/** Every story of every workflow type: recorded by `npm run histories`, replayed by histories.test.ts. */
import { askWarehouseStories } from './ask-warehouse.stories.js';
import { forwardEventsStories } from './forward-events.stories.js';
import { parkedEventStories } from './parked-event.stories.js';
import { personConsentStories } from './person-consent.stories.js';
import { pollUnsubscribesStories } from './poll-unsubscribes.stories.js';
import { reconcileConsentStories } from './reconcile-consent.stories.js';
import { recordConsentStories } from './record-consent.stories.js';
import type { Story } from './scene.js';
import { scheduledSyncStories, syncModelStories } from './sync-model.stories.js';

/** By workflow type, then by the story's name, which is also the name of its file. */
export const stories: Readonly<Record<string, Readonly<Record<string, Story>>>> = {
  askWarehouse: askWarehouseStories,
  forwardEvents: forwardEventsStories,
  parkedEvent: parkedEventStories,
  personConsent: personConsentStories,
  pollUnsubscribes: pollUnsubscribesStories,
  reconcileConsent: reconcileConsentStories,
  recordConsent: recordConsentStories,
  scheduledSync: scheduledSyncStories,
  syncModel: syncModelStories,
};
