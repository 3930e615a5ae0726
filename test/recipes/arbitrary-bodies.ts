/** Bodies that are nearly all acceptable, with every value in every spelling. */
import fc from 'fast-check';
import { LEAD_NAMES, ProductFields } from '../../domain/product-event.schema.js';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    'US',
    'us-ca',
    'CA',
    'Brazil',
    'other',
    'ci',
    '1-99',
    '2023-06-11 08:00:00 UTC',
    'Unknown',
    '',
  ),
);
const id = fc.oneof(fc.nat(), fc.nat().map(String), fc.constant(''));
const IDS = ['uid', 'namespace_id', 'lead_id'];
const FLAGS = ['opt_in', 'setup_for_company'];
const ADDRESSES = ['robin@example.com', ' Robin@EXAMPLE.com', 'kim@example.com'];

/** Values of the right type for a field; null is right for all but the address. */
function valuesOf(field: string): fc.Arbitrary<unknown> {
  if (field === 'work_email') return fc.constantFrom(...ADDRESSES);
  const right = IDS.includes(field) ? id : FLAGS.includes(field) ? fc.boolean() : text;
  return fc.option<unknown>(right, { nil: null });
}

/** @param values what `product_interaction` is, mostly */
export function anyBody(values: readonly string[]): fc.Arbitrary<unknown> {
  const flat = Object.keys(ProductFields.shape).map((name) => [name, valuesOf(name)] as const);
  const lead = Object.entries(LEAD_NAMES).map(([name, field]) => [name, valuesOf(field)] as const);
  const names = fc.record(Object.fromEntries([...flat, ...lead]), { requiredKeys: ['work_email'] });
  const body = fc
    .tuple(
      fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
      names,
      fc.constantFrom(...values),
    )
    .map(([beside, fields, product_interaction]) => ({ ...beside, ...fields, product_interaction }));
  return fc.oneof(
    body,
    body.map((wrapped) => ({ trial_user: wrapped })),
  );
}
