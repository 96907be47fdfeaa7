import { z } from 'zod';
import { ENTITIES } from './entities.ts';
import { suggestion } from './nearest.ts';
import { readText } from './reading.ts';
import type { Conversion } from './source-map.ts';
import { hasParameter, readFragment, readSql, type SqlRule, setParameter } from './sql-text.ts';
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
const updateByKey = sql({ verb: 'UPDATE', parameters: ['key'] });
const fragment = readText(readFragment);

const watchedTable = mapping({
  table: word.describe(
    'A further table whose changes change the record; with its schema where it has another.',
  ),
  key: columns
    .optional()
    .describe('Its columns that hold the key; without it they are named as the main table’s own.'),
  keySelect: sql({ verb: 'SELECT', parameters: [], column: 'entity_key' })
    .optional()
    .describe('A SELECT over NEW (the row of this table) that gives the keys AS entity_key.'),
  condition: fragment.optional().describe('Over NEW: other rows of this table concern no record.'),
  columns: columns.optional().describe('The columns that matter: an UPDATE of others is no change.'),
}).superRefine(({ key, keySelect }, context) => {
  if (key !== undefined && keySelect !== undefined) refuse(context, 'keySelect', 'key');
});

const sourceMap = mapping({
  account: word.optional().describe('The account of every record.'),
  accountColumn: word
    .optional()
    .describe('The column of the SELECT that names the record’s account; NULL is the account "default".'),
  table: word.optional().describe('The main table; with its schema where it has another.'),
  alias: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, { error: 'is not a name of letters, digits and _' })
    .optional()
    .describe('What the SELECTs and the condition call the main table’s row; t without it.'),
  key: columns.describe('The columns of the main table that form the key.'),
  keySeparator: word.default('|').describe('Joins the columns of a key of several.'),
  condition: fragment
    .optional()
    .describe('Which rows are records, over the alias; the SELECTs take it in as :condition.'),
  columns: columns
    .optional()
    .describe('The columns of the main table that matter: an UPDATE of others is no change.'),
  select: selectByKeys.describe('Gives the record’s fields and entity_key, for … IN (:keys).'),
  selectAll: sql({ verb: 'SELECT', parameters: ['after', 'limit'], column: 'entity_key' })
    .optional()
    .describe('A page of all keys in their order, after :after and no more than :limit.'),
  changedSince: mapping({ column: word.describe('The column with the time of the last change.') }).optional(),
  lines: mapping({
    select: selectByKeys.describe('Gives entity_key and the fields of each line, for … IN (:keys).'),
    orderBy: word.optional().describe('What the lines are sorted by.'),
  }).optional(),
  convert: z
    .record(z.string(), z.array(conversion))
    .optional()
    .describe('Per field, what turns the column’s value into the field’s, in order.'),
  constants: z.record(z.string(), scalar).optional().describe('Fields with the same value in every record.'),
  writeBack: mapping({
    accepted: updateByKey
      .optional()
      .describe(
        'An UPDATE for :key once the platform has taken the record; also :account, :op and :platform_id.',
      ),
    rejected: updateByKey
      .optional()
      .describe(
        'An UPDATE for :key when the record, or a change of it, is rejected; also :account, :op and :message.',
      ),
    status: updateByKey
      .optional()
      .describe(
        'An UPDATE for :key at each change of status; also :account, :status, :platform_id and :message.',
      ),
  }).optional(),
  watch: z.array(watchedTable).optional().describe('Further tables whose changes change the record.'),
})
  .superRefine(({ account, accountColumn, alias = 't', condition, select, selectAll }, context) => {
    if (account !== undefined && accountColumn !== undefined) refuse(context, 'accountColumn', 'account');
    for (const [name, text] of Object.entries({ select, selectAll })) {
      if (text !== undefined) checkCondition(context, name, text, condition);
    }
    if (condition !== undefined && !new RegExp(`\\b${alias}\\s*\\.`, 'i').test(condition)) {
      const fix = `name its columns as ${alias}.column, or set "alias" to the name that the SELECT gives the table`;
      context.addIssue({
        code: 'custom',
        path: ['condition'],
        message: `names no column of "${alias}"`,
        params: { fix },
      });
    }
  })
  .transform(({ select, selectAll, ...map }) => ({
    ...map,
    select: withCondition(select, map.condition),
    ...(selectAll !== undefined && { selectAll: withCondition(selectAll, map.condition) }),
  }));

/** The condition stands in one place, for the triggers and for every SELECT. */
function withCondition(text: string, condition: string | undefined): string {
  return condition === undefined ? text : setParameter(text, 'condition', `(${condition})`);
}

function checkCondition(
  context: z.core.$RefinementCtx,
  name: string,
  text: string,
  condition: string | undefined,
): void {
  if (hasParameter(text, 'condition') === (condition !== undefined)) return;
  const [message, fix] =
    condition === undefined
      ? ['uses :condition, which is not given', 'add "condition", or leave :condition out']
      : ['does not use :condition', 'add AND :condition to its WHERE: what does not meet it is no record'];
  context.addIssue({ code: 'custom', path: [name], message, params: { fix } });
}

/** Two keys that exclude each other. */
function refuse(context: z.core.$RefinementCtx, key: string, other: string): void {
  const params = { fix: `keep one of "${key}" and "${other}"` };
  context.addIssue({ code: 'custom', path: [key], message: `is given together with "${other}"`, params });
}

/** The schema of `CTG_SOURCES_FILE`: entities, each with its source map. */
export const sourcesSchema = keyedBy(ENTITIES, sourceMap);
