/** How many records are equal on both sides, and what differs, in words. */
export type Compared = { readonly equal: number; readonly differences: readonly string[] };

type Fields = Readonly<Record<string, unknown>>;

/** Counts the records without a difference. */
export function summarise(
  perRecord: readonly (readonly string[])[],
  others: readonly string[] = [],
): Compared {
  return {
    equal: perRecord.filter((differences) => differences.length === 0).length,
    differences: [...perRecord.flat(), ...others],
  };
}

/** Every field that the platform holds differently from what the ERP says, or holds beside it. */
export function fieldDifferences(record: string, expected: Fields, actual: Fields): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...names]
    .filter((name) => JSON.stringify(expected[name]) !== JSON.stringify(actual[name]))
    .map(
      (name) =>
        `${record}: ${name} is ${shown(expected[name])} in the ERP, ${shown(actual[name])} at the platform`,
    );
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'absent';
}
