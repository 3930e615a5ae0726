/** The events between their arrival and their answer: bounded, in order, cut into groups from the front. */
import type { SizedEvent } from './accepted-event.js';
import type { IntakeLimits } from './limits.js';
import type { Placement } from './recent-events.js';

/** `duplicate`: the event was accepted before; it happens once. */
export interface AcceptResult extends Placement {
  readonly eventId: string;
  readonly status: 'accepted' | 'duplicate';
}

export interface Waiting extends SizedEvent {
  readonly sinceMs: number;
  readonly result: Promise<AcceptResult>;
  readonly resolve: (result: AcceptResult) => void;
  readonly reject: (problem: Error) => void;
}

type Bounds = Pick<IntakeLimits, 'groupEvents' | 'groupBytes' | 'maxWaitingEvents' | 'maxWaitingBytes'>;

const ENVELOPE_BYTES = 512; // what a group has around its events

export class WaitingEvents {
  readonly #bounds: Bounds;
  /** Queued or in flight. */
  readonly #byId = new Map<string, Waiting>();
  readonly #queue: Waiting[] = [];
  #bytes = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** How many are not yet on their way. */
  get queued(): number {
    return this.#queue.length;
  }

  find(eventId: string): Waiting | undefined {
    return this.#byId.get(eventId);
  }

  all(): readonly Waiting[] {
    return [...this.#byId.values()];
  }

  /** Queues all of them or, when that would pass a bound, none: then the answer is false. */
  add(events: readonly SizedEvent[], nowMs: number): boolean {
    const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
    if (this.#byId.size + events.length > this.#bounds.maxWaitingEvents) return false;
    if (this.#bytes + bytes > this.#bounds.maxWaitingBytes) return false;
    for (const event of events) {
      const waiting = newWaiting(event, nowMs);
      this.#byId.set(event.event.eventId, waiting);
      this.#queue.push(waiting);
    }
    this.#bytes += bytes;
    return true;
  }

  /** Takes as many from the front of the queue as one group holds, at least one if there is one. */
  takeGroup(): readonly Waiting[] {
    const { groupEvents, groupBytes } = this.#bounds;
    let count = 0;
    let bytes = ENVELOPE_BYTES;
    for (const waiting of this.#queue) {
      bytes += waiting.bytes + 1; // and a comma
      if (count > 0 && (count === groupEvents || bytes > groupBytes)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  /** Takes those from the front of the queue that arrived before a time, ms since 1970. */
  takeOlderThan(timeMs: number): readonly Waiting[] {
    const firstYounger = this.#queue.findIndex(({ sinceMs }) => sinceMs >= timeMs);
    return this.#queue.splice(0, firstYounger === -1 ? this.#queue.length : firstYounger);
  }

  /** Its answer is known: it takes no more room. */
  remove(waiting: Waiting): void {
    if (this.#byId.delete(waiting.event.eventId)) this.#bytes -= waiting.bytes;
  }
}

function newWaiting(sizedEvent: SizedEvent, sinceMs: number): Waiting {
  let resolve: Waiting['resolve'] = () => undefined;
  let reject: Waiting['reject'] = () => undefined;
  const result = new Promise<AcceptResult>((onResult, onProblem) => {
    resolve = onResult;
    reject = onProblem;
  });
  return { ...sizedEvent, sinceMs, result, resolve, reject };
}
