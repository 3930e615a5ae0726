/** What arrives while starts are in flight travels together; everybody gets exactly one answer. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sized } from '../../gateway/accepted-event.js';
import type { SizedEvent } from '../../gateway/accepted-event.js';
import type { StartAnswer, StartRequest } from '../../gateway/event-starter.js';
import { createIntake, IntakeUnavailable } from '../../gateway/group-commit.js';
import type { Intake, StartProblem } from '../../gateway/group-commit.js';
import type { IntakeLimits } from '../../gateway/limits.js';
import type { AcceptResult } from '../../gateway/waiting-events.js';
import { acceptedEvent } from '../support/events.js';
import { idle, ManualStarter, promptStarter, recordingMetrics } from './support.js';

const event = (n: number, fields: Record<string, unknown> = {}): SizedEvent =>
  sized(acceptedEvent(n, fields));
/** Room for 200,000 ids, as in production, takes longer to make than most stories here. */
const FEW_RECENT = { recentEvents: 1_000 };
const idOf = (n: number): string => event(n).event.eventId;
const events = (from: number, to: number): SizedEvent[] =>
  Array.from({ length: to - from + 1 }, (_, index) => event(from + index));

interface Scene {
  readonly starter: ManualStarter;
  readonly intake: Intake;
  readonly metrics: ReturnType<typeof recordingMetrics>;
  readonly problems: StartProblem[];
}

function scene(limits: Partial<IntakeLimits> = {}): Scene {
  const starter = new ManualStarter();
  const metrics = recordingMetrics();
  const problems: StartProblem[] = [];
  const onProblem = (problem: StartProblem): void => void problems.push(problem);
  const intake = createIntake({
    starter,
    metrics,
    onProblem,
    limits: { ...FEW_RECENT, maxInFlightStarts: 1, repeatAfterMs: 1, maxRepeatAfterMs: 1, ...limits },
  });
  return { starter, intake, metrics, problems };
}

const statuses = (results: readonly AcceptResult[]): string[] => results.map(({ status }) => status);
const sizes = ({ calls }: ManualStarter): number[] => calls.map(({ request }) => request.events.length);

describe('grouping', () => {
  it('starts an event that comes alone as its own workflow, at once', async () => {
    const { starter, intake } = scene();
    const answer = intake.accept([event(1)]);
    expect(starter.answerNext()).toMatchObject({ workflowId: `event/${idOf(1)}` });
    expect(await answer).toEqual([{ eventId: idOf(1), status: 'accepted' }]);
  });

  it('acknowledges nothing before Temporal has it', async () => {
    const { starter, intake } = scene();
    let answered = false;
    const answer = intake.accept([event(1)]).then(() => (answered = true));
    await idle();
    expect(answered).toBe(false);
    starter.answerNext();
    await answer;
    expect(answered).toBe(true);
  });

  it('sends what arrives during a start as one group, in order', async () => {
    const { starter, intake, metrics } = scene();
    const answers = [1, 2, 3, 4].map((n) => intake.accept([event(n)]));
    starter.answerNext();
    await answers[0];
    const group = starter.answerNext();
    expect(group.workflowId).toMatch(/^events\/[0-9a-f-]{36}$/);
    expect(group.events.map(({ eventId }) => eventId)).toEqual([2, 3, 4].map(idOf));
    const [second, third] = (await Promise.all(answers.slice(1))).flat();
    expect(second).toEqual({
      eventId: idOf(2),
      status: 'accepted',
      group: group.workflowId.slice('events/'.length),
    });
    expect(third?.group).toBe(second?.group);
    expect(metrics.lines).toEqual(['group 1', 'group 3']);
  });

  it('puts at most 100 events into a group', async () => {
    const { starter, intake } = scene({ maxInFlightStarts: 3 });
    const answer = intake.accept(events(1, 250));
    expect(sizes(starter)).toEqual([100, 100, 50]);
    while (starter.calls.length > 0) starter.answerNext();
    expect((await answer).map(({ eventId }) => eventId)).toEqual(
      events(1, 250).map((each) => each.event.eventId),
    );
  });

  it('puts at most 256 KB into a group, and a larger event alone', async () => {
    const { starter, intake } = scene({ maxInFlightStarts: 10 });
    const large = { glm_note: 'x'.repeat(100_000) };
    const huge = { glm_note: 'x'.repeat(300_000) };
    const answer = intake.accept([
      event(1, large),
      event(2, large),
      event(3, large),
      event(4, huge),
      event(5),
    ]);
    expect(sizes(starter)).toEqual([2, 1, 1, 1]);
    const written = starter.calls.map(({ request }) => JSON.stringify(request.events).length);
    expect(written.filter((bytes) => bytes > 256 * 1024)).toHaveLength(1);
    while (starter.calls.length > 0) starter.answerNext();
    await answer;
  });

  it('has at most so many starts in flight', () => {
    const { starter, intake } = scene({ maxInFlightStarts: 2 });
    for (const each of events(1, 10)) void intake.accept([each]);
    expect(sizes(starter)).toEqual([1, 1]);
  });
});

