import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  afterHearing,
  afterOptIn,
  bounded,
  nextOf,
  orderOf,
  standingOf,
  unheardOf,
  type KnownDecisions,
  type Waiting,
} from '../../domain/consent-order.js';
import type { ConsentRequest } from '../../domain/consent.js';

type Decision = Pick<ConsentRequest, 'change' | 'sourceAtMs'>;
const NOW_MS = 1_000_000;
const now = { atMs: NOW_MS, optInsCountForMs: 1_000 };
const optOut = (sourceAtMs: number): Decision => ({ change: 'opt-out', sourceAtMs });
const optIn = (sourceAtMs: number): Decision => ({ change: 'opt-in', sourceAtMs });

const decision = fc.record<Decision>({
  change: fc.constantFrom('opt-out', 'opt-in'),
  sourceAtMs: fc.integer({ min: NOW_MS - 10, max: NOW_MS }),
});
/** The last by source time; at the same time the opt-out. */
const lastOf = (decisions: readonly Decision[]): 'opted-out' | 'opted-in' => {
  const newest = (change: Decision['change']): number =>
    Math.max(-1, ...decisions.filter((each) => each.change === change).map(({ sourceAtMs }) => sourceAtMs));
  return newest('opt-in') > newest('opt-out') ? 'opted-in' : 'opted-out';
};

/** Takes decisions in as they arrive, with a Marketo that knows of all of them. */
function settle(arriving: readonly Decision[]): { standing: string | undefined; known: KnownDecisions } {
  const inMarketo = lastOf(arriving);
  let known: KnownDecisions = {};
  let standing: string | undefined;
  for (const each of arriving) {
    known = afterHearing(known, [each]);
    const order = orderOf(each, known, now);
    if (order.kind === 'ignore') continue;
    if (each.change === 'opt-out') {
      if (order.kind === 'apply' || inMarketo === 'opted-out') standing = 'opted-out';
    } else if (inMarketo === 'opted-in') {
      standing = 'opted-in';
      known = afterOptIn(known, each);
    }
  }
  return { standing, known };
}

describe('the order of requests', () => {
  it.each([
    ['an opt-out of somebody new', optOut(5), {}, { kind: 'apply' }],
    ['an opt-out after another', optOut(5), { newestOptOutAtMs: 9 }, { kind: 'apply' }],
    ['an opt-out older than an opt-in', optOut(5), { newestOptInAtMs: 6 }, { kind: 'contested' }],
    ['an opt-out of the same moment', optOut(5), { newestOptInAtMs: 5 }, { kind: 'apply' }],
    [
      'an opt-out older than an opt-in that was overruled',
      optOut(5),
      { newestOptInAtMs: 6, newestOptOutAtMs: 7 },
      { kind: 'apply' },
    ],
    ['an opt-in of somebody new', optIn(NOW_MS - 1_000), {}, { kind: 'apply' }],
    ['an opt-in that is too old', optIn(NOW_MS - 1_001), {}, { kind: 'ignore', reason: 'too-old' }],
    [
      'an opt-in older than an opt-out',
      optIn(NOW_MS - 2),
      { newestOptOutAtMs: NOW_MS - 1 },
      { kind: 'ignore', reason: 'newer-opt-out' },
    ],
    [
      'an opt-in of the same moment',
      optIn(NOW_MS),
      { newestOptOutAtMs: NOW_MS },
      { kind: 'ignore', reason: 'newer-opt-out' },
    ],
  ] as const)('%s', (_, request, known, order) => {
    expect(orderOf(request, known, now)).toEqual(order);
  });

  it('leaves a person where the last decision by source time put them, in whatever order they arrive', () => {
    fc.assert(
      fc.property(fc.array(decision, { minLength: 1, maxLength: 12 }), (arriving) => {
        const { standing, known } = settle(arriving);
        expect(standing ?? 'opted-out').toBe(lastOf(arriving));
        if (lastOf(arriving) === 'opted-in') expect(standingOf(known)).toBe('opted-in');
      }),
    );
  });

  it('does not care in which order opt-outs arrive', () => {
    const optOuts = fc.array(fc.integer({ min: 0, max: NOW_MS }).map(optOut), { minLength: 1 });
    const orders = optOuts.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(orders, ([one, other]) => {
        expect(settle(one)).toEqual(settle(other));
      }),
    );
  });
});

describe('what is done next', () => {
  const waiting = (request: Decision, more: Partial<Waiting> = {}): Waiting => ({
    request,
    status: 'waiting',
    notBeforeMs: 0,
    ...more,
  });

  it('opt-outs first, all that are due', () => {
    const [older, newer] = [waiting(optOut(1)), waiting(optOut(9))];
    expect(nextOf([waiting(optIn(0)), newer, older], 10)).toEqual({ kind: 'opt-outs', due: [newer, older] });
  });

  it('an opt-in only when no opt-out is on its way, unless its person is not there', () => {
    const request = waiting(optIn(5));
    const verifying = waiting(optOut(1), { status: 'verifying', notBeforeMs: 60 });
    const watching = waiting(optOut(1), { status: 'watching', notBeforeMs: 60 });
    expect(nextOf([request, verifying], 10)).toEqual({ kind: 'wait', untilMs: 60 });
    expect(nextOf([request, watching], 10)).toEqual({ kind: 'opt-in', due: request });
  });

  it('the oldest opt-in of several', () => {
    const [newer, older] = [waiting(optIn(9)), waiting(optIn(3))];
    expect(nextOf([newer, older], 10)).toEqual({ kind: 'opt-in', due: older });
  });

  it('a new opt-out is looked at together with the one that is being verified', () => {
    const verifying = waiting(optOut(1), { status: 'verifying', notBeforeMs: 60 });
    const added = waiting(optOut(2));
    expect(nextOf([verifying, added], 10)).toEqual({ kind: 'wait', untilMs: 60 });
    expect(nextOf([verifying, added], 60)).toEqual({ kind: 'opt-outs', due: [verifying, added] });
  });

  it('nothing, when nothing is pending', () => {
    expect(nextOf([], 10)).toEqual({ kind: 'wait', untilMs: Infinity });
  });
});

describe('what is remembered', () => {
  it('takes each reference once', () => {
    const reference = fc.record({ reference: fc.constantFrom('a', 'b', 'c', 'd') });
    fc.assert(
      fc.property(fc.array(reference), fc.array(fc.constantFrom('a', 'b')), (requests, known) => {
        const heard = unheardOf(requests, known).map((each) => each.reference);
        expect(new Set([...heard, ...known])).toEqual(
          new Set([...requests.map((each) => each.reference), ...known]),
        );
        expect(heard).toHaveLength(new Set(heard).size);
        expect(heard.filter((each) => known.some((other) => other === each))).toEqual([]);
      }),
    );
  });

  it('keeps the newest, and no more than so many', () => {
    expect(bounded([1, 2], [3, 4], 3)).toEqual([2, 3, 4]);
    expect(bounded([], [1], 3)).toEqual([1]);
  });
});
