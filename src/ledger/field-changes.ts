/** One field that differs. */
export type FieldChange = { readonly field: string; readonly old: unknown; readonly new: unknown };

/** The fields that differ between two records, in the order of the fields. `only` leaves out all others. */
export function fieldChanges(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  only?: readonly string[],
): FieldChange[] {
  const fields = only ?? [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return fields
    .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .map((field) => ({ field, old: before[field], new: after[field] }));
}

/** The fields of a record's JSON text; none of what is no object. */
export function fieldsOf(json: string | undefined): Record<string, unknown> {
  const value: unknown = JSON.parse(json ?? 'null');
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
