/** Durable unsubscribe in the sandbox Marketo: the standing belongs to the address, whatever happens to its leads. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MarketoOptions, SandboxMarketo, Way } from '../../sandbox/marketo/index.js';
import { useMarketos } from './ask-marketo.js';

const start = useMarketos();
const WAYS: readonly Way[] = ['link', 'form', 'crm', 'api', 'manual'];
const EMAILS = ['a@example.com', 'A@example.com', 'b@example.com', 'c@example.com', null] as const;

const types = (sandbox: SandboxMarketo, leadId: number): readonly number[] =>
  sandbox.activities({ leadId }).map(({ activityTypeId }) => activityTypeId);

describe('an unsubscribe', () => {
  it.each(WAYS)('by %s reaches every lead with the address, each with records of its own', async (how) => {
    const { sandbox } = await start();
    const [first, second, other] = ['ada@example.com', 'ADA@example.com', 'bob@example.com'].map((email) =>
      sandbox.addLead({ email }),
    );
    sandbox.unsubscribe(first ?? 0, how);
    expect(sandbox.leadsWith('Ada@example.com').map(({ unsubscribed }) => unsubscribed)).toEqual([
      true,
      true,
    ]);
    expect(types(sandbox, first ?? 0)).toEqual(how === 'link' || how === 'form' ? [12, 9, 13] : [12, 13]);
    expect(types(sandbox, second ?? 0)).toEqual([12, 13]);
    expect(types(sandbox, other ?? 0)).toEqual([12]);
    const written = sandbox.activities();
    expect(new Set(written.map(({ marketoGUID }) => marketoGUID)).size).toBe(written.length);
    sandbox.unsubscribe(second ?? 0, how);
    expect(sandbox.activities()).toHaveLength(written.length);
  });

  it('stays with the address when its leads are gone', async () => {
    const { sandbox } = await start();
    const lead = sandbox.addLead({ email: 'ada@example.com' });
    sandbox.unsubscribe(lead, 'link');
    sandbox.deleteLead(lead);
    const again = sandbox.addLead({ email: 'Ada@example.com', unsubscribed: false });
    expect(sandbox.lead(again)?.unsubscribed).toBe(true);
    expect(types(sandbox, again)).toEqual([12]);
    sandbox.configure({ bornUnsubscribedWrites: '12-and-13' });
    expect(types(sandbox, sandbox.addLead({ email: 'ada@example.com' }))).toEqual([12, 13]);
  });

  it('goes with the address in a merge, or to the winner where so configured', async () => {
    const { sandbox, get } = await start();
    const merged = (): boolean | undefined => {
      const [winner, loser] = [sandbox.addLead({ email: 'w@example.com' }), sandbox.addLead({ email: null })];
      sandbox.unsubscribe(loser, 'api');
      sandbox.mergeLeads(winner, loser);
      expect(sandbox.activities({ leadId: winner, typeId: 32 })[0]?.attributes).toMatchObject({
        'Merge IDs': String(loser),
      });
      return sandbox.lead(winner)?.unsubscribed;
    };
    expect(merged()).toBe(false);
    sandbox.configure({ mergedStanding: 'unsubscribed' });
    expect(merged()).toBe(true);
    const reply = await get('/rest/v1/leads.json', { filterType: 'id', filterValues: '2,4' });
    expect(reply.body).toMatchObject({ success: true, result: [] });
  });

  it('is known of leads that were added by the hundred thousand', async () => {
    const { sandbox } = await start();
    const first = sandbox.addLeads(100_000, (n) => ({
      email: `p${n}@example.com`,
      unsubscribed: n % 2 === 1,
    }));
    expect(sandbox.lead(sandbox.addLead({ email: 'P3@example.com' }))?.unsubscribed).toBe(true);
    sandbox.unsubscribe(first + 4, 'crm');
    sandbox.changeEmail(first + 6, 'p4@example.com');
    sandbox.deleteLead(first + 8);
    expect(sandbox.leadsWith('p4@example.com').map(({ id }) => id)).toEqual([first + 4, first + 6]);
    expect(sandbox.lead(first + 6)?.unsubscribed).toBe(true);
    expect(sandbox.leadsWith('p8@example.com')).toEqual([]);
    expect(sandbox.leadCount()).toBe(100_000);
  });
});

const email = fc.constantFrom(...EMAILS);
const nth = fc.nat(20);
const how = fc.constantFrom(...WAYS);
const act = fc.oneof(
  fc.record({
    act: fc.constant('add' as const),
    email,
    unsubscribed: fc.option(fc.boolean(), { nil: undefined }),
  }),
  fc.record({ act: fc.constant('unsubscribe' as const), nth, how }),
  fc.record({ act: fc.constant('resubscribe' as const), nth }),
  fc.record({ act: fc.constant('move' as const), nth, email }),
  fc.record({ act: fc.constant('merge' as const), nth, other: nth }),
  fc.record({ act: fc.constant('delete' as const), nth }),
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

function perform(sandbox: SandboxMarketo, live: number[], doing: Act): void {
  if (doing.act === 'add') {
    live.push(sandbox.addLead(doing));
    return;
  }
  const id = live[doing.nth % Math.max(1, live.length)];
  if (id === undefined) return;
  if (doing.act === 'unsubscribe') sandbox.unsubscribe(id, doing.how);
  else if (doing.act === 'resubscribe') sandbox.resubscribe(id);
  else if (doing.act === 'move') sandbox.changeEmail(id, doing.email);
  else remove(sandbox, live, id, doing);
}

function remove(
  sandbox: SandboxMarketo,
  live: number[],
  id: number,
  doing: Extract<Act, { act: 'merge' | 'delete' }>,
): void {
  const gone = (doing.act === 'delete' ? id : live[doing.other % live.length]) ?? id;
  if (doing.act === 'delete') sandbox.deleteLead(id);
  else if (gone === id) return;
  else sandbox.mergeLeads(id, gone);
  live.splice(live.indexOf(gone), 1);
}

/** What a reader of 12 and 13 alone makes of a lead that was born subscribed. */
function flagByRecords(sandbox: SandboxMarketo, leadId: number): boolean {
  const flips = sandbox
    .activities({ leadId, typeId: 13 })
    .filter(({ primaryAttributeValue }) => primaryAttributeValue === 'Unsubscribed');
  return flips.at(-1)?.attributes['New Value'] === 'True';
}

