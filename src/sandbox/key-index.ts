/** Which records have a key: keeps look-ups fast when there are a hundred thousand records. */
export class KeyIndex {
  readonly #idsByKey = new Map<string, Set<string>>();

  /** Adds a record under a key; several records may share it. */
  add(key: string, id: string): void {
    const ids = this.#idsByKey.get(key);
    if (ids === undefined) this.#idsByKey.set(key, new Set([id]));
    else ids.add(id);
  }

  /** Takes a record away from its key. */
  remove(key: string, id: string): void {
    const ids = this.#idsByKey.get(key);
    ids?.delete(id);
    if (ids?.size === 0) this.#idsByKey.delete(key);
  }

  /** The records of a key, oldest first. */
  find<Value>(key: string, records: Readonly<Record<string, Value>>): Value[] {
    return [...(this.#idsByKey.get(key) ?? [])].flatMap((id) => records[id] ?? []);
  }
}

/** One key out of several parts, none of which can run into the next. */
export function joinKey(...parts: readonly (string | number)[]): string {
  return JSON.stringify(parts.map(String));
}
