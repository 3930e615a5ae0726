/** Whatever Iterable does: a verdict for each row, the state of the model in the end, and few calls for few bad rows. */
import { describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import { emailOf, planRow, startLoader } from '../../../support/sync-loader.js';

const MOST_ATTEMPTS = 100;
const rate = fc.double({ min: 0, max: 0.12, noNaN: true });

describe('a load under random faults', () => {
  it('settles each row once, rejects exactly the bad ones, and leaves the others as the model has them', async () => {
    const scene = fc.record({
      rows: fc.integer({ min: 1, max: 40 }),
      perCall: fc.integer({ min: 1, max: 30 }),
      badType: fc.uniqueArray(fc.integer({ min: 1, max: 59 }), { maxLength: 3 }),
      badEmail: fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { maxLength: 3 }),
      rates: fc.record({ '503': rate, cut: rate, 'applied-then-cut': rate }),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(scene, async ({ rows, perCall, badType, badEmail, rates, seed }) => {
        const bad = new Set([...badType, ...badEmail].filter((n) => n < rows));
        const plan = Array.from({ length: rows }, (_, n) =>
          planRow(n, 'add', { new: [String(n), 'free', badType.includes(n) ? '{"a":1}' : '["a"]'] }),
        );
        const loader = await startLoader({ plan, sandbox: { invalidEmails: badEmail.map(emailOf) } });
        try {
          // The first value settles the type of a field for good.
          loader.sandbox.setFaults(undefined);
          await fetch(`${loader.sandbox.url}/api/users/update`, {
            method: 'POST',
            headers: { 'api-key': loader.sandbox.apiKey, 'content-type': 'application/json' },
            body: JSON.stringify({ email: 'first@example.com', dataFields: { tags: ['a'] } }),
          });
          loader.sandbox.setFaults({ seed, rates: { '*': rates } });
          for (const work of [
            (n: number) => loader.load({ rowsPerCall: perCall }, { attempt: n }),
            () => loader.verify(5),
          ])
            for (let n = 1; n <= MOST_ATTEMPTS; n += 1) if (await succeeds(work(n))) break;
          const ledger = loader.store.ledger();
          expect([...ledger.keys()]).toEqual(plan.map(({ n }) => n));
          for (const { n, verdict } of ledger.values()) {
            expect(verdict).toBe(bad.has(n) ? 'rejected' : 'delivered');
            const fields = loader.sandbox.user(emailOf(n))?.dataFields;
            expect(fields).toEqual(
              bad.has(n) ? undefined : { seats: n, plan: { title: 'free' }, tags: ['a'] },
            );
          }
        } finally {
          await loader.sandbox.close();
        }
      }),
      { numRuns: 12 },
    );
  });
});

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    (error: unknown) => {
      if (error instanceof ApplicationFailure && error.nonRetryable !== true) return false;
      throw error;
    },
  );
}
