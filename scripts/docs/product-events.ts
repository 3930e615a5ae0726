/** The tables of docs/product-events.md and docs/reasons.md, made from the code that they describe. */
import type { KeyPart } from '../../domain/event-identity.js';
import type { FieldRow } from '../../domain/field-mapping.js';
import type { ProductFieldName } from '../../domain/product-event.js';
import { LEAD_NAMES, parseProductEvent, ProductFields } from '../../domain/product-event.schema.js';
import { REASONS } from '../../domain/reasons.js';
import { FIELDS, PRODUCT_EVENTS, type ProductEventRecipe } from '../../recipes/product-events.js';
import { code, markdownTable, type GeneratedPart } from './generated.js';

/** The generated parts of the two pages, by the names of their markers. */
export const PRODUCT_EVENT_PARTS: readonly GeneratedPart[] = [
  { name: 'product-events', markdown: productEventsTable },
  { name: 'product-event-fields', markdown: fieldsTable },
  { name: 'product-event-body', markdown: bodyTable },
  { name: 'reasons', markdown: reasonsTable },
];

const FIELD_NAMES: readonly ProductFieldName[] = ProductFields.keyof().options;

const KEY_PARTS: Readonly<Record<KeyPart, string>> = {
  person: 'person',
  email: 'address',
  namespace: 'namespace',
  trial: 'start of the trial',
  occurrence: 'lead id or day',
};

const SCOPES: Readonly<Record<FieldRow['scope'], string>> = {
  documented: 'profile, every event',
  extra: 'profile, events with all fields',
  profile: 'profile only',
};

/** Each value of `product_interaction`, its event at Iterable and its identity. */
export function productEventsTable(): string {
  const rows = Object.entries(PRODUCT_EVENTS).map(([value, recipe]) => [
    code(value),
    recipe.event,
    recipe.key.map((part) => KEY_PARTS[part]).join(' + '),
    fieldsOf(recipe),
    code(`${recipe.slug}-…`),
  ]);
  return markdownTable(['`product_interaction`', 'Event at Iterable', 'One event per', 'Fields', 'Id'], rows);
}

/** Each field at Iterable: its source, an example before and after, and where it goes. */
export function fieldsTable(): string {
  const body = exampleBody();
  const parsed = parseProductEvent(body);
  const rows = FIELDS.map(({ name, from, scope, read }) => [
    code(name),
    code(from),
    literal(body[from]),
    literal(parsed.ok ? read(parsed.fields).value : undefined),
    SCOPES[scope],
  ]);
  return markdownTable(['Field at Iterable', 'From', 'Example', 'Becomes', 'Goes to'], rows);
}

/** Each key that the body may have, with its name in the leads table where that differs. */
export function bodyTable(): string {
  const rows = FIELD_NAMES.map((name) => [
    code(name),
    leadNamesOf(name).map(code).join(', '),
    ProductFields.shape[name].meta()?.description ?? '',
    literal(exampleOf(name)),
  ]);
  return markdownTable(['Key', 'Also called', 'Meaning', 'Example'], rows);
}

/** Each reason why an item was not delivered, and what to do about it. */
export function reasonsTable(): string {
  const rows = Object.entries(REASONS).map(([reason, { meaning, fix }]) => [code(reason), meaning, fix]);
  return markdownTable(['Reason', 'What it means', 'What to do'], rows);
}

function fieldsOf({ eventFields, companyOnly }: ProductEventRecipe): string {
  return `${eventFields}${companyOnly ? ', companies only' : ''}`;
}

function leadNamesOf(name: ProductFieldName): readonly string[] {
  return Object.entries(LEAD_NAMES).flatMap(([lead, flat]) => (flat === name ? [lead] : []));
}

function exampleBody(): Readonly<Record<string, unknown>> {
  return Object.fromEntries(FIELD_NAMES.map((name) => [name, exampleOf(name)]));
}

function exampleOf(name: ProductFieldName): unknown {
  const examples: unknown = ProductFields.shape[name].meta()?.['examples'];
  return Array.isArray(examples) ? examples[0] : undefined;
}

function literal(value: unknown): string {
  return value === undefined ? '' : code(JSON.stringify(value));
}
