import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  LEAD_NAMES,
  parseProductEvent,
  ProductFields,
  type ParsedBody,
} from '../../domain/product-event.schema.js';

const EMAIL = 'robin@example.com';

function fieldsOf(body: unknown): ProductFields {
  const parsed = parseProductEvent(body);
  if (!parsed.ok)
    throw new Error(parsed.errors.map(({ field, message }) => `${field}: ${message}`).join('; '));
  return parsed.fields;
}

function unknownOf(body: unknown): Readonly<Record<string, unknown>> {
  const parsed: ParsedBody = parseProductEvent(body);
  return parsed.ok ? parsed.unknown : {};
}

describe('the shapes of a body', () => {
  const flat = { work_email: EMAIL, uid: 1001, company_size: '1-99', setup_for_company: true, lead_id: 5 };
  const columns = { email: EMAIL, user_id: 1001, employees_bucket: '1-99', is_for_business_use: true, id: 5 };

  it('give the same fields: flat, by column names, wrapped', () => {
    for (const body of [columns, { trial_user: flat }, { trial_user: columns }]) {
      expect(fieldsOf(body)).toStrictEqual(fieldsOf(flat));
      expect(unknownOf(body)).toEqual({});
    }
  });

  it('know a flat name for every column', () => {
    for (const [column, flatName] of Object.entries(LEAD_NAMES)) {
      expect(ProductFields.shape).toHaveProperty(flatName);
      expect(ProductFields.shape).not.toHaveProperty(column);
    }
  });

  it('may be as small as an address', () => {
    expect(fieldsOf({ work_email: EMAIL })).toEqual({ work_email: EMAIL });
  });

  it('keep keys that no schema knows, beside the wrapper and within', () => {
    const body = { trial_user: { work_email: EMAIL, with_add_on: true, both: 1 }, gl_com: null, both: 2 };
    expect(unknownOf(body)).toStrictEqual({ with_add_on: true, both: 1, gl_com: null });
    expect(unknownOf({ work_email: EMAIL, trial_user: 'x' })).toStrictEqual({ trial_user: 'x' });
  });

  it('keep the three states of consent', () => {
    const states = [{ opt_in: true }, { opt_in: false }, { opt_in: null }, {}];
    expect(states.map((state) => fieldsOf({ work_email: EMAIL, ...state }).opt_in)).toEqual([
      true,
      false,
      null,
      undefined,
    ]);
  });
});

describe('two values for one field', () => {
  const both = { work_email: EMAIL, email: 'kim@example.com' };

  it('are settled for the flat name, in any order', () => {
    expect(fieldsOf(both).work_email).toBe(EMAIL);
    expect(fieldsOf({ email: 'kim@example.com', work_email: EMAIL }).work_email).toBe(EMAIL);
  });

  it('are settled for what is within the wrapper', () => {
    expect(fieldsOf({ work_email: EMAIL, trial_user: { email: 'kim@example.com' } }).work_email).toBe(
      'kim@example.com',
    );
  });

  it('are never settled for null', () => {
    expect(fieldsOf({ work_email: null, email: EMAIL }).work_email).toBe(EMAIL);
    expect(fieldsOf({ email: null, work_email: EMAIL }).work_email).toBe(EMAIL);
    expect(fieldsOf({ work_email: EMAIL, trial_user: { work_email: null, uid: 1 } }).work_email).toBe(EMAIL);
  });
});

describe('ids', () => {
  it.each([
    [1001, 1001],
    ['1001', 1001],
    [' 1001 ', 1001],
    ['', null],
    [' ', null],
    [null, null],
    [999_999_999_999_999, 999_999_999_999_999],
    ['999999999999999', 999_999_999_999_999],
  ])('%j is read as %j', (sent, uid) => {
    expect(fieldsOf({ work_email: EMAIL, uid: sent }).uid).toBe(uid);
  });

  it('of other things than leads may be called `id`', () => {
    expect(unknownOf({ work_email: EMAIL, id: 'b1946ac9' })).toEqual({ id: 'b1946ac9' });
    expect(fieldsOf({ work_email: EMAIL, id: '5001' }).lead_id).toBe(5001);
  });
});

