/** Transforms of the product-event fields that need reference data. */
import { dayOf } from '../../domain/event-identity.js';
import { ABSENT, UNLISTED, type Mapped } from '../../domain/field-mapping.js';
import type { ProductFields } from '../../domain/product-event.js';

/** `YYYY-MM-DD` from any spelling of a date. */
export const calendarDay = (date: string): Mapped => {
  if (date.trim() === '') return ABSENT;
  const day = dayOf(date);
  return day === undefined ? UNLISTED : { value: day };
};

export const countryName = (code: string): Mapped => (code.trim() === '' ? ABSENT : UNLISTED);
export const stateName = (code: string, _all: ProductFields): Mapped =>
  code.trim() === '' ? ABSENT : UNLISTED;
export const signupReason = (key: string, _all: ProductFields): Mapped =>
  key.trim() === '' ? ABSENT : UNLISTED;
