import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseProductEvent } from '../../domain/product-event.schema.js';
import { mapProductEvent } from '../../recipes/map-product-event.js';
import { FIELDS, PRODUCT_EVENTS } from '../../recipes/product-events.js';
import { PROJECT } from '../../recipes/project.js';
import { accepted } from './accepted.js';
import { anyBody } from './arbitrary-bodies.js';

const trial = { work_email: 'robin@example.com', product_interaction: 'SaaS Trial', uid: 1001 };
const DOCUMENTED = [
  'company',
  'companyNamespace',
  'country',
  'employeeBucket',
  'firstName',
  'lastName',
  'latest_trial_start_date',
  'signupReason',
  'state',
  'userRole',
];

describe('the fields of the two documented events', () => {
  it('are the ten that the segments of the journeys use', () => {
    const documented = FIELDS.filter(({ scope }) => scope === 'documented').map(({ name }) => name);
    expect(documented.sort()).toEqual([...DOCUMENTED].sort());
  });

  it('are never more than these, whatever the body holds', () => {
    fc.assert(
      fc.property(anyBody(['SaaS Trial', 'SaaS Trial - defaulted', 'SaaS Registration']), (body) => {
        const parsed = parseProductEvent(body);
        const mapped = parsed.ok ? mapProductEvent(accepted(body)) : undefined;
        if (mapped?.ok) expect(DOCUMENTED).toEqual(expect.arrayContaining(Object.keys(mapped.eventData)));
      }),
    );
  });
});

describe('consent', () => {
  it('goes into the profile as the form said it, and into no event', () => {
    for (const opt_in of [true, false]) {
      const mapped = mapProductEvent(accepted({ ...trial, opt_in }));
      expect(mapped).toMatchObject({ ok: true, profile: { optIn: opt_in }, eventData: {} });
      expect(mapped).not.toHaveProperty('eventData.optIn');
    }
  });

  it.each([{}, { opt_in: null }])('stays unknown where nobody gave it: %j', (consent) => {
    const mapped = mapProductEvent(accepted({ ...trial, ...consent }));
    expect(mapped).toHaveProperty('profile');
    expect(mapped).not.toHaveProperty('profile.optIn');
  });

  it('never subscribes anybody: no output of any body names a subscription', () => {
    fc.assert(
      fc.property(anyBody(Object.keys(PRODUCT_EVENTS)), (body) => {
        if (!parseProductEvent(body).ok) return;
        const mapped = mapProductEvent(accepted(body));
        const keys = mapped.ok ? Object.keys({ ...mapped, ...mapped.profile, ...mapped.eventData }) : [];
        expect(keys.filter((key) => /subscri|channel|messageType|emailList/i.test(key))).toEqual([]);
      }),
    );
  });
});

describe('the user id', () => {
  it('stays out of a project that knows people by address', () => {
    expect(PROJECT.identifiedBy).toBe('email');
    expect(mapProductEvent(accepted(trial))).not.toHaveProperty('userId');
  });

  it('goes along, as text, where the project is set for it and the body has one', () => {
    const hybrid = { identifiedBy: 'email-and-user-id' } as const;
    expect(mapProductEvent(accepted(trial), hybrid)).toHaveProperty('userId', '1001');
    expect(mapProductEvent(accepted({ ...trial, uid: null }), hybrid)).not.toHaveProperty('userId');
  });
});

describe('what is parked', () => {
  it.each([undefined, null, '', '  ', 'saas trial', 'toString', '__proto__', 'A value of tomorrow'])(
    'the product interaction %j, which no recipe maps',
    (product_interaction) => {
      const event = accepted({ ...trial, product_interaction });
      const reason = 'unknown-product-interaction';
      expect(mapProductEvent(event)).toStrictEqual({ ok: false, reason, class: 'invalid-input' });
    },
  );

  it('a business registration that says it is personal, and only that', () => {
    const registration = { ...trial, product_interaction: 'SaaS Registration' };
    expect(mapProductEvent(accepted({ ...registration, setup_for_company: false }))).toStrictEqual({
      ok: false,
      reason: 'personal-in-company-registration',
      class: 'invalid-input',
    });
    for (const setup_for_company of [true, null, undefined]) {
      expect(mapProductEvent(accepted({ ...registration, setup_for_company })).ok).toBe(true);
    }
    expect(mapProductEvent(accepted({ ...trial, setup_for_company: false })).ok).toBe(true);
  });
});

describe('mapping', () => {
  it('gives the same answer each time, and survives the trip through JSON', () => {
    fc.assert(
      fc.property(anyBody(Object.keys(PRODUCT_EVENTS)), fc.nat(), (body, receivedAtMs) => {
        if (!parseProductEvent(body).ok) return;
        const event = accepted(body, receivedAtMs);
        const travelled: unknown = JSON.parse(JSON.stringify(event));
        expect(travelled).toEqual(event);
        const mapped = mapProductEvent(event);
        expect(mapProductEvent(structuredClone(event))).toStrictEqual(mapped);
        expect(JSON.parse(JSON.stringify(mapped))).toEqual(mapped);
      }),
    );
  });
});
