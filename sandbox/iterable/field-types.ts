/**
 * Field types as Iterable keeps them: settled by the first value that a field ever gets, never changed, one
 * set for all profiles and one per event name. A value of another type refuses the whole request.
 */
import { Refusal, refused } from './answers.js';

export type Fields = Readonly<Record<string, unknown>>;
export type FieldType = 'string' | 'date' | 'long' | 'double' | 'boolean' | 'object' | 'nested' | 'geo_location';

// Fractions of a second only in the form with a T.
const DATE =
  /^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d( [+-]\d\d:\d\d)?|T\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d))?$/;

/** A field and, of objects and arrays of objects, the fields inside. `path` joins the names with dots. */
interface FieldNode {
  readonly path: string;
  readonly type: FieldType;
  readonly inside: Map<string, FieldNode>;
}

export interface FieldSet {
  /** As in validation errors: `user`, or the event's name. */
  readonly namespace: string;
  readonly category: 'user' | 'event';
  /** Fields that may exist, those inside others counted. */
  readonly most: number;
  readonly fields: Map<string, FieldNode>;
  count: number;
}

export function fieldSet(namespace: string, category: 'user' | 'event', most: number): FieldSet {
  return { namespace, category, most, fields: new Map(), count: 0 };
}

/** Declares fields that exist before anyone sends them; they do not count against the limit. */
export function declareFields(set: FieldSet, types: Readonly<Record<string, FieldType>>): void {
  for (const [name, type] of Object.entries(types)) set.fields.set(name, { path: name, type, inside: new Map() });
}

