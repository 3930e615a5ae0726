/** One accepted product event becomes one profile update and one custom event for Iterable. Pure and total. */
import { mapFields, type FieldValue } from '../domain/field-mapping.js';
import type { AcceptedEvent, ProductFields } from '../domain/product-event.js';
import type { Reason } from '../domain/reasons.js';
import type { FailureClass } from '../domain/verdict.js';
import {
  FIELDS,
  PRODUCT_EVENTS,
  recipeFor,
  type ProductEventRecipe,
  type ProductEventRecipes,
} from './product-events.js';
import { PROJECT, type ProjectSettings } from './project.js';

export type MappedEvent =
  | {
      readonly ok: true;
      /** Normalised address. */
      readonly email: string;
      /** Only in projects that identify users by id as well. */
      readonly userId?: string;
      /** Fields of the user: every field that has a value. */
      readonly profile: Readonly<Record<string, FieldValue>>;
      readonly eventName: string;
      /** Fields of the event: those that the recipe's `eventFields` allows. */
      readonly eventData: Readonly<Record<string, FieldValue>>;
      /** Whole seconds since 1970, the unit of Iterable's `createdAt`. */
      readonly createdAtSeconds: number;
      /** Names of the Iterable fields whose value stands in no list of ours. */
      readonly unlisted: readonly string[];
    }
  | { readonly ok: false; readonly reason: Reason; readonly class: FailureClass };

/** The mapping as the worker calls it. */
export type MapEvent = (event: AcceptedEvent) => MappedEvent;

/**
 * What Iterable gets for one event, or why it gets nothing. The same event gives the same answer each time, so
 * that a retry repeats itself and a release after a mapping change uses the new mapping.
 * @see docs/product-events.md
 */
export function mapProductEvent(
  event: AcceptedEvent,
  project: ProjectSettings = PROJECT,
  recipes: ProductEventRecipes = PRODUCT_EVENTS,
): MappedEvent {
  const { fields } = event;
  const recipe = recipeFor(fields.product_interaction, recipes);
  if (recipe === undefined) return refused('unknown-product-interaction');
  if (recipe.companyOnly && fields.setup_for_company === false)
    return refused('personal-in-company-registration');
  const profile = mapFields(FIELDS, fields);
  const userId = userIdOf(fields, project);
  return {
    ok: true,
    email: fields.work_email,
    ...(userId === undefined ? {} : { userId }),
    profile: profile.values,
    eventName: recipe.event,
    eventData: mapFields(
      FIELDS.filter((row) => inEvent(row.scope, recipe)),
      fields,
    ).values,
    createdAtSeconds: Math.floor(event.acceptedAtMs / 1000),
    unlisted: profile.unlisted,
  };
}

function refused(reason: Reason): MappedEvent {
  return { ok: false, reason, class: 'invalid-input' };
}

function inEvent(scope: 'documented' | 'extra' | 'profile', recipe: ProductEventRecipe): boolean {
  return scope === 'documented' || (scope === 'extra' && recipe.eventFields === 'all');
}

function userIdOf({ uid }: ProductFields, project: ProjectSettings): string | undefined {
  return project.identifiedBy === 'email' || uid == null ? undefined : String(uid);
}
