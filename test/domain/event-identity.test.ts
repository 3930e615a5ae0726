import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dayOf } from '../../domain/event-identity.js';
import { PRODUCT_EVENTS } from '../../recipes/product-events.js';
import { idOf, NOON_MS } from '../recipes/accepted.js';

const DAY_MS = 86_400_000;
const signUp = {
  work_email: 'robin@example.com',
  uid: 1001,
  product_interaction: 'Personal SaaS Registration',
};
const seat = {
  work_email: 'robin@example.com',
  namespace_id: 2001,
  product_interaction: 'duo_pro_add_on_seat_assigned',
};
const trial = {
  work_email: 'robin@example.com',
  uid: 1001,
  product_interaction: 'SaaS Trial',
  trial_start_date: '2023-06-11',
};
const handRaise = {
  work_email: 'robin@example.com',
  uid: 1001,
  namespace_id: 2001,
  product_interaction: 'Hand Raise PQL',
};

describe('one event, one id', () => {
  it('in the flat and the lead naming, wrapped or not', () => {
    const { work_email, uid, ...rest } = trial;
    const columns = { ...rest, email: work_email, user_id: String(uid) };
    for (const body of [columns, { trial_user: columns }, { trial_user: trial }])
      expect(idOf(body)).toBe(idOf(trial));
  });

  it('whatever unknown keys come with it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().map((key) => `x_${key}`),
          fc.jsonValue(),
        ),
        (more) => {
          for (const body of [signUp, seat, trial, handRaise])
            expect(idOf({ ...more, ...body })).toBe(idOf(body));
        },
      ),
    );
  });

  it('whatever fields of the person have changed between two sends', () => {
    expect(idOf({ ...signUp, role: 'other', opt_in: true, first_name: 'Robin' })).toBe(idOf(signUp));
  });

  it('in any spelling of the address', () => {
    const spellings = [' ROBIN@example.com', 'Robin@Example.Com\n'];
    for (const work_email of spellings) expect(idOf({ ...seat, work_email })).toBe(idOf(seat));
  });

  it('for what happens once, however late it is sent again', () => {
    expect(idOf(signUp, NOON_MS + 20 * DAY_MS)).toBe(idOf(signUp));
    expect(idOf(trial, NOON_MS + DAY_MS)).toBe(idOf(trial));
  });
});

describe('two events, two ids', () => {
  it('for two people', () => {
    expect(idOf({ ...signUp, uid: 1002 })).not.toBe(idOf(signUp));
    expect(idOf({ ...seat, work_email: 'kim@example.com' })).not.toBe(idOf(seat));
  });

  it('for the seats of one person: another namespace, another add-on', () => {
    expect(idOf({ ...seat, namespace_id: 2002 })).not.toBe(idOf(seat));
    expect(idOf({ ...seat, product_interaction: 'duo_enterprise_add_on_seat_assigned' })).not.toBe(
      idOf(seat),
    );
  });

  it('for the trials of one person: by the day they start, in any spelling of it', () => {
    expect(idOf({ ...trial, trial_start_date: '2024-01-01' })).not.toBe(idOf(trial));
    expect(idOf({ ...trial, trial_start_date: '2023-06-11 00:00:00.000' })).toBe(idOf(trial));
    expect(idOf({ ...trial, uid: 1002 })).not.toBe(idOf(trial));
  });

  it('for hand raises on two days', () => {
    expect(idOf(handRaise, NOON_MS + DAY_MS)).not.toBe(idOf(handRaise));
    expect(idOf(handRaise, NOON_MS + 1)).toBe(idOf(handRaise));
  });

  it('but one where the backend numbers its leads, or says when it wrote them', () => {
    const numbered = { ...handRaise, id: 5001 };
    expect(idOf(numbered, NOON_MS + DAY_MS)).toBe(idOf(numbered));
    expect(idOf({ ...handRaise, id: 5002 })).not.toBe(idOf(numbered));
    const dated = { ...handRaise, created_at: '2023-06-10T08:00:00.000Z' };
    expect(idOf(dated, NOON_MS + DAY_MS)).toBe(idOf(dated));
  });

  it('for every kind of event about one person', () => {
    const ids = Object.keys(PRODUCT_EVENTS).map((product_interaction) =>
      idOf({ ...trial, product_interaction }),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('an id', () => {
  it('starts with the slug of its recipe, which no other recipe has', () => {
    for (const [product_interaction, { slug }] of Object.entries(PRODUCT_EVENTS)) {
      expect(idOf({ ...signUp, product_interaction })).toMatch(new RegExp(`^${slug}-[a-z2-7]{16}$`));
    }
    expect(new Set(Object.values(PRODUCT_EVENTS).map(({ slug }) => slug)).size).toBe(16);
    expect(idOf({ ...signUp, product_interaction: 'robin@example.com' })).toMatch(/^unmapped-[a-z2-7]{16}$/);
  });

  it('holds nothing that the sender wrote', () => {
    const word = fc.stringMatching(/^[a-z]{6,10}$/);
    fc.assert(
      fc.property(word, word, word, (name, company, value) => {
        const body = {
          work_email: `${name}@${company}.example`,
          first_name: name,
          product_interaction: value,
        };
        const id = idOf(body);
        expect(id).toMatch(/^unmapped-[a-z2-7]{16}$/);
        for (const personal of [name, company, value]) expect(id).not.toContain(personal);
      }),
    );
  });

  it('stays what it is: Iterable finds duplicates by it', () => {
    expect([signUp, seat, trial, handRaise].map((body) => idOf(body))).toEqual([
      'personal-registration-jcjns3hm37gw6mop',
      'duo-pro-seat-mtai32veoflcrzp2',
      'saas-trial-g42qcn2c6toux52v',
      'hand-raise-afwqf5rkovpoj2ox',
    ]);
  });
});

describe('the day of a date', () => {
  it.each([
    ['2023-06-11', '2023-06-11'],
    ['2023-06-11T08:00:00Z', '2023-06-11'],
    ['2023-06-11T23:59:59.999-07:00', '2023-06-11'],
    ['2023-06-11 08:00:00 UTC', '2023-06-11'],
    [' 2023-06-08 00:00:00.000 ', '2023-06-08'],
    ['2024-02-29', '2024-02-29'],
    ['2023-02-29', undefined],
    ['2023-13-01', undefined],
    ['2023-06-111', undefined],
    ['11/06/2023', undefined],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('of %j is %j', (date, day) => {
    expect(dayOf(date)).toBe(day);
  });

  it('is that day for any time on it', () => {
    const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (time) => {
        expect(dayOf(time.toISOString())).toBe(time.toISOString().slice(0, 10));
      }),
    );
  });
});
