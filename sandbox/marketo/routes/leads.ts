/**
 * Reading leads as they are now.
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads
 */
import { Refusal, envelope } from '../answers.js';
import type { Answer } from '../answers.js';
import { leadField, leadFields, valueIn } from '../fields.js';
import type { LeadField } from '../fields.js';
import type { FieldValue, SandboxLead } from '../interface.js';
import { batchSize, listOf, required, requiredList, wholeNumbers } from '../route.js';
import type { Route } from '../route.js';
import { base32, fromBase32 } from '../tokens.js';
import type { World } from '../world.js';

const MOST_VALUES = 300;
const MOST_MATCHES = 1000;
const DEFAULT_FIELDS = ['id', 'email', 'updatedAt', 'createdAt', 'firstName', 'lastName'];

function fieldsOf(world: World, query: URLSearchParams): readonly string[] {
  const names = listOf(query, 'fields');
  for (const name of names) {
    if (leadField(world.settings, name) === undefined) throw new Refusal('1006', `Field '${name}' not found`);
  }
  return names.length === 0 ? DEFAULT_FIELDS : names;
}

function leadJson(world: World, lead: SandboxLead, names: readonly string[]): Record<string, FieldValue> {
  const { settings } = world;
  const values = names
    .filter((name) => name !== 'id')
    .map((name) => [name, valueIn(lead, name, settings)] as const)
    .filter(([, value]) => value !== null || settings.nullFields === 'null');
  return { id: lead.id, ...Object.fromEntries(values) };
}

function matches(world: World, query: URLSearchParams): readonly SandboxLead[] {
  const filterType = required(query, 'filterType');
  const values = requiredList(query, 'filterValues', MOST_VALUES);
  if (filterType === 'id') {
    const ids = new Set(wholeNumbers(values, 'filterValues'));
    return [...ids].flatMap((id) => world.leads.get(id) ?? []);
  }
  if (filterType !== 'email') throw new Refusal('1003', `Invalid filterType '${filterType}'`);
  const found = new Map(
    values.flatMap((email) => world.leads.withEmail(email)).map((lead) => [lead.id, lead]),
  );
  if (found.size > MOST_MATCHES) throw new Refusal('1003', 'Too many results match the filter');
  return [...found.values()];
}

/** @throws Refusal 1003 for what is not a token of leads.json */
function offsetOf(query: URLSearchParams): number {
  const token = query.get('nextPageToken');
  if (token === null || token === '') return 0;
  const [, offset] = /^leads:(\d+)$/.exec(fromBase32(token)?.toString() ?? '') ?? [];
  if (offset === undefined) throw new Refusal('1003', 'Invalid nextPageToken');
  return Number(offset);
}

function leads(world: World, query: URLSearchParams): Answer {
  const names = fieldsOf(world, query);
  const found = [...matches(world, query)].sort((one, other) => one.id - other.id);
  const start = offsetOf(query);
  const end = start + batchSize(query);
  const isMore = end < found.length;
  return envelope({
    result: found.slice(start, end).map((lead) => leadJson(world, lead, names)),
    ...(isMore ? { nextPageToken: base32(Buffer.from(`leads:${end}`)) } : {}),
    ...(world.settings.leadsTellMore ? { moreResult: isMore } : {}),
  });
}

function oneLead(world: World, id: string, query: URLSearchParams): Answer {
  const names = fieldsOf(world, query);
  const [number = 0] = wholeNumbers([id], 'lead id');
  const lead = world.leads.get(number);
  if (lead === undefined) throw new Refusal('1004', `Lead with id '${id}' not found`);
  return envelope({ result: [leadJson(world, lead, names)] });
}

const LENGTH = 255;

function described({ id, displayName, dataType, name, readOnly }: LeadField): Record<string, unknown> {
  const hasLength = dataType === 'string' || dataType === 'email';
  return { id, displayName, dataType, ...(hasLength ? { length: LENGTH } : {}), rest: { name, readOnly } };
}

function schemaField(world: World, name: string): Answer {
  const known = leadField(world.settings, name);
  if (known === undefined) throw new Refusal('1013', `Field '${name}' not found`);
  const { displayName, dataType } = known;
  const isCustom = world.settings.customFields.some((custom) => custom.name === name);
  const hasLength = dataType === 'string' || dataType === 'email';
  const field = {
    displayName,
    name,
    description: null,
    dataType,
    ...(hasLength ? { length: LENGTH } : {}),
    isHidden: false,
    isHtmlEncodingInEmail: true,
    isSensitive: false,
    isCustom,
    isApiCreated: false,
  };
  return envelope({ result: [field] });
}

export const LEAD_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/rest/v1/leads.json',
    handle: ({ world }, { query }) => leads(world, query),
  },
  {
    method: 'GET',
    path: '/rest/v1/lead/{id}.json',
    handle: ({ world }, { params, query }) => oneLead(world, params['id'] ?? '', query),
  },
  {
    method: 'GET',
    path: '/rest/v1/leads/describe.json',
    handle: ({ world }) => envelope({ result: leadFields(world.settings).map(described) }),
  },
  {
    method: 'GET',
    path: '/rest/v1/leads/schema/fields/{name}.json',
    handle: ({ world }, { params }) => schemaField(world, params['name'] ?? ''),
  },
];
