/**
 * Product events: what the product backend posts, and what Iterable gets.
 *
 * A new field is one line in FIELDS and one fixture in test/fixtures/product-events. A new value of
 * `product_interaction` is one entry in PRODUCT_EVENTS and one fixture. Values that stand in no entry are parked,
 * and can be released once they do.
 */
import { UNMAPPED, type KeyPart } from '../domain/event-identity.js';
import type { ProductFields } from '../domain/product-event.js';
import { field, oneOf, same, text, type FieldRow } from '../domain/field-mapping.js';
import { calendarDay, countryName, signupReason, stateName } from './reference/transforms.js';
import { EMPLOYEE_BUCKETS, ROLES } from './reference/lists.js';

export const FIELDS: readonly FieldRow[] = [
  field('firstName', 'first_name', text()),
  field('lastName', 'last_name', text()),
  field('company', 'company_name', text({ drop: ['Unknown'] })),
  field('companyNamespace', 'setup_for_company', same),
  field('country', 'country', countryName),
  field('state', 'state', stateName),
  field('employeeBucket', 'company_size', oneOf(EMPLOYEE_BUCKETS)),
  field('latest_trial_start_date', 'trial_start_date', calendarDay),
  field('signupReason', 'jtbd', signupReason),
  field('userRole', 'role', oneOf(ROLES, 'other')),
  field('preferredLanguage', 'preferred_language', text(), 'extra'),
  field('existingPlan', 'existing_plan', text(), 'extra'),
  field('glmSource', 'glm_source', text(), 'extra'),
  field('glmContent', 'glm_content', text(), 'extra'),
  field('namespaceId', 'namespace_id', same, 'extra'),
  // What the form said, kept for segments. It subscribes nobody: consent is recipes/subscriptions.ts alone.
  field('optIn', 'opt_in', same, 'profile'),
];

export interface ProductEventRecipe {
  /** Start of the event's id. Never change it: the id is how duplicates are found. */
  readonly slug: string;
  /** Name of the custom event at Iterable; journeys start on it. */
  readonly event: string;
  /** What makes two bodies the same event, see domain/event-identity.ts. */
  readonly key: readonly KeyPart[];
  /** `documented`: only the ten fields that the journeys' segments use. `all`: the extra ones too. */
  readonly eventFields: 'documented' | 'all';
  /** Only for companies: a body that says otherwise is parked. */
  readonly companyOnly?: true;
}

/** A person signs up, is invited, or opens an account once. */
const ONCE: readonly KeyPart[] = ['person'];
/** One trial of a person. The two calls that the product makes for one trial are one event. */
const PER_TRIAL: readonly KeyPart[] = ['person', 'trial'];
const PER_NAMESPACE_TRIAL: readonly KeyPart[] = ['person', 'namespace', 'trial'];
/** Seats go to addresses: the assignment names no user id. */
const PER_SEAT: readonly KeyPart[] = ['email', 'namespace'];
/** What somebody may do again: hand raises, carts. */
const EACH_TIME: readonly KeyPart[] = ['person', 'namespace', 'occurrence'];

const own = (slug: string, event: string, key: readonly KeyPart[]): ProductEventRecipe => ({
  slug,
  event,
  key,
  eventFields: 'all',
});
const trial = (slug: string): ProductEventRecipe => ({
  slug,
  event: 'SaaS Trials Event',
  key: PER_TRIAL,
  eventFields: 'documented',
});

/** By the value of `product_interaction`, spelled exactly as the product spells it. */
export type ProductEventRecipes = Readonly<Record<string, ProductEventRecipe>>;

export const PRODUCT_EVENTS: ProductEventRecipes = {
  // Journey "SaaS Trial Onboarding + Post"
  'SaaS Trial': trial('saas-trial'),
  'SaaS Trial - defaulted': trial('saas-trial-defaulted'),
  // Journey "Free User + Invited Onboarding"
  'SaaS Registration': {
    slug: 'saas-registration',
    event: 'SaaS Free Registration',
    key: ONCE,
    eventFields: 'documented',
    companyOnly: true,
  },
  'Personal SaaS Registration': own('personal-registration', 'SaaS Personal Registration', ONCE),
  'Invited User': own('invited-user', 'SaaS Invited Registration', ONCE),
  // Accounts opened on the way to a trial or a purchase
  'SaaS Trial Account Creation': own('trial-account', 'SaaS Trial Account Creation', ONCE),
  'Direct Purchase Account Creation Premium Dotcom': own(
    'purchase-account-dotcom',
    'SaaS Purchase Account Creation',
    ONCE,
  ),
  'Direct Purchase Account Creation Premium SM': own(
    'purchase-account-sm',
    'Self-Managed Purchase Account Creation',
    ONCE,
  ),
  // Add-ons
  duo_pro_add_on_seat_assigned: own('duo-pro-seat', 'Duo Pro Seat Assigned', PER_SEAT),
  duo_enterprise_add_on_seat_assigned: own('duo-enterprise-seat', 'Duo Enterprise Seat Assigned', PER_SEAT),
  duo_pro_trial: own('duo-pro-trial', 'Duo Pro Trials Event', PER_NAMESPACE_TRIAL),
  duo_enterprise_trial: own('duo-enterprise-trial', 'Duo Enterprise Trials Event', PER_NAMESPACE_TRIAL),
  // Sales
  'Hand Raise PQL': own('hand-raise', 'Hand Raise Event', EACH_TIME),
  'cart abandonment - SaaS Premium': own('cart-premium', 'Cart Abandonment SaaS Premium', EACH_TIME),
  'cart abandonment - SaaS Ultimate': own('cart-ultimate', 'Cart Abandonment SaaS Ultimate', EACH_TIME),
  'cart abandonment - DAP monthly commit': own(
    'cart-dap-monthly',
    'Cart Abandonment DAP Monthly Commit',
    EACH_TIME,
  ),
};

/** The recipe of a value, or nothing for a value that nobody has mapped yet. */
export function recipeFor(
  productInteraction: string | null | undefined,
  recipes: ProductEventRecipes = PRODUCT_EVENTS,
): ProductEventRecipe | undefined {
  const value = productInteraction ?? '';
  return Object.hasOwn(recipes, value) ? recipes[value] : undefined;
}

/** The value as operators may see it: itself where a recipe knows it, else `unmapped`. */
export function sourceEventOf({ product_interaction: value }: ProductFields): string {
  return value != null && recipeFor(value) !== undefined ? value : UNMAPPED;
}