describe('a body that is refused', () => {
  const NUMBER = 'is a whole number of at most 15 digits, like 1001, or null';
  const NO_EMAIL = 'this is not an e-mail address; expected something like robin@example.com';
  it.each([
    ['no address', {}, 'work_email', 'an e-mail address is required, like robin@example.com'],
    ['a null address', { email: null }, 'email', 'an e-mail address is required, like robin@example.com'],
    [
      'a number for an address',
      { work_email: 4711 },
      'work_email',
      'an e-mail address is text, like robin@example.com',
    ],
    ['a broken address', { work_email: 'secret at example' }, 'work_email', NO_EMAIL],
    ['a broken address by its column', { email: 'secret' }, 'email', NO_EMAIL],
    ['a broken address within', { trial_user: { email: 'secret' } }, 'email', NO_EMAIL],
    [
      'text for an id',
      { work_email: EMAIL, uid: 'secret' },
      'uid',
      `Id of the user in the product ${NUMBER}`,
    ],
    [
      'the same by its column',
      { work_email: EMAIL, user_id: 'secret' },
      'user_id',
      `Id of the user in the product ${NUMBER}`,
    ],
    ['a fraction', { work_email: EMAIL, uid: 1.5 }, 'uid', `Id of the user in the product ${NUMBER}`],
    ['a negative id', { work_email: EMAIL, uid: -1 }, 'uid', `Id of the user in the product ${NUMBER}`],
    [
      'an id that JSON rounds',
      { work_email: EMAIL, uid: 2 ** 53 },
      'uid',
      `Id of the user in the product ${NUMBER}`,
    ],
    [
      '16 digits',
      { work_email: EMAIL, uid: '1234567890123456' },
      'uid',
      `Id of the user in the product ${NUMBER}`,
    ],
    [
      'an object for an id',
      { work_email: EMAIL, namespace_id: {} },
      'namespace_id',
      `Id of the top-level namespace ${NUMBER}`,
    ],
    [
      'text for consent',
      { work_email: EMAIL, opt_in: 'yes' },
      'opt_in',
      'Consent to marketing mail (absent: unknown) is true, false or null',
    ],
    [
      'a number for text',
      { work_email: EMAIL, first_name: 4711 },
      'first_name',
      'First name is text, or null',
    ],
    [
      'an endless text',
      { work_email: EMAIL, comment: 'secret'.repeat(9000) },
      'comment',
      'Free text of the form has at most 32000 characters',
    ],
    [
      'a number for the kind',
      { work_email: EMAIL, product_interaction: 4711 },
      'product_interaction',
      'product_interaction is text, or null',
    ],
  ])('%s', (_case, body, field, message) => {
    const parsed = parseProductEvent(body);
    expect(parsed).toStrictEqual({ ok: false, errors: [{ field, message }] });
    expect(JSON.stringify(parsed)).not.toMatch(/secret|4711|123456789/);
  });

  it.each([[null], [[]], ['text'], [1], [true], [undefined]])('%j, which is no object', (body) => {
    expect(parseProductEvent(body)).toMatchObject({ ok: false, errors: [{ field: '' }] });
  });

  it('hears about all its faults at once', () => {
    const parsed = parseProductEvent({ work_email: 'x', uid: 'y', opt_in: 'z' });
    const fields = parsed.ok ? [] : parsed.errors.map(({ field }) => field);
    expect(fields.sort()).toEqual(['opt_in', 'uid', 'work_email']);
  });
});

describe('hostile bodies', () => {
  it('with keys of the object prototype are read like any other', () => {
    const body: unknown = JSON.parse(
      `{"work_email": "${EMAIL}", "__proto__": {"opt_in": true}, "constructor": "x", "toString": 1, "hasOwnProperty": 2}`,
    );
    const { opt_in } = fieldsOf(body);
    expect(opt_in).toBeUndefined();
    const unknown = unknownOf(body);
    expect(Object.keys(unknown).sort()).toEqual(['__proto__', 'constructor', 'hasOwnProperty', 'toString']);
    expect(Object.getPrototypeOf(unknown)).toBe(Object.prototype);
    expect(Object.keys(fieldsOf({ work_email: EMAIL }))).toEqual(['work_email']);
  });

  it('give fields or errors, never a throw', () => {
    const keys = [
      ...Object.keys(ProductFields.shape),
      ...Object.keys(LEAD_NAMES),
      'trial_user',
      '__proto__',
      'x',
    ];
    const object = fc.dictionary(fc.constantFrom(...keys), fc.anything());
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.object(), object, fc.anything()), (body) => {
        const parsed = parseProductEvent(body);
        if (!parsed.ok) expect(parsed.errors.length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });
});