describe('duplicates', () => {
  it('of an event on its way wait for it, and are duplicates', async () => {
    const { starter, intake, metrics } = scene();
    const answers = Array.from({ length: 100 }, () => intake.accept([event(1)]));
    expect(starter.answerNext().events).toHaveLength(1);
    const all = (await Promise.all(answers)).flat();
    expect(statuses(all).filter((status) => status === 'accepted')).toHaveLength(1);
    expect(starter.calls).toHaveLength(0);
    expect(metrics.lines.filter((line) => line === 'duplicate')).toHaveLength(99);
  });

  it('within one request are found too', async () => {
    const { starter, intake } = scene();
    const same = event(1);
    const answer = intake.accept([same, event(2), same, event(1)]);
    expect(starter.answerNext().events).toHaveLength(2);
    const results = await answer;
    expect(statuses(results)).toEqual(['accepted', 'accepted', 'duplicate', 'duplicate']);
    expect(new Set(results.map(({ group }) => group)).size).toBe(1);
  });

  it('of an event accepted lately are answered without Temporal, and know its group', async () => {
    const { starter, intake } = scene();
    const first = intake.accept(events(1, 2));
    const group = starter.answerNext().workflowId.slice('events/'.length);
    await first;
    expect(await intake.accept([event(2)])).toEqual([{ eventId: idOf(2), status: 'duplicate', group }]);
    expect(starter.calls).toHaveLength(0);
  });

  it('of an event that came alone are found by its workflow id when the memory is gone', async () => {
    const { starter, intake } = scene({ recentEvents: 1 });
    const answer = intake.accept([event(1)]);
    starter.answerNext({ kind: 'already-started' });
    expect(await answer).toEqual([{ eventId: idOf(1), status: 'duplicate' }]);
  });

  it('fail together with the event they wait for, and may be sent again', async () => {
    const { starter, intake, problems } = scene();
    const answers = [intake.accept([event(1)]), intake.accept([event(1)])];
    starter.answerNext({ kind: 'refused', problem: 'grpc-3' });
    for (const answer of answers) await expect(answer).rejects.toThrow(IntakeUnavailable);
    expect(problems).toEqual([{ workflowId: `event/${idOf(1)}`, events: 1, problem: 'grpc-3' }]);
    const again = intake.accept([event(1)]);
    starter.answerNext();
    expect(statuses(await again)).toEqual(['accepted']);
  });
});

describe('a start whose outcome is unknown', () => {
  const answerWith = (
    kinds: readonly StartAnswer['kind'][],
  ): { requests: StartRequest[]; intake: Intake } => {
    const left = [...kinds];
    const starter = promptStarter(() => ({ kind: left.shift() ?? 'started', problem: 'grpc-14' }));
    const limits = { repeatAfterMs: 1, maxRepeatAfterMs: 1 };
    return {
      requests: starter.requests,
      intake: createIntake({ starter, metrics: recordingMetrics(), limits }),
    };
  };

  it('is repeated under the same id', async () => {
    const { requests, intake } = answerWith(['unknown', 'unknown']);
    expect(statuses(await intake.accept(events(1, 3)))).toEqual(['accepted', 'accepted', 'accepted']);
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map(({ workflowId }) => workflowId)).size).toBe(1);
  });

  it('was a success when the repeat finds the workflow', async () => {
    const { intake } = answerWith(['unknown', 'already-started']);
    expect(statuses(await intake.accept(events(1, 2)))).toEqual(['accepted', 'accepted']);
  });

  it('ends as unavailable once the time is up', async () => {
    const { starter, intake } = scene({ startDeadlineMs: 0 });
    const answer = intake.accept([event(1)]);
    starter.answerNext({ kind: 'unknown', problem: 'grpc-4' });
    await expect(answer).rejects.toMatchObject({ reason: 'temporal-unavailable' });
  });

  it('lets nobody wait in the queue past the deadline', async () => {
    const { starter, intake } = scene({ startDeadlineMs: 20 });
    const first = intake.accept([event(1)]);
    const second = intake.accept([event(2)]);
    await new Promise((resolve) => setTimeout(resolve, 40));
    starter.answerNext();
    expect(statuses(await first)).toEqual(['accepted']);
    await expect(second).rejects.toMatchObject({ reason: 'temporal-unavailable' });
    expect(starter.calls).toHaveLength(0);
  });
});

describe('bounds', () => {
  it('refuses at once what is over the number of waiting events, and takes again after', async () => {
    const { starter, intake } = scene({ maxWaitingEvents: 3 });
    const taken = intake.accept(events(1, 2));
    await expect(intake.accept(events(3, 4))).rejects.toMatchObject({ reason: 'overloaded' });
    const third = intake.accept([event(3)]);
    await expect(intake.accept([event(4)])).rejects.toMatchObject({ reason: 'overloaded' });
    const duplicate = intake.accept([event(3)]); // takes no room
    starter.answerNext();
    await taken;
    expect(starter.answerNext().events).toHaveLength(1);
    expect(statuses([...(await third), ...(await duplicate)])).toEqual(['accepted', 'duplicate']);
    const fourth = intake.accept([event(4)]);
    starter.answerNext();
    await fourth;
  });

  it('counts bytes, too', async () => {
    const { intake } = scene({ maxWaitingBytes: 10_000 });
    void intake.accept([event(1, { note: 'x'.repeat(6_000) })]);
    await expect(intake.accept([event(2, { note: 'x'.repeat(6_000) })])).rejects.toMatchObject({
      reason: 'overloaded',
    });
  });
});

