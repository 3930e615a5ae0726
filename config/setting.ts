/** What is known of one environment variable. */
import type { z } from 'zod';

/** Which process cannot start without a setting, or with which other settings it comes. */
export type Need = 'every process' | 'gateway' | 'worker' | 'Marketo recipe' | 'Snowflake' | 'optional';

export interface Setting<T = unknown> {
  readonly variable: string;
  /** Reads the text of the variable. */
  readonly schema: z.ZodType<T>;
  /** One sentence or two, for people who set it. */
  readonly about: string;
  /** A value that is accepted. `<...>` stands for what must not be copied from a file that everybody has. */
  readonly example: string;
  /** What holds when the variable is missing or empty. */
  readonly fallback?: string;
  readonly secret?: true;
  readonly need: Need;
}

/** A setting that always has a value. */
export type SettingWithFallback<T> = Setting<T> & { readonly fallback: string };

/** Checks an entry and keeps its exact type, so that reading it gives the type of its schema. */
export function define<T, S extends Setting<T>>(setting: S & Setting<T>): S {
  return setting;
}
