/**
 * Field types as Iterable keeps them: settled by the first value that a field ever gets, never changed, one
 * set for all profiles and one per event name. A value of another type refuses the whole request.
 */
import { refuse } from './answers.js';

export type Fields = Readonly<Record<string, unknown>>;
export type FieldType =
  'string' | 'date' | 'long' | 'double' | 'boolean' | 'object' | 'nested' | 'geo_location';

// Fractions of a second only in the form with a T.
const DATE =
  /^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d( [+-]\d\d:\d\d)?|T\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d))?$/;

/** A field and, of objects and arrays of objects, the fields inside. `path` joins the names with dots. */
interface FieldNode {
  readonly path: string;
  readonly type: FieldType;
  readonly inside: Map<string, FieldNode>;
}

const nodeOf = (path: string, type: FieldType): FieldNode => ({ path, type, inside: new Map() });

export interface FieldSet {
  /** As in validation errors: `user`, or the event's name. */
  readonly namespace: string;
  readonly category: 'user' | 'event';
  readonly root: FieldNode;
  /** Those inside others included, declared ones not. */
  count: number;
}

export function fieldSet(namespace: string, category: 'user' | 'event'): FieldSet {
  return { namespace, category, root: nodeOf('', 'object'), count: 0 };
}

/** Declares fields that exist before anyone sends them; they do not count against the limit. */
export function declareFields(set: FieldSet, types: Readonly<Record<string, FieldType>>): void {
  for (const [name, type] of Object.entries(types)) set.root.inside.set(name, nodeOf(name, type));
}

/** By dotted path, as users/getFields tells it. */
export function fieldTypes(set: FieldSet): Readonly<Record<string, FieldType>> {
  const below = ({ inside }: FieldNode): readonly [string, FieldType][] =>
    [...inside.values()].flatMap((node) => [[node.path, node.type], ...below(node)]);
  return Object.fromEntries(below(set.root));
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
  double: (value, longIntoDouble) =>
    typeof value === 'number' && (longIntoDouble || !Number.isInteger(value)),
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
  /** Fields that may exist: of profiles, and of one event name. */
  readonly maxUserFields: number;
  readonly maxEventFields: number;
}

export interface FieldChanges {
  readonly createdFields: readonly string[];
  readonly filteredOutFields: readonly string[];
}

/** One row while it is checked. */
interface Row {
  readonly set: FieldSet;
  readonly createNew: boolean;
}

interface Added {
  readonly set: FieldSet;
  readonly parent: FieldNode;
  readonly name: string;
  readonly path: string;
}

const DROPPED = Symbol('a field that is not kept');

/**
 * Holds the fields of one request against the known types, all or nothing: `admit` each row, then `settle`.
 * Fields that rows of the request add are known to the rows after them.
 */
export class FieldCheck {
  readonly #rules: TypeRules;
  readonly #added: Added[] = [];
  readonly #filteredOut = new Set<string>();
  readonly #errors = new Map<string, unknown>();
  #overfull = false;

  constructor(rules: TypeRules) {
    this.#rules = rules;
  }

  /** @returns the fields that are kept: without `createNew`, the known ones. The same object when that is all. */
  admit(set: FieldSet, fields: Fields, createNew: boolean): Fields {
    return this.#inside({ set, createNew }, set.root, fields);
  }

  /**
   * @throws Refusal RequestFieldsTypesMismatched naming each field and one of its values, or
   *   UniqueFieldsLimitExceeded; no field has been added then
   */
  settle(): FieldChanges {
    if (this.#errors.size > 0) {
      const msg = `Project ${this.#rules.projectId}: The request does not have the same data types as the project's fields`;
      this.#refuse('RequestFieldsTypesMismatched', msg, {
        validationErrors: Object.fromEntries(this.#errors),
      });
    }
    if (this.#overfull) {
      this.#refuse('UniqueFieldsLimitExceeded', 'The project has reached its limit of unique fields', null);
    }
    return {
      createdFields: [...new Set(this.#added.map(({ path }) => path))],
      filteredOutFields: [...this.#filteredOut],
    };
  }

  #refuse(code: string, msg: string, params: Fields | null): never {
    for (const { set, parent, name } of this.#added) {
      parent.inside.delete(name);
      set.count -= 1;
    }
    throw refuse(400, code, msg, params);
  }

  #inside(row: Row, parent: FieldNode, fields: Fields): Fields {
    let replaced: Map<string, unknown> | undefined;
    for (const name of Object.keys(fields)) {
      const value = fields[name];
      const node = parent.inside.get(name) ?? this.#add(row, parent, name, value);
      const kept =
        typeof node === 'object' ? this.#check(row, node, value) : node === DROPPED ? DROPPED : value;
      if (kept !== value) replaced = (replaced ?? new Map<string, unknown>()).set(name, kept);
    }
    if (replaced === undefined) return fields;
    const entries = Object.entries({ ...fields, ...Object.fromEntries(replaced) });
    return Object.fromEntries(entries.filter(([, value]) => value !== DROPPED));
  }

  /** @returns nothing for a value that has no type yet */
  #add(row: Row, parent: FieldNode, name: string, value: unknown): FieldNode | typeof DROPPED | undefined {
    const type = typeOf(name, value);
    if (type === undefined) return undefined;
    const { set, createNew } = row;
    const path = parent === set.root ? name : `${parent.path}.${name}`;
    if (!createNew) {
      this.#filteredOut.add(path);
      return DROPPED;
    }
    const node = nodeOf(path, type);
    parent.inside.set(name, node);
    set.count += 1;
    const { maxUserFields, maxEventFields } = this.#rules;
    this.#overfull ||= set.count > (set.category === 'user' ? maxUserFields : maxEventFields);
    this.#added.push({ set, parent, name, path });
    return node;
  }

  /** @returns the value, without the fields inside that are not kept */
  #check(row: Row, node: FieldNode, value: unknown): unknown {
    if (value === null) return value;
    if (!takes(node.type, value, this.#rules.longIntoDouble)) {
      const key = `${row.set.namespace}:::${node.path}`;
      if (!this.#errors.has(key)) this.#errors.set(key, unexpected(row.set, node, value));
      return value;
    }
    if (node.type === 'object' && isFields(value)) return this.#inside(row, node, value);
    return node.type === 'nested' && Array.isArray(value) ? this.#elements(row, node, value) : value;
  }

  #elements(row: Row, node: FieldNode, elements: readonly unknown[]): readonly unknown[] {
    const kept = elements.map((element) => (isFields(element) ? this.#inside(row, node, element) : element));
    return kept.every((element, index) => element === elements[index]) ? elements : kept;
  }
}

function unexpected(set: FieldSet, node: FieldNode, value: unknown): unknown {
  return {
    incomingTypes: incomingTypes(node.path, value),
    expectedType: node.type,
    category: set.category,
    offendingValue: value,
    _type: 'UnexpectedType',
  };
}
