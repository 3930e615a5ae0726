/**
 * A product event after the gateway has read it. The product sends two shapes with two sets of names; inside the
 * project there is one shape and one set of names (`ProductFields`), written once in `product-event.schema.ts`.
 */
import type { ProductFields } from './product-event.schema.js';

export type { ProductFields } from './product-event.schema.js';
export type ProductFieldName = keyof ProductFields;

/** One event as it travels from the gateway to Iterable. Its id, time and person never change again. */
export interface AcceptedEvent {
  /** `<slug>-<16 characters>`; Iterable's event id, and the workflow id of an event that came alone. */
  readonly eventId: string;
  /** Receipt at the gateway, ms since 1970: the body has no time of its own. */
  readonly acceptedAtMs: number;
  readonly personHash: string;
  /** The value of `product_interaction` where a recipe knew it at acceptance, else `unmapped`: safe to show anywhere. */
  readonly sourceEvent: string;
  readonly fields: ProductFields;
  /** Keys that no schema knows, kept so that a later mapping can use them. */
  readonly unknown: Readonly<Record<string, unknown>>;
}
