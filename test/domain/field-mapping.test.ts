import { describe, expect, it } from '@jest/globals';
import { ABSENT, field, labelOf, mapFields, oneOf, same, text } from '../../domain/field-mapping.js';

const body = { work_email: 'robin@example.com' };

describe('text', () => {
  it('is trimmed, and blank text is absent', () => {
    expect(text()(' Sample Works ', body)).toEqual({ value: 'Sample Works' });
    expect(text()(' \n', body)).toBe(ABSENT);
  });

  it('drops stand-ins for nothing, in any case', () => {
    const company = text({ drop: ['Unknown'] });
    expect([' unknown', 'UNKNOWN', 'Unknown Works'].map((value) => company(value, body).value)).toEqual([
      undefined,
      undefined,
      'Unknown Works',
    ]);
  });
});

describe('lists and labels', () => {
  it('pass what they hold, and report what they do not', () => {
    expect(oneOf(['a'])('a ', body)).toEqual({ value: 'a' });
    expect(oneOf(['a'])('b', body)).toEqual({ unlisted: true });
    expect(oneOf(['a'], 'a')('b', body)).toEqual({ value: 'a', unlisted: true });
    expect(oneOf(['a'])(' ', body)).toBe(ABSENT);
    expect(labelOf({ a: 'The first' })('a', body)).toEqual({ value: 'The first' });
    expect(labelOf({ a: 'The first' })('toString', body)).toEqual({ unlisted: true });
    expect(labelOf({ a: 'The first' })('', body)).toBe(ABSENT);
  });
});

describe('a field', () => {
  const rows = [
    field('companyNamespace', 'setup_for_company', same),
    field('size', 'company_size', oneOf(['1-99'])),
  ];

  it('keeps the third state: null and absent stay absent, false does not', () => {
    expect(mapFields(rows, body).values).toEqual({});
    expect(mapFields(rows, { ...body, setup_for_company: null }).values).toEqual({});
    expect(mapFields(rows, { ...body, setup_for_company: false }).values).toEqual({
      companyNamespace: false,
    });
  });

  it('is named where its value is in no list', () => {
    expect(mapFields(rows, { ...body, company_size: 'some' })).toEqual({ values: {}, unlisted: ['size'] });
  });
});
