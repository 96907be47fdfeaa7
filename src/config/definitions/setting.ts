import { z } from 'zod';
import type { Bilingual } from '../bilingual.ts';

/** What is said of a setting beside its schema. */
export type SettingNotes = {
  readonly meaning: Bilingual;
  /** What values it takes; said again as the fix of a fault. */
  readonly accepts: Bilingual;
  /** What happens without it, where the schema has no default. */
  readonly unset?: Bilingual;
  /** A value for `.env.example`, where the schema has no default. */
  readonly example?: string;
  /** A secret may be given as `NAME_FILE`, and its value is in no message. */
  readonly secret?: true;
};

const notesOfSchema = z.registry<SettingNotes>();

/** Declares one setting: its schema and what is said of it. Read back with {@link notesOf}. */
export function setting<Schema extends z.ZodType>(schema: Schema, notes: SettingNotes): Schema {
  notesOfSchema.add(schema, notes);
  return schema;
}

/** What {@link setting} was told of this schema. Throws for a schema that did not come from it. */
export function notesOf(schema: z.core.$ZodType): SettingNotes {
  const notes = notesOfSchema.get(schema);
  if (notes === undefined) throw new Error('A setting was declared without setting(schema, notes).');
  return notes;
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number) {
  return z.coerce.number().int().min(min).max(max);
}

/** `accepts` of {@link wholeNumber}. */
export function acceptsWholeNumber(min: number, max?: number): Bilingual {
  return max === undefined
    ? { en: `a whole number, at least ${min}`, zh: `不小于 ${min} 的整数` }
    : { en: `a whole number from ${min} to ${max}`, zh: `${min} 到 ${max} 的整数` };
}

/** `accepts` of a list of words. */
export function acceptsOneOf(words: readonly string[]): Bilingual {
  return { en: `one of ${words.map(code).join(', ')}`, zh: `${words.map(code).join('、')} 之一` };
}

/** `accepts` of a switch. */
export const ACCEPTS_SWITCH: Bilingual = { en: '`true` or `false`', zh: '`true` 或 `false`' };

/** `accepts` of a path. */
export const ACCEPTS_FILE: Bilingual = { en: 'the path of a YAML file', zh: 'YAML 文件的路径' };

/** `accepts` of a name that ends up in keys and labels. */
export const ACCEPTS_NAME: Bilingual = {
  en: 'letters, digits, `.`, `_` and `-`, at most 64',
  zh: '字母、数字、`.`、`_`、`-`，最多 64 个字符',
};

/** A name that ends up in keys and labels. */
export function plainName() {
  return z.string().regex(/^[\w.-]{1,64}$/);
}

function code(word: string): string {
  return `\`${word}\``;
}