describe('draining', () => {
  it('takes nothing more and waits for what is on its way', async () => {
    const { starter, intake } = scene();
    const answers = [intake.accept([event(1)]), intake.accept([event(2)])];
    let drained = false;
    const drain = intake.drain().then(() => (drained = true));
    await expect(intake.accept([event(3)])).rejects.toMatchObject({ reason: 'draining' });
    starter.answerNext();
    await answers[0];
    expect(drained).toBe(false);
    starter.answerNext();
    await drain;
    expect(statuses((await Promise.all(answers)).flat())).toEqual(['accepted', 'accepted']);
  });
});

describe('whatever Temporal answers and in whatever order events come', () => {
  const KINDS = ['started', 'started', 'started', 'already-started', 'unknown', 'refused', 'throws'] as const;
  type Kind = (typeof KINDS)[number];

  /** Keeps what a real server would: which workflow ids were started, with which events. */
  function fakeTemporal(kinds: readonly Kind[]): {
    readonly start: (request: StartRequest) => Promise<StartAnswer>;
    readonly started: Map<string, readonly string[]>;
    readonly groups: StartRequest[];
    readonly inFlight: { now: number; most: number };
  } {
    const started = new Map<string, readonly string[]>();
    const groups: StartRequest[] = [];
    const inFlight = { now: 0, most: 0 };
    let call = 0;
    return {
      started,
      groups,
      inFlight,
      start: async (request) => {
        groups.push(request);
        inFlight.now += 1;
        inFlight.most = Math.max(inFlight.most, inFlight.now);
        await idle();
        inFlight.now -= 1;
        const kind = kinds[call++ % kinds.length] ?? 'started';
        if (started.has(request.workflowId)) return { kind: 'already-started' };
        if (kind === 'refused') return { kind: 'refused', problem: 'grpc-3' };
        // Lost answers: every second one had been applied.
        const applied = kind === 'started' || call % 2 === 0;
        if (applied)
          started.set(
            request.workflowId,
            request.events.map(({ eventId }) => eventId),
          );
        if (kind === 'throws') throw new Error('a starter that breaks its word');
        return applied && kind === 'started' ? { kind: 'started' } : { kind: 'unknown', problem: 'grpc-14' };
      },
    };
  }

  const requests = fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 12 }), { maxLength: 25 });

  it('every request is answered once, in order; what is accepted was started, and once', async () => {
    await fc.assert(
      fc.asyncProperty(
        requests,
        fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 9 }),
        async (all, kinds) => {
          const temporal = fakeTemporal(kinds);
          const limits = {
            ...FEW_RECENT,
            maxInFlightStarts: 2,
            groupEvents: 5,
            maxWaitingEvents: 40,
            startDeadlineMs: 4,
            repeatAfterMs: 0,
            maxRepeatAfterMs: 0,
          };
          const intake = createIntake({ starter: temporal, metrics: recordingMetrics(), limits });
          const answers = await Promise.allSettled(
            all.map(async (numbers, index) => {
              for (let turn = 0; turn < index % 4; turn++) await idle();
              return { numbers, results: await intake.accept(numbers.map((n) => event(n))) };
            }),
          );
          await intake.drain();

          const startedIds = [...temporal.started.values()].flat();
          const accepted: string[] = [];
          for (const answer of answers) {
            if (answer.status === 'rejected') {
              expect(answer.reason).toBeInstanceOf(IntakeUnavailable);
              continue;
            }
            const { numbers, results } = answer.value;
            expect(results.map(({ eventId }) => eventId)).toEqual(numbers.map(idOf));
            for (const { eventId, status } of results) {
              expect(startedIds).toContain(eventId);
              if (status === 'accepted') accepted.push(eventId);
            }
          }
          expect(new Set(accepted).size).toBe(accepted.length);
          expect(temporal.inFlight.most).toBeLessThanOrEqual(2);
          for (const { events: group } of temporal.groups) expect(group.length).toBeLessThanOrEqual(5);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('without trouble at Temporal, each event is started exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (all) => {
        const temporal = fakeTemporal(['started']);
        const intake = createIntake({
          starter: temporal,
          metrics: recordingMetrics(),
          limits: { ...FEW_RECENT, groupEvents: 7 },
        });
        await Promise.all(all.map((numbers) => intake.accept(numbers.map((n) => event(n)))));
        const startedIds = [...temporal.started.values()].flat();
        expect(startedIds.sort()).toEqual([...new Set(all.flat().map(idOf))].sort());
      }),
      { numRuns: 100 },
    );
  });
});
