import { TypedSearchAttributes, type SearchAttributeType } from '@temporalio/common';
// The package's entry leaves it out. Enums of @temporalio/proto cannot be imported by name from ES modules.
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';

/** A search attribute of any type: its name and type, as `defineSearchAttributeKey` makes them. */
export interface AnySearchAttribute {
  readonly name: string;
  readonly type: SearchAttributeType;
}

/** The name that the Temporal CLI gives to a type: `KeywordList`. */
export function cliTypeOf({ type }: AnySearchAttribute): string {
  return TypedSearchAttributes.toMetadataType(type);
}

/** The number that the gRPC API gives to a type; a key of TypeScript's type always has one. */
export function apiTypeOf({ type }: AnySearchAttribute): number {
  return encodeSearchAttributeIndexedValueType(type) ?? 0;
}
