import { z } from 'zod';
import type { Bilingual } from '../config/bilingual.ts';

/** A field of a record or a request, as the documents show it. */
export type SchemaField = {
  /** `lines[].goodsId` */
  readonly path: string;
  readonly type: Bilingual;
  readonly required: boolean;
  /** What stands for it when it is absent, in the schema's own spelling. */
  readonly fallback: string | undefined;
};

/** The part of a JSON schema that is shown. */
const node = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  'x-zh': z.string().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
});

type Node = z.infer<typeof node>;

const TYPES: Readonly<Record<string, Bilingual>> = {
  string: { en: 'string', zh: '字符串' },
  number: { en: 'number', zh: '数字' },
  integer: { en: 'integer', zh: '整数' },
  boolean: { en: 'boolean', zh: '布尔值' },
  object: { en: 'object', zh: '对象' },
  array: { en: 'list', zh: '列表' },
  null: { en: 'null', zh: 'null' },
  any: { en: 'any', zh: '任意' },
};

/**
 * All fields of a schema, those within a field after it, in the order of their declaration.
 *
 * @throws Error when a field is described in English alone: the documents have both languages.
 */
export function fieldsOf(schema: z.ZodType): readonly SchemaField[] {
  return fieldsUnder(node.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })), '');
}

function fieldsUnder(parent: Node, before: string): SchemaField[] {
  return Object.entries(parent.properties ?? {}).flatMap(([name, value]) => {
    const each = node.parse(value);
    const path = `${before}${name}`;
    const required = parent.required?.includes(name) ?? false;
    const nested =
      each.items === undefined
        ? fieldsUnder(each, `${path}.`)
        : fieldsUnder(node.parse(each.items), `${path}[].`);
    return [{ path, type: typeOf(each, path), required, fallback: fallbackOf(each) }, ...nested];
  });
}

function typeOf({ description, 'x-zh': zh, type, enum: choices }: Node, path: string): Bilingual {
  if (description !== undefined) {
    if (zh === undefined) throw new Error(`The field ${path} is described in English alone: use says().`);
    return { en: description, zh };
  }
  if (choices !== undefined) return oneOf(choices.map((choice) => same(`\`${String(choice)}\``)));
  return oneOf([type ?? 'any'].flat().map((word) => TYPES[word] ?? same(word)));
}

function oneOf(words: readonly Bilingual[]): Bilingual {
  return { en: words.map(({ en }) => en).join(' or '), zh: words.map(({ zh }) => zh).join(' 或 ') };
}

function same(word: string): Bilingual {
  return { en: word, zh: word };
}

function fallbackOf({ default: value }: Node): string | undefined {
  return value === undefined || typeof value === 'object' ? undefined : String(value);
}
