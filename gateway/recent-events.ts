/**
 * The ids of events accepted lately, so that a re-send is answered without going to Temporal again. Bounded: past
 * the bound, a re-send of an event that came alone is still caught by its workflow id, and one that came in a group
 * by Iterable's event id. Each gateway process has its own, and at its start reads what the groups before it held.
 */
import { LRUCache } from 'lru-cache';
import { eventKeyOf } from '../workflows/shared/describe-event.js';

/** Where an accepted event went: into a group, or alone into the workflow named after it. */
export interface Placement {
  readonly group?: string;
}

export const ALONE: Placement = {};

export interface RecentEvents {
  readonly find: (eventId: string) => Placement | undefined;
  readonly remember: (eventId: string, placement: Placement) => void;
  /** The same by the hash at the end of the id, which is all that search attributes hold. */
  readonly rememberKey: (eventKey: string, placement: Placement) => void;
}

/** @param max ids that are remembered; about 200 bytes each */
export function createRecentEvents(max: number): RecentEvents {
  const placements = new LRUCache<string, Placement>({ max });
  return {
    find: (eventId) => placements.get(eventKeyOf(eventId)),
    remember: (eventId, placement) => {
      placements.set(eventKeyOf(eventId), placement);
    },
    rememberKey: (eventKey, placement) => {
      placements.set(eventKey, placement);
    },
  };
}
