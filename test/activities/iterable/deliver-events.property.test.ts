/** Whatever Iterable does: as many verdicts as items, in their order, and nothing lost or doubled in the end. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import { z } from 'zod';
import type { DeliveryItem, ItemVerdict } from '../../../activities/iterable/contract.js';
import { acceptedEvent } from '../../support/events.js';
import { expectValidRequest } from '../../support/iterable-contract.js';
import { START_MS, startConnector, stillOpen, type TestConnector } from '../../support/iterable-connector.js';

const KINDS = ['SaaS Trial', 'Invited User', 'Personal SaaS Registration', 'Hand Raise PQL', 'Something New'];
const HOUR_MS = 3_600_000;
const MOST_ATTEMPTS = 200;

const batch = fc.array(
  fc.record({
    person: fc.integer({ min: 1, max: 8 }),
    product_interaction: fc.constantFrom(...KINDS),
    ageMs: fc.constantFrom(0, 1_000, 2 * HOUR_MS),
  }),
  { minLength: 1, maxLength: 24 },
);
const rate = fc.double({ min: 0, max: 0.2, noNaN: true });
const faults = fc.record({
  '500': rate,
  '503': rate,
  cut: rate,
  'applied-then-cut': rate,
  hang: fc.constantFrom(0, 0, 0.05),
});

describe('deliverEvents under random faults', () => {
  let connector: TestConnector;
  beforeAll(async () => {
    connector = await startConnector({}, { callTimeoutMs: 60 });
  });
  afterAll(() => connector.sandbox.close());

  /** One attempt, as Temporal makes it: a failed one is repeated with the same items. */
  async function attempt(
    items: readonly DeliveryItem[],
    number: number,
  ): Promise<readonly ItemVerdict[] | undefined> {
    try {
      const verdicts = await connector.run(items, { attempt: number });
      expect(verdicts.map(({ eventId }) => eventId)).toEqual(items.map(({ event }) => event.eventId));
      return verdicts;
    } catch (error) {
      if (!(error instanceof ApplicationFailure)) throw error;
      expect(error.nonRetryable).toBe(false);
      return undefined;
    }
  }

  it('settles every item, sends each event once by its id, and keeps the order of a person', async () => {
    await fc.assert(
      fc.asyncProperty(
        batch,
        faults,
        fc.nat(),
        fc.constantFrom(0, 90_000),
        async (rows, rates, seed, users) => {
          const { sandbox, clock } = connector;
          sandbox.reset();
          sandbox.configure({ readableAfterMs: { users, events: 0 } });
          sandbox.setFaults({ seed, rates: { '*': rates } });
          clock.nowMs = START_MS + 3 * HOUR_MS;
          const events = rows.map(({ person, ageMs, product_interaction }) =>
            acceptedEvent(person, { product_interaction }, clock.nowMs - ageMs),
          );
          const settled = new Map<string, string>();
          let open: DeliveryItem[] = events.map((event) => ({ event }));
          for (let number = 1; open.length > 0 && number < MOST_ATTEMPTS; number += 1) {
            const verdicts = await attempt(open, number);
            clock.nowMs += 61_000;
            if (verdicts === undefined) continue;
            for (const { eventId, verdict } of verdicts)
              if (verdict.kind !== 'retry') settled.set(eventId, verdict.kind);
            open = stillOpen(open, verdicts);
          }
          const wanted = new Set(events.map(({ eventId }) => eventId));
          expect(new Set(settled.keys())).toEqual(wanted);
          const delivered = [...settled].filter(([, kind]) => kind === 'delivered').map(([id]) => id);
          expect(
            sandbox
              .events()
              .map(({ id }) => id)
              .sort(),
          ).toEqual(delivered.sort());
          sandbox.received().forEach(expectValidRequest);
          expectOrder(events.map(({ eventId, personHash }) => ({ eventId, personHash })));
        },
      ),
      { numRuns: 30 },
    );
  });

  /** Each event's first write comes after the first write of the person's event before it. */
  function expectOrder(events: readonly { readonly eventId: string; readonly personHash: string }[]): void {
    const tracked = connector.sandbox.received('/api/events/track').filter(({ applied }) => applied);
    const firstWrite = new Map<string, number>();
    tracked.forEach(({ body }, at) => {
      const { id } = z.object({ id: z.string() }).parse(body);
      if (!firstWrite.has(id)) firstWrite.set(id, at);
    });
    const last = new Map<string, number>();
    for (const { eventId, personHash } of new Map(events.map((event) => [event.eventId, event])).values()) {
      const at = firstWrite.get(eventId);
      if (at === undefined) continue;
      expect(at).toBeGreaterThan(last.get(personHash) ?? -1);
      last.set(personHash, at);
    }
  }
});
