/** What a run of `personConsent` knows: pure steps, in any order. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ConsentRequest } from '../../domain/consent.js';
import type { Verdict } from '../../domain/verdict.js';
import {
  change,
  finish,
  hear,
  limits,
  note,
  nothingYet,
  stateOf,
} from '../../workflows/person-consent/memory.js';
import type { ConsentMemory, PendingRequest } from '../../workflows/person-consent/messages.js';
import { afterVerdict } from '../../workflows/person-consent/outcomes.js';
import { HORIZON_MS } from '../../workflows/shared/delivery.js';

const settings = { settleMs: 60_000, lookAgainMs: [3_600_000, 86_400_000], optIns: 'checked' } as const;
const request = (n: number, kind: ConsentRequest['change']): ConsentRequest => ({
  reference: `reference-${String(n)}`,
  change: kind,
  source: 'operator',
  sourceAtMs: n,
  receivedAtMs: 0,
  email: 'robin@example.com',
});
const verdict = fc.constantFrom<Verdict>(
  { kind: 'delivered' },
  { kind: 'unchanged' },
  { kind: 'skipped', reason: 'not-in-iterable' },
  { kind: 'skipped', reason: 'channel-closed' },
  { kind: 'skipped', reason: 'forgotten-user' },
  { kind: 'rejected', reason: 'invalid-email', class: 'rejected' },
  { kind: 'rejected', reason: 'request-refused', class: 'rejected' },
  { kind: 'unknown', reason: 'unreachable' },
);

/** Plays one request to its end: whatever Iterable says, again and again, each time when the request is due. */
function play(memory: ConsentMemory, first: PendingRequest, verdicts: readonly Verdict[]): ConsentMemory {
  let known = memory;
  let pending: PendingRequest | undefined = first;
  let nowMs = 0;
  for (let tries = 0; pending !== undefined && tries < 2_000; tries += 1) {
    nowMs = Math.max(nowMs, pending.notBeforeMs);
    const said = verdicts[tries % verdicts.length] ?? { kind: 'unchanged' };
    const step = afterVerdict(pending, { verdict: said, atMs: nowMs, nowMs, settings });
    if (step.record !== undefined) known = note(known, step.record.of, 'hash', step.record.decision);
    known = step.pending === undefined ? finish(known, pending) : change(known, step.pending);
    pending = step.pending;
    if (pending !== undefined) expect(pending.notBeforeMs).toBeGreaterThan(nowMs);
  }
  expect(pending).toBeUndefined();
  expect(nowMs).toBeLessThanOrEqual(Math.max(HORIZON_MS, 86_400_000) + 3 * 3_600_000);
  return known;
}

describe('the memory of personConsent', () => {
  it('ends every request with a record, within the time, whatever Iterable says', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom('opt-out', 'opt-in'), fc.array(verdict, { minLength: 1, maxLength: 4 })),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        (stories) => {
          const requests = stories.map(([kind], n) => request(n, kind));
          let memory = hear(nothingYet(0), [...requests, ...requests], 0);
          expect(memory.pending).toHaveLength(requests.length);
          stories.forEach(([, verdicts], n) => {
            const pending = memory.pending.find((each) => each.request.reference === requests[n]?.reference);
            if (pending !== undefined) memory = play(memory, pending, verdicts);
          });
          expect(memory.pending).toEqual([]);
          expect(hear(memory, requests, 1).pending).toEqual([]);
          for (const { reference } of requests) {
            const outcomes = memory.unlogged
              .filter((record) => record.reference === reference)
              .map(({ outcome }) => outcome);
            expect(outcomes.length).toBeGreaterThanOrEqual(1);
            // One row per outcome: the log knows a record by both.
            expect(outcomes).toHaveLength(new Set(outcomes).size);
            if (outcomes.length > 1) expect(outcomes[0]).toBe('not-in-iterable');
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('stays small, however many requests a person has, and loses no record', () => {
    let memory = nothingYet(0);
    for (let n = 0; n < 600; n += 1) {
      memory = hear(memory, [request(n, 'opt-out')], n);
      const [pending] = memory.pending;
      if (pending === undefined) throw new Error('not heard');
      memory = finish(note(memory, pending, 'hash', { outcome: 'opted-out', atMs: n }), pending);
    }
    expect(memory.decided).toHaveLength(limits.decided);
    expect(memory.recent).toHaveLength(limits.recent);
    expect(memory.unlogged).toHaveLength(600);
    expect(JSON.stringify({ ...memory, unlogged: [] }).length).toBeLessThan(30_000);
  });

  it('says nothing of an address', () => {
    const memory = hear(nothingYet(0), [request(1, 'opt-out')], 5);
    expect(JSON.stringify(stateOf(memory, 'hash', new Set()))).not.toContain('robin');
    expect(memory.lastHeardMs).toBe(5);
  });
});