/** By dotted path, as users/getFields tells it. */
export function fieldTypes(set: FieldSet): Readonly<Record<string, FieldType>> {
  const found: [string, FieldType][] = [];
  const collect = (fields: Map<string, FieldNode>): void => {
    for (const node of fields.values()) {
      found.push([node.path, node.type]);
      collect(node.inside);
    }
  };
  collect(set.fields);
  return Object.fromEntries(found);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isGeo = (value: unknown): boolean =>
  isFields(value) && typeof value['lat'] === 'number' && typeof value['lon'] === 'number';

/** Nothing for what has no type of its own: null, and arrays without a value. */
function typeOf(name: string, value: unknown): FieldType | undefined {
  if (Array.isArray(value)) {
    const first: unknown = value.find((element) => element !== null);
    return isFields(first) ? 'nested' : typeOf(name, first);
  }
  if (typeof value === 'string') return DATE.test(value) ? 'date' : 'string';
  if (typeof value === 'number') return Number.isInteger(value) ? 'long' : 'double';
  if (typeof value === 'boolean') return 'boolean';
  if (!isFields(value)) return undefined;
  return name.endsWith('_geo_location') ? 'geo_location' : 'object';
}

const TAKES: Readonly<Record<FieldType, (value: unknown, longIntoDouble: boolean) => boolean>> = {
  string: (value) => typeof value === 'string',
  date: (value) => typeof value === 'string' && DATE.test(value),
  long: (value) => Number.isInteger(value),
  double: (value, longIntoDouble) => typeof value === 'number' && (longIntoDouble || !Number.isInteger(value)),
  boolean: (value) => typeof value === 'boolean',
  object: isFields,
  nested: isFields,
  geo_location: isGeo,
};

function takes(type: FieldType, value: unknown, longIntoDouble: boolean): boolean {
  if (!Array.isArray(value)) return type !== 'nested' && TAKES[type](value, longIntoDouble);
  if (type === 'object') return value.length === 0;
  return value.every((element) => element === null || TAKES[type](element, longIntoDouble));
}

function incomingTypes(name: string, value: unknown): readonly string[] {
  const type = typeOf(name, value) ?? 'object';
  if (type === 'date') return ['date', 'string', 'keyword'];
  return type === 'string' ? ['string', 'keyword'] : [type];
}

export interface TypeRules {
  readonly projectId: number;
  readonly longIntoDouble: boolean;
}

export interface FieldChanges {
  readonly createdFields: readonly string[];
  readonly filteredOutFields: readonly string[];
}

/**
 * Holds the fields of one request against the known types, all or nothing: `admit` each row, then `settle`.
 * Fields that rows of the request add are known to the rows after them.
 */
export class FieldCheck {
  readonly #rules: TypeRules;
  readonly #added: { readonly set: FieldSet; readonly siblings: Map<string, FieldNode>; readonly name: string; readonly path: string }[] = [];
  readonly #filteredOut = new Set<string>();
  readonly #errors = new Map<string, unknown>();
  #overfull = false;

  constructor(rules: TypeRules) {
    this.#rules = rules;
  }

  /** @returns the fields that are kept: without `createNew`, the known ones. */
  admit(set: FieldSet, fields: Fields, createNew: boolean): Fields {
    return this.#admitAll(set, set.fields, { fields, within: '', createNew });
  }

  /**
   * @throws Refusal RequestFieldsTypesMismatched naming each field and one of its values, or
   *   UniqueFieldsLimitExceeded; no field has been added then
   */
  settle(): FieldChanges {
    if (this.#errors.size > 0) {
      const msg = `Project ${this.#rules.projectId}: The request does not have the same data types as the project's fields`;
      this.#undo('RequestFieldsTypesMismatched', msg, { validationErrors: Object.fromEntries(this.#errors) });
    }
    if (this.#overfull) this.#undo('UniqueFieldsLimitExceeded', 'The project has reached its limit of unique fields', null);
    return {
      createdFields: [...new Set(this.#added.map(({ path }) => path))],
      filteredOutFields: [...this.#filteredOut],
    };
  }

  #undo(code: string, msg: string, params: Fields | null): never {
    for (const { set, siblings, name } of this.#added) {
      siblings.delete(name);
      set.count -= 1;
    }
    throw new Refusal(refused(400, code, msg, params));
  }

  #admitAll(set: FieldSet, siblings: Map<string, FieldNode>, row: { fields: Fields; within: string; createNew: boolean }): Fields {
    let kept: [string, unknown][] | undefined;
    const entries = Object.entries(row.fields);
    for (const [index, [name, value]] of entries.entries()) {
      const node = siblings.get(name) ?? this.#add(set, siblings, { name, value, ...row });
      const keep = node === 'unknown' ? undefined : node === 'untyped' ? value : this.#check(set, node, { name, value, ...row });
      if (keep !== value || node === 'unknown') kept ??= entries.slice(0, index);
      if (node !== 'unknown') kept?.push([name, keep]);
    }
    return kept === undefined ? row.fields : Object.fromEntries(kept);
  }

  #add(
    set: FieldSet,
    siblings: Map<string, FieldNode>,
    field: { name: string; value: unknown; within: string; createNew: boolean },
  ): FieldNode | 'unknown' | 'untyped' {
    const type = typeOf(field.name, field.value);
    const path = field.within === '' ? field.name : `${field.within}.${field.name}`;
    if (type === undefined) return 'untyped';
    if (!field.createNew) {
      this.#filteredOut.add(path);
      return 'unknown';
    }
    const node: FieldNode = { path, type, inside: new Map() };
    siblings.set(field.name, node);
    set.count += 1;
    this.#overfull ||= set.count > set.most;
    this.#added.push({ set, siblings, name: field.name, path });
    return node;
  }

  /** @returns the value, without the fields inside that are not kept */
  #check(set: FieldSet, node: FieldNode, field: { name: string; value: unknown; createNew: boolean }): unknown {
    const { value } = field;
    if (value === null) return value;
    if (!takes(node.type, value, this.#rules.longIntoDouble)) {
      const key = `${set.namespace}:::${node.path}`;
      if (!this.#errors.has(key)) this.#errors.set(key, unexpected(set, node, field));
      return value;
    }
    const { createNew } = field;
    const inside = (fields: Fields): Fields => this.#admitAll(set, node.inside, { fields, within: node.path, createNew });
    if (node.type === 'object' && isFields(value)) return inside(value);
    if (node.type !== 'nested' || !Array.isArray(value)) return value;
    const elements = value.map((element: unknown) => (isFields(element) ? inside(element) : element));
    return elements.every((element, index) => element === value[index]) ? value : elements;
  }
}

function unexpected(set: FieldSet, node: FieldNode, { name, value }: { name: string; value: unknown }): unknown {
  return {
    incomingTypes: incomingTypes(name, value),
    expectedType: node.type,
    category: set.category,
    offendingValue: value,
    _type: 'UnexpectedType',
  };
}