describe('whatever happens', () => {
  it.each<[string, MarketoOptions]>([
    ['addresses that nobody had keep the flag', {}],
    ['addresses that nobody had clear it', { unknownAddressOnMove: 'subscribes' }],
    ['a merge takes the unsubscribe over', { mergedStanding: 'unsubscribed' }],
  ])('leads with one address have one standing, and the records tell it: %s', async (_what, options) => {
    const { sandbox } = await start({ ...options, bornUnsubscribedWrites: '12-and-13' });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (doings) => {
        await sandbox.reset();
        const live: number[] = [];
        for (const doing of doings) {
          perform(sandbox, live, doing);
          for (const id of live) {
            const lead = sandbox.lead(id);
            const alike = lead?.email == null ? [] : sandbox.leadsWith(lead.email);
            expect(alike.every(({ unsubscribed }) => unsubscribed === lead?.unsubscribed)).toBe(true);
            expect(flagByRecords(sandbox, id)).toBe(lead?.unsubscribed);
          }
          expect(sandbox.leadCount()).toBe(live.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('without durable unsubscribe each lead stands for itself', async () => {
    const { sandbox } = await start({ durableUnsubscribe: false });
    const [one, two] = [1, 2].map(() => sandbox.addLead({ email: 'ada@example.com' }));
    sandbox.unsubscribe(one ?? 0, 'link');
    expect(sandbox.lead(two ?? 0)?.unsubscribed).toBe(false);
  });
});
