import fc from 'fast-check';

/** What a mutation puts in the place of a value: other types, absurd sizes, odd texts, deep nesting. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -0,
    -1,
    1e308,
    '',
    '0',
    ' 0 ',
    '00',
    'NaN',
    [],
    {},
    [[]],
    [null],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.bigInt().map(String),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
  fc.integer({ min: 1, max: 2_000 }).map(nested),
  fc.integer({ min: 1, max: 20_000 }).map((length) => '车'.repeat(length)),
  fc.constantFrom<unknown>({ __proto__: null, constructor: 1, toString: 'x' }, { length: 2, 0: {}, 1: {} }),
);

function nested(depth: number): unknown {
  let value: unknown = {};
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { data: value };
  return value;
}

type Mutation = {
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'wrap' | 'as text';
  readonly by: unknown;
};

/** Up to three mutations of a JSON value, at places of it that are chosen at random. */
export function mutated(value: unknown): fc.Arbitrary<unknown> {
  const mutation: fc.Arbitrary<Mutation> = fc.record({
    at: fc.nat(1_000),
    how: fc.constantFrom('replace' as const, 'remove' as const, 'wrap' as const, 'as text' as const),
    by: odd,
  });
  return fc
    .array(mutation, { minLength: 1, maxLength: 3 })
    .map((mutations) => mutations.reduce((whole, each) => mutate(whole, each), value));
}

function mutate(value: unknown, { at, how, by }: Mutation): unknown {
  const places = placesOf(value).slice(0, 1_000);
  const place = places[at % Math.max(1, places.length)];
  if (!place) return by;
  return changeAt(value, place, (old) => {
    if (how === 'replace') return by;
    if (how === 'wrap') return [old];
    return how === 'as text' ? JSON.stringify(old) : undefined;
  });
}

type Path = readonly string[];

function placesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null || path.length > 8) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [...path, key],
    ...placesOf(inner, [...path, key]),
  ]);
}

function changeAt(value: unknown, [key, ...rest]: Path, change: (old: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((inner, index) => (String(index) === key ? changeAt(inner, rest, change) : inner));
  return Object.fromEntries(
    Object.entries(value as object).map(([name, inner]) => [
      name,
      name === key ? changeAt(inner, rest, change) : inner,
    ]),
  );
}

/** The bytes of a body, as a faulty proxy or a wrong encoding would make them. */
export function garbled(text: string): fc.Arbitrary<string> {
  return fc.oneof(
    fc.nat(text.length).map((length) => text.slice(0, length)),
    fc.nat(text.length).map((at) => `${text.slice(0, at)}\u0000${text.slice(at)}`),
    fc.constant(`\ufeff${text}`),
    fc.constant(Buffer.from(text, 'utf8').toString('latin1')),
    fc.constant(Buffer.from(text, 'utf16le').toString('utf8')),
    fc.constant(`${text}${text}`),
    fc.constant(`<html>${text}</html>`),
    fc.constant('['.repeat(100_000)),
    fc.constant(`{"status":0,"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
    fc.constant(`{"status":0,"id":12345678901234567890,"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`),
    fc.constant(text.replace(/"status":0/, '"status":0,"status":1')),
  );
}
