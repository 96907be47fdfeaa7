import type { SourceMap } from '../config/source-map.ts';

/**
 * The columns of a key of several, as `:key_1`, `:key_2` …; an empty one is NULL, as it was in the row. A key that does not
 * have so many gives none.
 */
export function keyParts(
  { key: columns, keySeparator }: SourceMap,
  key: string,
): Record<string, string | null> {
  const parts = columns.length > 1 ? key.split(keySeparator) : [];
  if (parts.length !== columns.length) return {};
  return Object.fromEntries(parts.map((part, index) => [`key_${index + 1}`, part === '' ? null : part]));
}

/** The columns of many keys, each as a list: `:keys_1`, `:keys_2` …, with which a SELECT can use an index. */
export function keyLists(map: SourceMap, keys: readonly string[]): Record<string, readonly string[]> {
  if (map.key.length < 2) return {};
  return Object.fromEntries(
    map.key.map((_, index) => {
      const name = `key_${index + 1}`;
      const parts = keys.map((key) => keyParts(map, key)[name] ?? undefined);
      return [`keys_${index + 1}`, [...new Set(parts.filter((part) => part !== undefined))]];
    }),
  );
}
