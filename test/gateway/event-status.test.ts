/** What became of an event, read from workflows alone: no worker answers here. */
import { describe, expect, it } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { WorkflowExecutionStatusName } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import { createEventStatusReader } from '../../gateway/event-status.js';
import type { EventStatusReader } from '../../gateway/event-status.js';
import { REASONS } from '../../domain/reasons.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';

const ID = 'saas-trial-abcdefghijklmnop';
const GROUP = '0b6b1a3e-7f0d-4c8e-9a52-3f1f6f1f2a11';
const CLOSED = new Date('2026-01-02T03:04:05.000Z');
const carries = (...keys: string[]): SearchAttributePair => ({ key: searchAttributes.eventKey, value: keys });
const OUR_KEY = carries('zzzzzzzzzzzzzzzz', 'abcdefghijklmnop');

interface FakeWorkflow {
  readonly status: WorkflowExecutionStatusName;
  readonly attributes?: SearchAttributePair[];
  readonly result?: unknown;
}

/** A namespace with these workflows, and what a search by EventKey finds in it. */
function readerOf(
  workflows: Readonly<Record<string, FakeWorkflow>>,
  found: readonly string[] = [],
): EventStatusReader & { readonly queries: string[] } {
  const queries: string[] = [];
  const get = (workflowId: string): FakeWorkflow => {
    const workflow = workflows[workflowId];
    if (workflow === undefined) throw new WorkflowNotFoundError('not found', workflowId, undefined);
    return workflow;
  };
  const reader = createEventStatusReader({
    withDeadline: (_deadline, call) => call(),
    workflow: {
      getHandle: (workflowId) => ({
        describe: async () => {
          await Promise.resolve();
          const { status, attributes = [OUR_KEY] } = get(workflowId);
          return {
            status: { name: status },
            typedSearchAttributes: new TypedSearchAttributes(attributes),
            closeTime: CLOSED,
          };
        },
        result: () => Promise.resolve(get(workflowId).result),
      }),
      list: async function* ({ query }) {
        queries.push(query);
        for (const workflowId of found) yield await Promise.resolve({ workflowId });
      },
    },
  });
  return { ...reader, queries };
}

const outcome = (status: string, more = {}): FakeWorkflow => ({
  status: 'COMPLETED',
  result: {
    outcomes: [
      { eventId: 'other-zzzzzzzzzzzzzzzz', status: 'delivered' },
      { eventId: ID, status, ...more },
    ],
  },
});

describe('an event', () => {
  it('that nobody knows has no status', async () => {
    expect(await readerOf({}).read(ID)).toBeUndefined();
    expect(await readerOf({}).read(ID, GROUP)).toBeUndefined();
  });

  it.each([
    ['alone', `event/${ID}`, undefined],
    ['in a group', `events/${GROUP}`, GROUP],
  ])(
    '%s is accepted while its workflow runs, delivered when that says so',
    async (_name, workflowId, group) => {
      const running = readerOf({ [workflowId]: { status: 'RUNNING' } });
      expect(await running.read(ID, group)).toEqual({ eventId: ID, status: 'accepted' });
      const done = readerOf({ [workflowId]: outcome('delivered') });
      expect(await done.read(ID, group)).toEqual({ eventId: ID, status: 'delivered' });
      expect([...running.queries, ...done.queries]).toEqual([]);
    },
  );

  it('is found by its key when the address names no group', async () => {
    const reader = readerOf({ [`events/${GROUP}`]: outcome('delivered') }, [
      `events/${GROUP}`,
      'events/older',
    ]);
    expect(await reader.read(ID)).toEqual({ eventId: ID, status: 'delivered' });
    expect(reader.queries).toEqual(["WorkflowType = 'forwardEvents' AND EventKey = 'abcdefghijklmnop'"]);
  });

  it('is not looked for in the group of others', async () => {
    const reader = readerOf({
      [`events/${GROUP}`]: { status: 'RUNNING', attributes: [carries('zzzzzzzzzzzzzzzz')] },
    });
    expect(await reader.read(ID, GROUP)).toBeUndefined();
  });

  it('that is parked says why, since when, and what to do', async () => {
    const attributes = [
      { key: searchAttributes.parkReason, value: 'forgotten-user' },
      { key: searchAttributes.failureClass, value: 'rejected' },
      { key: searchAttributes.parkedSince, value: CLOSED },
    ];
    const reader = readerOf({
      [`parked/${ID}`]: { status: 'RUNNING', attributes },
      [`event/${ID}`]: outcome('parked', { reason: 'forgotten-user', class: 'rejected' }),
    });
    expect(await reader.read(ID)).toEqual({
      eventId: ID,
      status: 'parked',
      reason: 'forgotten-user',
      class: 'rejected',
      since: CLOSED.toISOString(),
      fix: REASONS['forgotten-user'].fix,
    });
  });

  it('is parked by its outcome alone, when the parked workflow cannot be seen yet', async () => {
    const reader = readerOf({
      [`event/${ID}`]: outcome('parked', { reason: 'gave-up', class: 'unavailable' }),
    });
    expect(await reader.read(ID)).toMatchObject({
      status: 'parked',
      reason: 'gave-up',
      since: CLOSED.toISOString(),
    });
  });

  it.each([
    ['delivered', { eventId: ID, status: 'delivered' }],
    [
      'discarded',
      { eventId: ID, status: 'discarded', reason: 'gave-up', class: 'unavailable', since: 'then' },
    ],
  ])('that was parked is %s once somebody has decided so', async (status, expected) => {
    const result = {
      eventId: ID,
      status,
      reason: 'gave-up',
      class: 'unavailable',
      since: 'then',
      releases: 1,
    };
    const reader = readerOf({ [`parked/${ID}`]: { status: 'COMPLETED', result } });
    expect(await reader.read(ID)).toEqual(expected);
  });

  it.each(['FAILED', 'TERMINATED', 'TIMED_OUT', 'CANCELLED'] as const)(
    'whose workflow is %s has failed, and is not passed off as accepted',
    async (status) => {
      for (const workflowId of [`event/${ID}`, `parked/${ID}`]) {
        expect(await readerOf({ [workflowId]: { status } }).read(ID)).toMatchObject({
          status: 'failed',
          fix: expect.stringContaining('Reset'),
        });
      }
    },
  );

  it('has no guessed status when Temporal answers otherwise than expected', async () => {
    const reader = readerOf({ [`event/${ID}`]: { status: 'COMPLETED', result: 'nonsense' } });
    await expect(reader.read(ID)).rejects.toThrow();
  });
});
