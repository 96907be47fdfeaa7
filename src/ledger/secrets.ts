/** What stands in the ledger in place of a secret that is no longer needed. */
export const ERASED = '[erased]';

/** Whether a text only says where the secret is (`env:NAME`, `file:PATH`), and so is none itself. */
export function isReference(text: string): boolean {
  return /^(env|file):/.test(text);
}

/**
 * A record's JSON without its secrets: literal ones are replaced by {@link ERASED}, references stay. Text that is no
 * JSON object comes back as it is.
 */
export function eraseSecrets(json: string, fields: readonly string[]): string {
  if (fields.length === 0) return json;
  const record: unknown = JSON.parse(json);
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return json;
  const erased: Record<string, unknown> = { ...record };
  for (const field of fields) {
    const value = erased[field];
    if (value !== undefined && !(typeof value === 'string' && isReference(value))) erased[field] = ERASED;
  }
  return JSON.stringify(erased);
}
