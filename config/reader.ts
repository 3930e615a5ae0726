/** Reads settings one by one and collects what is wrong, so that all of it is told together. */
import type { Problem } from './config-error.js';
import type { Setting, SettingWithFallback } from './setting.js';

export interface Reader {
  /** The value, or undefined where it is missing or wrong. */
  readonly optional: <T>(setting: Setting<T>) => T | undefined;
  /** The value or its fallback. */
  readonly withFallback: <T>(setting: SettingWithFallback<T>) => T;
  /** The value; that it is missing is a problem. `why` says so where it is not obvious. */
  readonly required: <T>(setting: Setting<T>, why?: string) => T | undefined;
  readonly isSet: (setting: Setting) => boolean;
  readonly add: (problem: Problem) => void;
  readonly problems: readonly Problem[];
}

/** @param env an empty variable counts as missing, as in `.env.example` */
export function createReader(env: NodeJS.ProcessEnv): Reader {
  const problems: Problem[] = [];
  const isSet = ({ variable }: Setting): boolean => textOf(env, variable) !== undefined;

  const optional = <T>(setting: Setting<T>): T | undefined => {
    const value = textOf(env, setting.variable);
    if (value === undefined) return undefined;
    const parsed = setting.schema.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const { message } of parsed.error.issues) problems.push(problemWith(setting, message));
    return undefined;
  };

  return {
    problems,
    isSet,
    optional,
    withFallback: (setting) => optional(setting) ?? setting.schema.parse(setting.fallback),
    required: (setting, why) => {
      if (!isSet(setting))
        problems.push(problemWith(setting, why === undefined ? 'missing' : `missing; ${why}`));
      return optional(setting);
    },
    add: (problem) => {
      problems.push(problem);
    },
  };
}

/** The text of a variable without blanks around it; undefined where nothing is left. */
export function textOf(env: NodeJS.ProcessEnv, variable: string): string | undefined {
  const value = env[variable]?.trim();
  return value === '' ? undefined : value;
}

function problemWith(setting: Setting, reason: string): Problem {
  // Where the reason lists what is accepted, an example would only repeat it.
  const example = reason.includes('not one of:') ? undefined : setting.example;
  return { variable: setting.variable, reason, example };
}
