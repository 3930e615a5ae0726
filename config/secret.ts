import { inspect } from 'node:util';

const MASK = '***';

/**
 * A value that prints as `***` in logs, errors, JSON and the debugger's console. Only `reveal()` gives it away, so
 * that a search for that word finds every place where a secret leaves the configuration.
 */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
