import type { Reading } from '../config/reading.ts';
import type { Secret } from '../config/secret.ts';
import { isReference } from '../ledger/secrets.ts';
import type { JsonObject } from '../mappers/interface.ts';

/** A request with its secret references (`env:NAME`, `file:PATH`) replaced by what they refer to. */
export function readSecrets(
  body: JsonObject,
  secretFields: readonly string[],
  readSecret: (reference: string) => Reading<Secret>,
): { kind: 'body'; body: JsonObject } | { kind: 'fault'; reason: string } {
  const read = { ...body };
  for (const field of secretFields) {
    const value = read[field];
    if (typeof value !== 'string' || !isReference(value)) continue;
    const secret = readSecret(value);
    if (secret.kind === 'fault')
      return { kind: 'fault', reason: `${field}: ${secret.problem}. ${secret.fix}` };
    read[field] = secret.value.reveal();
  }
  return { kind: 'body', body: read };
}
