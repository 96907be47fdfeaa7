import { z } from 'zod';
import { ENTITIES } from './entities.ts';
import { suggestion } from './nearest.ts';
import { readText } from './reading.ts';
import type { Conversion } from './source-map.ts';
import { readSql, type SqlRule } from './sql-text.ts';
import { keyedBy, mapping } from './yaml-check.ts';

const SIMPLE_CONVERSIONS = ['trim', 'unescape-html', 'upper', 'number'] as const;
const CONVERSION_FORMS = [
  ...SIMPLE_CONVERSIONS,
  '{percentToZhe: true}',
  '{fractionToZhe: true}',
  '{map: {…}}',
  '{default: …}',
  '{round: 0 to 12}',
];

const word = z.string().min(1);
const columns = z.union([word.transform((column) => [column]), z.array(word).min(1)], {
  error: 'is neither a column nor a list of columns',
});
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'is not a text, a number, true, false or null',
});

const conversion: z.ZodType<Conversion> = z.union(
  [
    z.enum(SIMPLE_CONVERSIONS),
    z.strictObject({ percentToZhe: z.literal(true) }),
    z.strictObject({ fractionToZhe: z.literal(true) }),
    z.strictObject({ map: z.record(z.string(), scalar) }),
    z.strictObject({ default: scalar }),
    z.strictObject({ round: z.int().min(0).max(12) }),
  ],
  { error: ({ input }) => notConversion(input) },
);

function notConversion(input: unknown): string {
  const [key] = typeof input === 'string' ? [input] : Object.keys(Object(input));
  const known = [...SIMPLE_CONVERSIONS, 'percentToZhe', 'fractionToZhe', 'map', 'default', 'round'];
  const hint = key === undefined || known.includes(key) ? '' : suggestion(key, known);
  return `is not a conversion (${CONVERSION_FORMS.join(', ')})${hint}`;
}

function sql(rule: SqlRule) {
  return readText((text) => readSql(text, rule));
}

const selectByKeys = sql({ verb: 'SELECT', parameters: ['keys'], column: 'entity_key' });
const updateByKey = sql({ verb: 'UPDATE', parameters: ['key'] }).optional();

const watchedTable = mapping({
  table: word,
  key: columns.optional(),
  keySelect: sql({ verb: 'SELECT', parameters: [] }).optional(),
}).superRefine(({ key, keySelect }, context) => {
  if (key !== undefined && keySelect !== undefined) refuse(context, 'keySelect', 'key');
});

const sourceMap = mapping({
  account: word.optional(),
  accountColumn: word.optional(),
  table: word.optional(),
  key: columns,
  keySeparator: word.default('|'),
  select: selectByKeys,
  selectAll: sql({ verb: 'SELECT', parameters: ['after', 'limit'], column: 'entity_key' }).optional(),
  changedSince: mapping({ column: word }).optional(),
  lines: mapping({ select: selectByKeys, orderBy: word.optional() }).optional(),
  convert: z.record(z.string(), z.array(conversion)).optional(),
  constants: z.record(z.string(), scalar).optional(),
  writeBack: mapping({ accepted: updateByKey, status: updateByKey }).optional(),
  watch: z.array(watchedTable).optional(),
}).superRefine(({ account, accountColumn }, context) => {
  if (account !== undefined && accountColumn !== undefined) refuse(context, 'accountColumn', 'account');
});

/** Two keys that exclude each other. */
function refuse(context: z.core.$RefinementCtx, key: string, other: string): void {
  const params = { fix: `keep one of "${key}" and "${other}"` };
  context.addIssue({ code: 'custom', path: [key], message: `is given together with "${other}"`, params });
}

/** The schema of `CTG_SOURCES_FILE`: entities, each with its source map. */
export const sourcesSchema = keyedBy(ENTITIES, sourceMap);
