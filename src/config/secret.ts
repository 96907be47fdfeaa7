import { inspect } from 'node:util';

const SHOWN = '[secret]';

/** A text that no log, `console.log`, template string or `JSON.stringify` shows. Only {@link Secret.reveal} gives it. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself: call it where the bytes leave, and nowhere earlier. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}

/** The same object, whose fields of these names show as `[secret]` in `console.log` and `JSON.stringify`. */
export function concealing<T extends object>(value: T, names: ReadonlySet<string>): T {
  const shown = () =>
    Object.fromEntries(
      Object.entries(value).map(([name, field]) => [name, concealedField(names.has(name), field)]),
    );
  Object.defineProperty(value, 'toJSON', { value: shown });
  Object.defineProperty(value, inspect.custom, { value: shown });
  return value;
}

function concealedField(secret: boolean, field: unknown): unknown {
  return secret && field !== undefined ? SHOWN : field;
}
