import type { z } from 'zod';

/** The result of reading a record: the record, or what is wrong with it, by field. */
export type ParsedRecord =
  | { readonly ok: true; readonly record: unknown }
  | { readonly ok: false; readonly reason: string };

/** Checks a record against its schema. At most ten faults are named, each with its field. */
export function readRecord(schema: z.ZodType, raw: unknown): ParsedRecord {
  const result = schema.safeParse(withoutNulls(raw));
  if (result.success) return { ok: true, record: result.data };
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'record'}: ${issue.message}`);
  return { ok: false, reason: faults.slice(0, 10).join('; ').slice(0, 1000) };
}

/** A NULL column of the ERP is a field that is not there: its default applies, or it is reported as missing. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const present = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(present.map(([name, field]) => [name, withoutNulls(field)]));
}
